package io.weir.packet;

import io.weir.net.IpAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * One refused packet out of many: where from, where to, why. Nothing of its content.
 *
 * @param protocol the IP protocol number
 * @param sourcePort 0 where there are no ports
 * @param destinationPort 0 where there are no ports
 * @param octets its length from the IP header on
 */
public record Sample(
    Reason reason,
    IpAddress source,
    IpAddress destination,
    int protocol,
    int sourcePort,
    int destinationPort,
    long octets) {

  /** The size of {@code struct sample}. */
  static final int SIZE = 44;

  private static final Reason[] REASONS = Reason.values();

  static Sample read(ByteBuffer record) {
    record.order(ByteOrder.LITTLE_ENDIAN);
    boolean ipv6 = record.get(38) != 0;
    return new Sample(
        REASONS[record.get(36)],
        address(record, 0, ipv6),
        address(record, 16, ipv6),
        Byte.toUnsignedInt(record.get(37)),
        port(record, 32),
        port(record, 34),
        Integer.toUnsignedLong(record.getInt(40)));
  }

  private static IpAddress address(ByteBuffer record, int at, boolean ipv6) {
    byte[] octets = new byte[ipv6 ? 16 : 4];
    record.get(at, octets);
    return IpAddress.ofBytes(octets);
  }

  private static int port(ByteBuffer record, int at) {
    return Byte.toUnsignedInt(record.get(at)) << 8 | Byte.toUnsignedInt(record.get(at + 1));
  }
}
