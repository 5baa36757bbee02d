package io.weir.packet;

import io.weir.packet.Reason.Verdict;
import java.util.Arrays;

/**
 * How many packets ended for which reason since the plane was opened, all processors together.
 * Immutable.
 */
public final class Counters {

  /** The protocols that are told apart, in the programs' order. */
  public enum Protocol {
    TCP,
    UDP,
    ICMP,
    OTHER
  }

  /** How many numbers there are for each reason: packets and octets, by protocol and family. */
  static final int CELLS = Protocol.values().length * 2;

  private final long[] packets;
  private final long[] octets;

  /** Takes one number for each cell of each reason. */
  Counters(long[] packets, long[] octets) {
    this.packets = packets;
    this.octets = octets;
  }

  static Counters none() {
    return new Counters(
        new long[Reason.values().length * CELLS], new long[Reason.values().length * CELLS]);
  }

  /** Packets that ended for {@code reason}. */
  public long packets(Reason reason) {
    return Arrays.stream(packets, reason.ordinal() * CELLS, (reason.ordinal() + 1) * CELLS).sum();
  }

  /** Octets of those packets, from the IP header on. */
  public long octets(Reason reason) {
    return Arrays.stream(octets, reason.ordinal() * CELLS, (reason.ordinal() + 1) * CELLS).sum();
  }

  /** Packets of that protocol and family that ended for {@code reason}. */
  public long packets(Reason reason, Protocol protocol, boolean ipv6) {
    return packets[reason.ordinal() * CELLS + protocol.ordinal() * 2 + (ipv6 ? 1 : 0)];
  }

  /** All packets that met that end. */
  public long packets(Verdict verdict) {
    return Arrays.stream(Reason.values())
        .filter(reason -> reason.verdict() == verdict)
        .mapToLong(this::packets)
        .sum();
  }
}
