package io.weir.packet;

import static io.weir.packet.Packets.ACK;
import static io.weir.packet.Packets.CLIENT;
import static io.weir.packet.Packets.CLIENT6;
import static io.weir.packet.Packets.FIN;
import static io.weir.packet.Packets.PSH;
import static io.weir.packet.Packets.RST;
import static io.weir.packet.Packets.SERVER;
import static io.weir.packet.Packets.SERVER6;
import static io.weir.packet.Packets.SYN;
import static io.weir.packet.Packets.URG;
import static io.weir.packet.Packets.bytes;
import static io.weir.packet.Packets.ethernet;
import static io.weir.packet.Packets.icmp;
import static io.weir.packet.Packets.ip;
import static io.weir.packet.Packets.ipv4;
import static io.weir.packet.Packets.ipv6;
import static io.weir.packet.Packets.join;
import static io.weir.packet.Packets.shorts;
import static io.weir.packet.Packets.slice;
import static io.weir.packet.Packets.syn;
import static io.weir.packet.Packets.tcp;
import static io.weir.packet.Packets.udp;
import static io.weir.packet.Packets.vlan;
import static io.weir.packet.Packets.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.weir.net.IpAddress;
import io.weir.net.IpPrefix;
import io.weir.packet.Counters.Protocol;
import io.weir.packet.Reason.Verdict;
import io.weir.packet.Reflectors.Treatment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** One row a case: a packet, and how it must end. Run by the kernel itself. */
@Privileged
class FilterTest {

  private static final byte[] NONE = new byte[0];

  private static Desk desk;

  @BeforeAll
  static void open() {
    desk = new Desk(Desk.POLICY, AddressLists.EMPTY);
  }

  @AfterAll
  static void close() {
    desk.close();
  }

  private static void row(List<Arguments> rows, String name, byte[] frame, Reason expected) {
    rows.add(arguments(name, frame, expected));
  }

  static Stream<Arguments> frames() {
    List<Arguments> rows = new ArrayList<>();
    row(rows, "ARP", ethernet(0x0806, new byte[28]), Reason.PASS_NOT_IP);
    row(
        rows,
        "frame of 13 octets in effect: type of a VLAN tag that is not there",
        ethernet(0x8100, NONE),
        Reason.INVALID_ETHERNET);
    row(rows, "one VLAN tag", vlan(syn(CLIENT, SERVER), 0x8100), Reason.PASS);
    row(rows, "two VLAN tags", vlan(vlan(syn(CLIENT, SERVER), 0x8100), 0x88a8), Reason.PASS);
    row(
        rows,
        "three VLAN tags",
        vlan(vlan(vlan(syn(CLIENT, SERVER), 0x8100), 0x8100), 0x88a8),
        Reason.INVALID_ETHERNET);
    row(
        rows,
        "bad flags behind a VLAN tag",
        vlan(ip(CLIENT, SERVER, 6, tcp(SYN | FIN)), 0x8100),
        Reason.INVALID_TCP_FLAGS);
    rows.addAll(ipv4Headers());
    rows.addAll(ipv6Headers());
    for (IpAddress[] pair :
        List.of(new IpAddress[] {CLIENT, SERVER}, new IpAddress[] {CLIENT6, SERVER6})) {
      rows.addAll(transports(pair[0].isIpv4() ? "IPv4: " : "IPv6: ", pair[0], pair[1]));
    }
    return rows.stream();
  }

  private static List<Arguments> ipv4Headers() {
    List<Arguments> rows = new ArrayList<>();
    byte[] good = syn(CLIENT, SERVER);
    row(rows, "version 5", with(good, 14, 0x55), Reason.INVALID_IP_HEADER);
    row(rows, "header of 16 octets", with(good, 14, 0x44), Reason.INVALID_IP_HEADER);
    row(rows, "header longer than the packet", with(good, 14, 0x4f), Reason.INVALID_IP_HEADER);
    row(rows, "total length beyond the frame", with(good, 16, 0, 41), Reason.INVALID_IP_HEADER);
    row(rows, "total length within the header", with(good, 16, 0, 19), Reason.INVALID_IP_HEADER);
    row(rows, "wrong checksum", with(good, 24, 0, 0), Reason.INVALID_IP_CHECKSUM);
    row(rows, "padding behind the packet", join(good, new byte[6]), Reason.PASS);
    row(rows, "type IPv6 but an IPv4 packet", with(good, 12, 0x86, 0xdd), Reason.INVALID_IP_HEADER);
    byte[] routing = bytes("830b04 c0000201 c0000202 00");
    row(
        rows,
        "source route",
        ethernet(0x0800, ipv4(CLIENT, SERVER, 6, 0, routing, tcp(SYN))),
        Reason.INVALID_IP_OPTIONS);
    row(
        rows,
        "router alert of IGMP",
        ethernet(0x0800, ipv4(CLIENT, SERVER, 2, 0, bytes("94040000"), new byte[8])),
        Reason.PASS);
    row(
        rows,
        "first fragment",
        ethernet(0x0800, ipv4(CLIENT, SERVER, 17, 0x2000, NONE, udp(9, 9, new byte[8]))),
        Reason.PASS);
    row(
        rows,
        "later fragment",
        ethernet(0x0800, ipv4(CLIENT, SERVER, 17, 0x0100, NONE, new byte[8])),
        Reason.PASS);
    row(
        rows,
        "fragment past 65535",
        ethernet(0x0800, ipv4(CLIENT, SERVER, 17, 0x1fff, NONE, new byte[16])),
        Reason.INVALID_FRAGMENT);
    row(
        rows,
        "middle fragment of 9 octets",
        ethernet(0x0800, ipv4(CLIENT, SERVER, 17, 0x2001, NONE, new byte[9])),
        Reason.INVALID_FRAGMENT);
    row(
        rows,
        "empty fragment",
        ethernet(0x0800, ipv4(CLIENT, SERVER, 17, 0x2000, NONE, NONE)),
        Reason.INVALID_FRAGMENT);
    row(
        rows,
        "fragment over the TCP flags",
        ethernet(0x0800, ipv4(CLIENT, SERVER, 6, 1, NONE, new byte[16])),
        Reason.INVALID_FRAGMENT);
    row(
        rows,
        "first fragment too short for TCP",
        ethernet(0x0800, ipv4(CLIENT, SERVER, 6, 0x2000, NONE, new byte[16])),
        Reason.INVALID_TCP_HEADER);
    row(
        rows,
        "don't fragment",
        ethernet(0x0800, ipv4(CLIENT, SERVER, 6, 0x4000, NONE, tcp(ACK))),
        Reason.PASS);
    row(rows, "land: source is destination", syn(SERVER, SERVER), Reason.BOGON_SAME_ADDRESS);
    return rows;
  }

  private static byte[] extended(int first, byte[]... parts) {
    return ethernet(0x86dd, ipv6(CLIENT6, SERVER6, first, 64, join(parts)));
  }

  private static byte[] header(int next, int length) {
    return join(new byte[] {(byte) next, (byte) length}, new byte[6 + 8 * length]);
  }

  private static byte[] fragment(int next, int offset) {
    return join(shorts(next << 8, offset), new byte[4]);
  }

  private static List<Arguments> ipv6Headers() {
    List<Arguments> rows = new ArrayList<>();
    byte[] good = syn(CLIENT6, SERVER6);
    row(rows, "IPv6 version 7", with(good, 14, 0x70), Reason.INVALID_IP_HEADER);
    row(rows, "payload beyond the frame", with(good, 18, 0, 21), Reason.INVALID_IP_HEADER);
    row(rows, "jumbogram", with(good, 18, 0, 0), Reason.INVALID_IP_HEADER);
    row(rows, "land over IPv6", syn(SERVER6, SERVER6), Reason.BOGON_SAME_ADDRESS);
    row(rows, "hop by hop", extended(0, header(6, 0), tcp(SYN)), Reason.PASS);
    row(
        rows,
        "bad flags behind hop by hop",
        extended(0, header(6, 1), tcp(0)),
        Reason.INVALID_TCP_FLAGS);
    row(
        rows,
        "hop by hop not first",
        extended(60, header(0, 0), header(6, 0), tcp(SYN)),
        Reason.INVALID_IP_EXTENSION);
    row(
        rows,
        "six headers",
        extended(
            0,
            header(60, 0),
            header(43, 0),
            header(60, 0),
            header(43, 0),
            header(60, 0),
            header(6, 0),
            tcp(FIN)),
        Reason.INVALID_TCP_FLAGS);
    row(
        rows,
        "seven headers",
        extended(
            0,
            header(60, 0),
            header(43, 0),
            header(60, 0),
            header(43, 0),
            header(60, 0),
            header(60, 0),
            header(6, 0),
            tcp(SYN)),
        Reason.INVALID_IP_EXTENSION);
    row(
        rows,
        "header beyond the packet",
        extended(60, with(header(6, 0), 1, 200)),
        Reason.INVALID_IP_EXTENSION);
    row(rows, "header cut short", extended(60, new byte[7]), Reason.INVALID_IP_EXTENSION);
    row(rows, "IPv6 first fragment", extended(44, fragment(17, 1), udp(9, 9, NONE)), Reason.PASS);
    row(rows, "IPv6 later fragment", extended(44, fragment(17, 8), new byte[3]), Reason.PASS);
    row(
        rows,
        "IPv6 middle fragment of 9 octets",
        extended(44, fragment(17, 9), new byte[9]),
        Reason.INVALID_FRAGMENT);
    row(
        rows,
        "IPv6 fragment past 65535",
        extended(44, fragment(17, 0xfff8), new byte[8]),
        Reason.INVALID_FRAGMENT);
    row(rows, "IPv6 empty fragment", extended(44, fragment(17, 1)), Reason.INVALID_FRAGMENT);
    row(
        rows,
        "two fragment headers",
        extended(44, fragment(44, 1), fragment(17, 1), new byte[8]),
        Reason.INVALID_FRAGMENT);
    row(
        rows,
        "IPv6 first fragment too short for TCP",
        extended(44, fragment(6, 1), new byte[16]),
        Reason.INVALID_TCP_HEADER);
    row(
        rows,
        "destination options in a first fragment, header cut off",
        extended(44, fragment(60, 1), with(header(6, 0), 1, 3)),
        Reason.INVALID_IP_EXTENSION);
    row(
        rows,
        "neighbour solicitation",
        ethernet(0x86dd, ipv6(CLIENT6, SERVER6, 58, 255, icmp(135, 0))),
        Reason.PASS_LINK_CONTROL);
    row(
        rows,
        "duplicate address detection",
        ethernet(0x86dd, ipv6(IpAddress.parse("::"), SERVER6, 58, 255, icmp(135, 0))),
        Reason.PASS_LINK_CONTROL);
    row(
        rows,
        "neighbour advertisement from afar",
        ethernet(0x86dd, ipv6(CLIENT6, SERVER6, 58, 254, icmp(136, 0))),
        Reason.ICMP_NEIGHBOUR_HOP_LIMIT);
    row(
        rows,
        "router advertisement in fragments (RFC 6980)",
        ethernet(0x86dd, ipv6(CLIENT6, SERVER6, 44, 255, join(fragment(58, 1), icmp(134, 0)))),
        Reason.ICMP_NEIGHBOUR_HOP_LIMIT);
    row(
        rows,
        "multicast listener report",
        ethernet(0x86dd, ipv6(CLIENT6, SERVER6, 58, 1, icmp(143, 0))),
        Reason.PASS_LINK_CONTROL);
    return rows;
  }

  private static List<Arguments> transports(String family, IpAddress from, IpAddress to) {
    List<Arguments> rows = new ArrayList<>();
    for (int flags :
        new int[] {
          SYN,
          SYN | ACK,
          ACK,
          ACK | PSH,
          ACK | PSH | URG,
          FIN | ACK,
          FIN | ACK | PSH,
          RST,
          RST | ACK,
          SYN | 0xc0
        }) {
      row(rows, family + "flags " + flags, ip(from, to, 6, tcp(flags)), Reason.PASS);
    }
    for (int flags :
        new int[] {
          0,
          FIN,
          URG,
          PSH,
          FIN | PSH | URG,
          SYN | FIN,
          SYN | RST,
          FIN | RST,
          SYN | FIN | ACK,
          RST | FIN | ACK,
          63
        }) {
      row(rows, family + "flags " + flags, ip(from, to, 6, tcp(flags)), Reason.INVALID_TCP_FLAGS);
    }
    row(
        rows,
        family + "TCP of 19 octets",
        ip(from, to, 6, slice(tcp(SYN), 0, 19)),
        Reason.INVALID_TCP_HEADER);
    row(
        rows,
        family + "TCP header of 16 octets",
        ip(from, to, 6, with(tcp(SYN), 12, 0x40)),
        Reason.INVALID_TCP_HEADER);
    row(
        rows,
        family + "TCP header beyond the packet",
        ip(from, to, 6, with(tcp(SYN), 12, 0x60)),
        Reason.INVALID_TCP_HEADER);
    row(
        rows,
        family + "TCP with options and content",
        ip(from, to, 6, tcp(1, 2, ACK, new byte[12], new byte[99])),
        Reason.PASS);
    row(
        rows,
        family + "TCP from port 0",
        ip(from, to, 6, with(tcp(SYN), 0, 0, 0)),
        Reason.INVALID_PORT);
    row(
        rows,
        family + "TCP to port 0",
        ip(from, to, 6, with(tcp(SYN), 2, 0, 0)),
        Reason.INVALID_PORT);
    row(rows, family + "UDP", ip(from, to, 17, udp(40000, 443, new byte[9])), Reason.PASS);
    row(rows, family + "UDP of 7 octets", ip(from, to, 17, new byte[7]), Reason.INVALID_UDP_LENGTH);
    row(
        rows,
        family + "UDP that says 7",
        ip(from, to, 17, with(udp(1000, 443, NONE), 4, 0, 7)),
        Reason.INVALID_UDP_LENGTH);
    row(
        rows,
        family + "UDP that says 9 of 8",
        ip(from, to, 17, with(udp(1000, 443, NONE), 4, 0, 9)),
        Reason.INVALID_UDP_LENGTH);
    row(
        rows,
        family + "UDP shorter than its packet",
        ip(from, to, 17, join(udp(1000, 443, NONE), new byte[4])),
        Reason.PASS);
    row(rows, family + "UDP to port 0", ip(from, to, 17, udp(1000, 0, NONE)), Reason.INVALID_PORT);
    row(rows, family + "UDP from port 0", ip(from, to, 17, udp(0, 443, NONE)), Reason.PASS);
    int icmp = from.isIpv4() ? 1 : 58;
    row(
        rows,
        family + "echo request",
        ip(from, to, icmp, icmp(from.isIpv4() ? 8 : 128, 0)),
        Reason.PASS);
    row(
        rows,
        family + "ICMP of 7 octets",
        ip(from, to, icmp, slice(icmp(8, 0), 0, 7)),
        Reason.INVALID_ICMP);
    row(
        rows,
        family + "ICMP of the other family",
        ip(from, to, from.isIpv4() ? 58 : 1, new byte[1]),
        Reason.PASS);
    row(rows, family + "ESP", ip(from, to, 50, new byte[40]), Reason.PASS);
    row(
        rows,
        family + "NTP client",
        ip(from, to, 17, udp(40000, 123, with(new byte[48], 0, 0x23))),
        Reason.PASS);
    row(
        rows,
        family + "NTP server",
        ip(from, to, 17, udp(123, 40000, with(new byte[48], 0, 0x24))),
        Reason.PASS);
    row(
        rows,
        family + "NTP control",
        ip(from, to, 17, udp(40000, 123, with(new byte[12], 0, 0x16))),
        Reason.AMPLIFICATION_NTP_CONTROL);
    row(
        rows,
        family + "NTP monlist answer",
        ip(from, to, 17, udp(123, 40000, with(new byte[440], 0, 0x97))),
        Reason.AMPLIFICATION_NTP_CONTROL);
    row(rows, family + "NTP without content", ip(from, to, 17, udp(40000, 123, NONE)), Reason.PASS);
    row(
        rows,
        family + "TCP from a reflector's port",
        ip(from, to, 6, tcp(11211, 40000, ACK, NONE, NONE)),
        Reason.PASS);
    row(
        rows,
        family + "DNS answer under its limit",
        ip(from, to, 17, udp(53, 40000, with(new byte[12], 2, 0x80))),
        Reason.PASS);
    return rows;
  }

  @ParameterizedTest(name = "{0}: {2}")
  @MethodSource("frames")
  void endsAsTheTableSays(String name, byte[] frame, Reason expected) {
    assertThat(desk.judge(frame)).isEqualTo(expected);
    assertThat(desk.action()).isEqualTo(expected.verdict() == Verdict.PASS ? Desk.PASS : Desk.DROP);
  }

  static Stream<Reflectors.Row> refused() {
    return Reflectors.KNOWN.rows().stream()
        .filter(row ->
            row.treatment() == Treatment.REFUSE_BOTH || row.treatment() == Treatment.REFUSE_FROM);
  }

  @ParameterizedTest
  @MethodSource("refused")
  void refusesEveryKnownReflector(Reflectors.Row row) {
    boolean both = row.treatment() == Treatment.REFUSE_BOTH;
    Reason to = both ? Reason.AMPLIFICATION_REFLECTOR : Reason.PASS;
    byte[] content = new byte[20];
    assertThat(desk.judge(ip(CLIENT, SERVER, 17, udp(row.port(), 40000, content))))
        .isEqualTo(Reason.AMPLIFICATION_REFLECTOR);
    assertThat(desk.judge(ip(CLIENT6, SERVER6, 17, udp(row.port(), 40000, content))))
        .isEqualTo(Reason.AMPLIFICATION_REFLECTOR);
    assertThat(desk.judge(ip(CLIENT, SERVER, 17, udp(40000, row.port(), content)))).isEqualTo(to);
    assertThat(desk.judge(ip(CLIENT6, SERVER6, 17, udp(40000, row.port(), content)))).isEqualTo(to);
  }

  @Test
  void refusesEveryBogonAndNobodyElse() {
    AddressLists lists =
        new AddressLists(List.of(), AddressLists.BOGONS, List.of(), List.of(), List.of());
    try (Desk strict = new Desk(PacketPolicy.MINIMAL, lists)) {
      for (IpPrefix bogon : AddressLists.BOGONS) {
        IpAddress to =
            bogon.address().isIpv4() ? IpAddress.parse("8.8.8.8") : IpAddress.parse("2400:cb00::1");
        assertThat(strict.judge(syn(bogon.address(), to)))
            .as("%s", bogon)
            .isEqualTo(Reason.BOGON_SOURCE);
        assertThat(strict.judge(syn(bogon.last(), to)))
            .as("last of %s", bogon)
            .isEqualTo(Reason.BOGON_SOURCE);
      }
      for (String fine :
          List.of(
              "1.1.1.1",
              "9.255.255.255",
              "11.0.0.0",
              "100.63.255.255",
              "172.32.0.0",
              "223.255.255.255")) {
        assertThat(strict.judge(syn(IpAddress.parse(fine), SERVER)))
            .as(fine)
            .isEqualTo(Reason.PASS);
      }
      for (String fine : List.of("2400:cb00::1", "2a00::1", "2001:4860::8888", "fe80::1")) {
        assertThat(strict.judge(syn(IpAddress.parse(fine), SERVER6)))
            .as(fine)
            .isEqualTo(Reason.PASS);
      }
    }
  }

  @Test
  void refusesFragmentsWhereThePolicySaysSo() {
    PacketPolicy policy =
        new PacketPolicy(
            PacketPolicy.ReversePath.OFF,
            true,
            false,
            Reflectors.NONE,
            Rate.UNLIMITED,
            Rate.UNLIMITED,
            SynLimits.NONE,
            0);
    try (Desk strict = new Desk(policy, AddressLists.EMPTY)) {
      byte[] first = ipv4(CLIENT, SERVER, 17, 0x2000, NONE, udp(9, 9, new byte[8]));
      byte[] later = ipv4(CLIENT, SERVER, 17, 0x0100, NONE, new byte[8]);
      assertThat(strict.judge(ethernet(0x0800, first))).isEqualTo(Reason.FRAGMENT_REFUSED);
      assertThat(strict.judge(ethernet(0x0800, later))).isEqualTo(Reason.FRAGMENT_REFUSED);
      assertThat(strict.judge(extended(44, fragment(17, 8), new byte[3])))
          .isEqualTo(Reason.FRAGMENT_REFUSED);
      byte[] options = ipv4(CLIENT, SERVER, 6, 0, bytes("94040000"), tcp(SYN));
      assertThat(strict.judge(ethernet(0x0800, options))).isEqualTo(Reason.PASS);
    }
  }

  @Test
  void limitsIcmpButNeverPathMtuNorNeighbours() {
    PacketPolicy policy =
        new PacketPolicy(
            PacketPolicy.ReversePath.OFF,
            false,
            false,
            Reflectors.NONE,
            Rate.UNLIMITED,
            new Rate(0.001, 3),
            SynLimits.NONE,
            0);
    try (Desk strict = new Desk(policy, AddressLists.EMPTY)) {
      for (int i = 0; i < 3; i++) {
        assertThat(strict.judge(ip(CLIENT, SERVER, 1, icmp(8, 0)))).isEqualTo(Reason.PASS);
        assertThat(strict.judge(ip(CLIENT6, SERVER6, 58, icmp(128, 0)))).isEqualTo(Reason.PASS);
      }
      assertThat(strict.judge(ip(CLIENT, SERVER, 1, icmp(8, 0)))).isEqualTo(Reason.ICMP_RATE);
      assertThat(strict.judge(ip(CLIENT6, SERVER6, 58, icmp(128, 0)))).isEqualTo(Reason.ICMP_RATE);
      assertThat(strict.judge(ip(CLIENT, SERVER, 1, icmp(3, 3)))).isEqualTo(Reason.ICMP_RATE);
      assertThat(strict.judge(ip(CLIENT, SERVER, 1, icmp(3, 4)))).isEqualTo(Reason.PASS);
      assertThat(strict.judge(ip(CLIENT6, SERVER6, 58, icmp(2, 0)))).isEqualTo(Reason.PASS);
      byte[] solicitation = ethernet(0x86dd, ipv6(CLIENT6, SERVER6, 58, 255, icmp(135, 0)));
      assertThat(strict.judge(solicitation)).isEqualTo(Reason.PASS_LINK_CONTROL);
      assertThat(strict.judge(ip(IpAddress.parse("203.0.113.8"), SERVER, 1, icmp(8, 0))))
          .isEqualTo(Reason.PASS);
    }
  }

  @Test
  void limitsDnsAnswersByDestinationAndNotQuestions() {
    PacketPolicy policy =
        new PacketPolicy(
            PacketPolicy.ReversePath.OFF,
            false,
            false,
            Reflectors.KNOWN,
            new Rate(0.001, 2),
            Rate.UNLIMITED,
            SynLimits.NONE,
            0);
    byte[] answer = udp(53, 40000, with(new byte[12], 2, 0x80));
    try (Desk strict = new Desk(policy, AddressLists.EMPTY)) {
      assertThat(strict.judge(ip(CLIENT, SERVER, 17, answer))).isEqualTo(Reason.PASS);
      assertThat(strict.judge(ip(IpAddress.parse("203.0.113.99"), SERVER, 17, answer)))
          .isEqualTo(Reason.PASS);
      assertThat(strict.judge(ip(CLIENT, SERVER, 17, answer)))
          .isEqualTo(Reason.AMPLIFICATION_DNS_RATE);
      assertThat(strict.judge(ip(CLIENT, IpAddress.parse("198.51.100.2"), 17, answer)))
          .isEqualTo(Reason.PASS);
      assertThat(strict.judge(ip(CLIENT6, SERVER6, 17, answer))).isEqualTo(Reason.PASS);
      assertThat(strict.judge(ip(CLIENT, SERVER, 17, udp(40000, 53, new byte[12]))))
          .isEqualTo(Reason.PASS);
      assertThat(strict.judge(ip(CLIENT, SERVER, 17, udp(53, 53, new byte[12]))))
          .isEqualTo(Reason.PASS);
    }
  }

  @Test
  void countsByReasonProtocolAndFamilyAcrossAChangeOfPolicy() {
    try (Desk counting = new Desk(PacketPolicy.MINIMAL, AddressLists.EMPTY)) {
      counting.judge(syn(CLIENT, SERVER));
      counting.judge(ip(CLIENT6, SERVER6, 6, tcp(0)));
      counting.replace(Desk.POLICY);
      counting.judge(ip(CLIENT6, SERVER6, 6, tcp(0)));
      counting.judge(ip(CLIENT, SERVER, 17, udp(11211, 1, NONE)));
      Counters counters = counting.engine.counters();
      assertThat(counters.packets(Reason.PASS)).isEqualTo(1);
      assertThat(counters.octets(Reason.PASS)).isEqualTo(40);
      assertThat(counters.packets(Reason.INVALID_TCP_FLAGS, Protocol.TCP, true)).isEqualTo(2);
      assertThat(counters.packets(Reason.INVALID_TCP_FLAGS, Protocol.TCP, false)).isZero();
      assertThat(counters.packets(Reason.AMPLIFICATION_REFLECTOR, Protocol.UDP, false))
          .isEqualTo(1);
      assertThat(counters.packets(Verdict.DROP)).isEqualTo(3);
    }
  }

  @Test
  void reportsOneRefusedPacketInSoMany() {
    PacketPolicy sampling =
        new PacketPolicy(
            PacketPolicy.ReversePath.OFF,
            false,
            false,
            Reflectors.KNOWN,
            Rate.UNLIMITED,
            Rate.UNLIMITED,
            SynLimits.NONE,
            4);
    try (Desk reporting = new Desk(sampling, AddressLists.EMPTY)) {
      for (int i = 0; i < 8; i++) {
        reporting.judge(ip(CLIENT, SERVER, 17, udp(11211, 7, NONE)));
        reporting.judge(ip(CLIENT6, SERVER6, 6, tcp(FIN)));
        reporting.judge(syn(CLIENT, SERVER));
      }
      List<Sample> samples = new ArrayList<>();
      assertThat(reporting.engine.drainSamples(samples::add)).isEqualTo(4);
      assertThat(samples)
          .contains(
              new Sample(Reason.AMPLIFICATION_REFLECTOR, CLIENT, SERVER, 17, 11211, 7, 28),
              new Sample(Reason.INVALID_TCP_FLAGS, CLIENT6, SERVER6, 6, 0, 0, 60));
      assertThat(reporting.engine.drainSamples(samples::add)).isZero();
    }
  }
}
