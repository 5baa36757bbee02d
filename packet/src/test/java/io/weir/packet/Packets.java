package io.weir.packet;

import io.weir.net.IpAddress;
import java.io.ByteArrayOutputStream;
import java.util.HexFormat;

/** Makes frames, field by field, right unless told otherwise. */
final class Packets {

  static final int FIN = 1;
  static final int SYN = 2;
  static final int RST = 4;
  static final int PSH = 8;
  static final int ACK = 16;
  static final int URG = 32;

  static final IpAddress CLIENT = IpAddress.parse("203.0.113.7");
  static final IpAddress SERVER = IpAddress.parse("198.51.100.1");
  static final IpAddress CLIENT6 = IpAddress.parse("2001:db8:1::7");
  static final IpAddress SERVER6 = IpAddress.parse("2001:db8:2::1");

  private Packets() {}

  static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  static byte[] join(byte[]... parts) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      joined.writeBytes(part);
    }
    return joined.toByteArray();
  }

  static byte[] shorts(int... values) {
    byte[] bytes = new byte[2 * values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[2 * i] = (byte) (values[i] >> 8);
      bytes[2 * i + 1] = (byte) values[i];
    }
    return bytes;
  }

  static byte[] ethernet(int type, byte[] content) {
    return join(bytes("020000000001 020000000002"), shorts(type), content);
  }

  static byte[] vlan(byte[] frame, int tag) {
    return join(slice(frame, 0, 12), shorts(tag, 42), slice(frame, 12, frame.length));
  }

  static byte[] slice(byte[] bytes, int from, int to) {
    return java.util.Arrays.copyOfRange(bytes, from, to);
  }

  /**
   * An IPv4 or IPv6 packet with that content in an Ethernet frame, by the family of {@code source}.
   */
  static byte[] ip(IpAddress source, IpAddress destination, int protocol, byte[] content) {
    return source.isIpv4()
        ? ethernet(0x0800, ipv4(source, destination, protocol, 0, new byte[0], content))
        : ethernet(0x86dd, ipv6(source, destination, protocol, 64, content));
  }

  static byte[] ipv4(
      IpAddress source,
      IpAddress destination,
      int protocol,
      int fragment,
      byte[] options,
      byte[] content) {
    int header = 20 + options.length;
    byte[] packet =
        join(
            shorts(
                (0x40 | header / 4) << 8,
                header + content.length,
                0x1234,
                fragment,
                64 << 8 | protocol,
                0),
            source.toBytes(),
            destination.toBytes(),
            options,
            content);
    setIpv4Checksum(packet, 0);
    return packet;
  }

  static void setIpv4Checksum(byte[] packet, int at) {
    packet[at + 10] = 0;
    packet[at + 11] = 0;
    int checksum = checksum(packet, at, at + (packet[at] & 15) * 4);
    packet[at + 10] = (byte) (checksum >> 8);
    packet[at + 11] = (byte) checksum;
  }

  /** RFC 1071, plainly. */
  static int checksum(byte[] bytes, int from, int to) {
    int sum = 0;
    for (int i = from; i < to; i += 2) {
      sum += (bytes[i] & 0xff) << 8 | (i + 1 < to ? bytes[i + 1] & 0xff : 0);
    }
    while (sum > 0xffff) {
      sum = (sum & 0xffff) + (sum >> 16);
    }
    return ~sum & 0xffff;
  }

  static byte[] ipv6(IpAddress source, IpAddress destination, int next, int hops, byte[] content) {
    return join(
        shorts(0x6000, 0, content.length, next << 8 | hops),
        source.toBytes(),
        destination.toBytes(),
        content);
  }

  static byte[] tcp(int source, int destination, int flags, byte[] options, byte[] content) {
    int header = 20 + options.length;
    return join(
        shorts(source, destination, 0x0102, 0x0304, 0, 0, header / 4 << 12 | flags, 0x7210, 0, 0),
        options,
        content);
  }

  static byte[] tcp(int flags) {
    return tcp(40000, 443, flags, new byte[0], new byte[0]);
  }

  static byte[] syn(IpAddress source, IpAddress destination) {
    return ip(source, destination, 6, tcp(SYN));
  }

  static byte[] udp(int source, int destination, byte[] content) {
    return join(shorts(source, destination, 8 + content.length, 0), content);
  }

  static byte[] icmp(int type, int code) {
    return join(shorts(type << 8 | code, 0, 0, 0), new byte[24]);
  }

  static byte[] with(byte[] frame, int at, int... values) {
    byte[] changed = frame.clone();
    for (int i = 0; i < values.length; i++) {
      changed[at + i] = (byte) values[i];
    }
    return changed;
  }
}
