package io.weir.packet;

/**
 * Why the packet plane let a packet pass, dropped it or sent something itself. The order is that of
 * {@code reason.h}, since programs count by number; a test compares the two.
 */
public enum Reason {
  PASS("pass", Verdict.PASS, "nothing objected"),
  PASS_NOT_IP(
      "pass.not_ip", Verdict.PASS, "neither IPv4 nor IPv6, such as ARP: the stack's matter"),
  PASS_LINK_CONTROL(
      "pass.link_control",
      Verdict.PASS,
      "neighbour discovery or multicast listener message from the same link"),
  PASS_MANAGEMENT(
      "pass.management",
      Verdict.PASS,
      "the source is a management network; nothing ever locks those out"),
  PASS_ALLOWED("pass.allowed", Verdict.PASS, "the source is on the allow list"),

  INVALID_ETHERNET("invalid.ethernet", Verdict.DROP, "frame cut short, or more than two VLAN tags"),
  INVALID_IP_HEADER(
      "invalid.ip_header", Verdict.DROP, "version, header length or total length cannot be"),
  INVALID_IP_CHECKSUM("invalid.ip_checksum", Verdict.DROP, "checksum of the IPv4 header is wrong"),
  INVALID_IP_OPTIONS("invalid.ip_options", Verdict.DROP, "IPv4 options, which the policy refuses"),
  INVALID_IP_EXTENSION(
      "invalid.ip_extension",
      Verdict.DROP,
      "IPv6 extension headers out of order, too many or cut short"),
  INVALID_FRAGMENT(
      "invalid.fragment",
      Verdict.DROP,
      "fragment that overflows, overlaps the TCP header or is empty"),
  INVALID_TCP_HEADER(
      "invalid.tcp_header", Verdict.DROP, "TCP header cut short, or longer than its packet"),
  INVALID_TCP_FLAGS("invalid.tcp_flags", Verdict.DROP, "TCP flags that no stack sends together"),
  INVALID_UDP_LENGTH(
      "invalid.udp_length", Verdict.DROP, "UDP length below its header or beyond its packet"),
  INVALID_ICMP("invalid.icmp", Verdict.DROP, "ICMP message cut short"),
  INVALID_PORT("invalid.port", Verdict.DROP, "port 0"),
  FRAGMENT_REFUSED("fragment.refused", Verdict.DROP, "any fragment, which the policy refuses"),
  BOGON_SOURCE("bogon.source", Verdict.DROP, "the source is in a network that nobody may use"),
  BOGON_OWN_NETWORK(
      "bogon.own_network",
      Verdict.DROP,
      "the source is one of our own networks, but came from outside"),
  BOGON_SAME_ADDRESS("bogon.same_address", Verdict.DROP, "source and destination are the same"),
  BOGON_NO_RETURN_ROUTE(
      "bogon.no_return_route", Verdict.DROP, "there is no route back to the source"),
  BOGON_OTHER_INTERFACE(
      "bogon.other_interface",
      Verdict.DROP,
      "the route back leaves by another interface (strict only)"),
  AMPLIFICATION_REFLECTOR(
      "amplification.reflector",
      Verdict.DROP,
      "UDP from or to a service known for reflecting floods"),
  AMPLIFICATION_NTP_CONTROL("amplification.ntp_control", Verdict.DROP, "NTP mode 6 or 7"),
  AMPLIFICATION_DNS_RATE(
      "amplification.dns_rate", Verdict.DROP, "more DNS answers to one destination than its limit"),
  ICMP_NEIGHBOUR_HOP_LIMIT(
      "icmp.neighbour_hop_limit", Verdict.DROP, "neighbour discovery that came through a router"),
  ICMP_RATE("icmp.rate", Verdict.DROP, "more ICMP from one source than its limit"),
  LIST_BLOCKED("list.blocked", Verdict.DROP, "the source is on the block list"),
  LIST_BANNED("list.banned", Verdict.DROP, "the source is banned for a while"),
  SYN_SOURCE_RATE("syn.source_rate", Verdict.DROP, "more SYNs from one source than its limit"),
  SYN_GLOBAL_RATE("syn.global_rate", Verdict.DROP, "more SYNs in all than the limit"),
  SYN_COOKIE_PENDING(
      "syn.cookie_pending",
      Verdict.DROP,
      "in the first moments of an attack: cookies are not on yet, an honest client asks again"),
  SYN_COOKIE_INVALID(
      "syn.cookie_invalid",
      Verdict.DROP,
      "during an attack: an ACK without connection and without valid cookie"),
  FORWARD_NO_BACKEND(
      "forward.no_backend", Verdict.DROP, "a virtual address without any backend that is up"),
  FORWARD_NO_ROUTE(
      "forward.no_route", Verdict.DROP, "no route or no neighbour on the way to the backend"),
  FORWARD_FAILED("forward.failed", Verdict.DROP, "no room to encapsulate"),

  SYN_COOKIE_SENT(
      "syn.cookie_sent", Verdict.SEND, "during an attack: the SYN was answered with a cookie"),
  FORWARD_TOO_BIG(
      "forward.too_big", Verdict.SEND, "too big for the way to the backend: the client was told"),
  FORWARD_SENT("forward.sent", Verdict.SEND, "sent on to a backend");

  /** What becomes of the packet. */
  public enum Verdict {
    /** Goes on to the network stack. */
    PASS,
    /** Goes nowhere. */
    DROP,
    /** The plane sends something in its stead. */
    SEND
  }

  private final String dotted;
  private final Verdict verdict;
  private final String meaning;

  Reason(String dotted, Verdict verdict, String meaning) {
    this.dotted = dotted;
    this.verdict = verdict;
    this.meaning = meaning;
  }

  /** The stable name, as in metrics and reports. */
  public String dotted() {
    return dotted;
  }

  /** What becomes of the packet. */
  public Verdict verdict() {
    return verdict;
  }

  /** One line for the manual. */
  public String meaning() {
    return meaning;
  }
}
