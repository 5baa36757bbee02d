package io.weir.packet;

import io.weir.net.IpAddress;
import io.weir.net.IpPrefix;
import io.weir.packet.Reflectors.Row;
import io.weir.packet.Reflectors.Treatment;
import java.util.Arrays;
import java.util.Collection;
import java.util.Set;

/**
 * What the programs must decide, written down a second time: slow, without tricks, from the RFCs
 * rather than from the C. Knows all that does not depend on time.
 */
final class PacketModel {

  private static final Set<Integer> WALKED = Set.of(0, 43, 44, 60);

  private final PacketPolicy policy;
  private final AddressLists lists;

  PacketModel(PacketPolicy policy, AddressLists lists) {
    this.policy = policy;
    this.lists = lists;
  }

  /** A packet half judged: thrown as soon as its end is known. */
  private static final class End extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final Reason reason;

    End(Reason reason) {
      super(reason.name(), null, false, false);
      this.reason = reason;
    }
  }

  Reason judge(byte[] frame) {
    try {
      judgeEthernet(frame);
      return Reason.PASS;
    } catch (End end) {
      return end.reason;
    }
  }

  private static void refuseIf(boolean wrong, Reason reason) {
    if (wrong) {
      throw new End(reason);
    }
  }

  private static int octet(byte[] bytes, int at) {
    return bytes[at] & 0xff;
  }

  private static int pair(byte[] bytes, int at) {
    return octet(bytes, at) << 8 | octet(bytes, at + 1);
  }

  private void judgeEthernet(byte[] frame) {
    int at = 12;
    int tags = 0;
    while (true) {
      refuseIf(frame.length < at + 2, Reason.INVALID_ETHERNET);
      int type = pair(frame, at);
      at += 2;
      switch (type) {
        case 0x0800 -> judgeIpv4(Arrays.copyOfRange(frame, at, frame.length));
        case 0x86dd -> judgeIpv6(Arrays.copyOfRange(frame, at, frame.length));
        case 0x8100, 0x88a8 -> {
          refuseIf(++tags > 2, Reason.INVALID_ETHERNET);
          at += 2;
          continue;
        }
        default -> throw new End(Reason.PASS_NOT_IP);
      }
      return;
    }
  }

  private void judgeIpv4(byte[] packet) {
    refuseIf(packet.length < 20, Reason.INVALID_IP_HEADER);
    int header = (octet(packet, 0) & 15) * 4;
    int length = pair(packet, 2);
    refuseIf(octet(packet, 0) >> 4 != 4 || header < 20, Reason.INVALID_IP_HEADER);
    refuseIf(length < header || length > packet.length, Reason.INVALID_IP_HEADER);
    int protocol = octet(packet, 9);
    refuseIf(header == 20 && Packets.checksum(packet, 0, 20) != 0, Reason.INVALID_IP_CHECKSUM);
    refuseIf(header > 20 && policy.refuseIpOptions() && protocol != 2, Reason.INVALID_IP_OPTIONS);
    byte[] payload = Arrays.copyOfRange(packet, header, length);
    int offset = (pair(packet, 6) & 0x1fff) * 8;
    boolean more = (pair(packet, 6) & 0x2000) != 0;
    if (offset > 0 || more) {
      refuseIf(offset + payload.length > 65535 || payload.length == 0, Reason.INVALID_FRAGMENT);
      refuseIf(more && payload.length % 8 != 0, Reason.INVALID_FRAGMENT);
      refuseIf(offset == 8 && protocol == 6, Reason.INVALID_FRAGMENT);
      refuseIf(policy.refuseFragments(), Reason.FRAGMENT_REFUSED);
    }
    IpAddress source = IpAddress.ofBytes(packet, 12, 4);
    IpAddress destination = IpAddress.ofBytes(packet, 16, 4);
    if (offset == 0) {
      judgeTransport(payload, protocol, 1, octet(packet, 8), more);
    }
    judgeAddresses(source, destination);
    if (offset == 0 && protocol == 17) {
      judgeUdp(payload);
    }
    judgeLists(source);
  }

  private void judgeIpv6(byte[] packet) {
    refuseIf(packet.length < 40, Reason.INVALID_IP_HEADER);
    int length = 40 + pair(packet, 4);
    refuseIf(
        octet(packet, 0) >> 4 != 6 || length == 40 || length > packet.length,
        Reason.INVALID_IP_HEADER);
    int next = octet(packet, 6);
    int at = 40;
    int headers = 0;
    boolean fragmented = false;
    boolean later = false;
    while (WALKED.contains(next) && !later) {
      // A header may reach into padding only as far as its own first eight octets; its end must lie
      // in the packet.
      refuseIf(headers == 6 || (next == 0 && headers > 0), Reason.INVALID_IP_EXTENSION);
      refuseIf(at + 8 > packet.length, Reason.INVALID_IP_EXTENSION);
      int size = 8;
      if (next == 44) {
        refuseIf(fragmented || at + 8 >= length, Reason.INVALID_FRAGMENT);
        int offset = pair(packet, at + 2) & 0xfff8;
        boolean more = (octet(packet, at + 3) & 1) != 0;
        int rest = length - at - 8;
        refuseIf(offset + rest > 65535 || (more && rest % 8 != 0), Reason.INVALID_FRAGMENT);
        fragmented = true;
        later = offset > 0;
      } else {
        size = 8 + octet(packet, at + 1) * 8;
      }
      next = octet(packet, at);
      at += size;
      headers++;
      refuseIf(at > length, Reason.INVALID_IP_EXTENSION);
    }
    refuseIf(fragmented && policy.refuseFragments(), Reason.FRAGMENT_REFUSED);
    IpAddress source =
        IpAddress.ofIpv6(
            IpAddress.ofBytes(packet, 8, 16).high(), IpAddress.ofBytes(packet, 8, 16).low());
    IpAddress destination = IpAddress.ofBytes(packet, 24, 16);
    byte[] payload = Arrays.copyOfRange(packet, at, length);
    if (!later) {
      judgeTransport(payload, next, 58, octet(packet, 7), fragmented);
    }
    judgeAddresses(source, destination);
    if (!later && next == 17) {
      judgeUdp(payload);
    }
    judgeLists(source);
  }

  private static void judgeTransport(
      byte[] segment, int protocol, int icmp, int hops, boolean fragment) {
    if (protocol == 6) {
      refuseIf(segment.length < 20, Reason.INVALID_TCP_HEADER);
      int header = (octet(segment, 12) >> 4) * 4;
      refuseIf(header < 20 || header > segment.length, Reason.INVALID_TCP_HEADER);
      int flags = octet(segment, 13);
      boolean syn = (flags & Packets.SYN) != 0;
      boolean fin = (flags & Packets.FIN) != 0;
      boolean rst = (flags & Packets.RST) != 0;
      boolean ack = (flags & Packets.ACK) != 0;
      refuseIf(!syn && !rst && !ack, Reason.INVALID_TCP_FLAGS);
      refuseIf((syn && fin) || (syn && rst) || (fin && rst), Reason.INVALID_TCP_FLAGS);
      refuseIf(pair(segment, 0) == 0 || pair(segment, 2) == 0, Reason.INVALID_PORT);
    } else if (protocol == 17) {
      refuseIf(segment.length < 8 || pair(segment, 4) < 8, Reason.INVALID_UDP_LENGTH);
      refuseIf(!fragment && pair(segment, 4) > segment.length, Reason.INVALID_UDP_LENGTH);
      refuseIf(pair(segment, 2) == 0, Reason.INVALID_PORT);
    } else if (protocol == icmp) {
      refuseIf(segment.length < 8, Reason.INVALID_ICMP);
      int type = octet(segment, 0);
      if (icmp == 58 && type >= 133 && type <= 137) {
        throw new End(
            hops == 255 && !fragment ? Reason.PASS_LINK_CONTROL : Reason.ICMP_NEIGHBOUR_HOP_LIMIT);
      }
      boolean listener = icmp == 58 && (type == 130 || type == 131 || type == 132 || type == 143);
      refuseIf(listener && hops == 1, Reason.PASS_LINK_CONTROL);
    }
  }

  private static boolean holds(Collection<IpPrefix> list, IpAddress address) {
    return list.stream().anyMatch(prefix -> prefix.contains(address));
  }

  private void judgeAddresses(IpAddress source, IpAddress destination) {
    refuseIf(holds(lists.management(), source), Reason.PASS_MANAGEMENT);
    refuseIf(source.equals(destination), Reason.BOGON_SAME_ADDRESS);
    refuseIf(holds(lists.bogons(), source), Reason.BOGON_SOURCE);
    refuseIf(holds(lists.own(), source), Reason.BOGON_OWN_NETWORK);
  }

  private void judgeUdp(byte[] datagram) {
    int from = pair(datagram, 0);
    int to = pair(datagram, 2);
    for (Row row : policy.reflectors().rows()) {
      boolean refusedFrom =
          row.treatment() == Treatment.REFUSE_FROM || row.treatment() == Treatment.REFUSE_BOTH;
      boolean refusedTo = row.treatment() == Treatment.REFUSE_BOTH;
      refuseIf(
          (refusedFrom && row.port() == from) || (refusedTo && row.port() == to),
          Reason.AMPLIFICATION_REFLECTOR);
    }
    int mode = datagram.length > 8 ? octet(datagram, 8) & 7 : 0;
    boolean ntp =
        policy.reflectors().rows().stream()
            .anyMatch(row ->
                row.treatment() == Treatment.REFUSE_NTP_CONTROL
                    && (row.port() == from || row.port() == to));
    refuseIf(ntp && (mode == 6 || mode == 7), Reason.AMPLIFICATION_NTP_CONTROL);
  }

  private void judgeLists(IpAddress source) {
    refuseIf(holds(lists.allowed(), source), Reason.PASS_ALLOWED);
    refuseIf(holds(lists.blocked(), source), Reason.LIST_BLOCKED);
  }
}
