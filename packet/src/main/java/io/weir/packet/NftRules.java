package io.weir.packet;

import io.weir.net.IpPrefix;
import io.weir.packet.PacketPolicy.ReversePath;
import io.weir.packet.Reason.Verdict;
import io.weir.packet.Reflectors.Treatment;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The same policy as a ruleset of nftables, for machines where no program can be loaded. In the
 * order of the pipeline; each refusal counts under its reason. What the kernel checks by itself
 * (lengths, checksums) is left to it.
 */
final class NftRules {

  static final String TABLE = "weir_packet";

  private static final String IPV6_SOURCE = "ip6 saddr & ffff:ffff:ffff:ffff::";

  private final List<String> interfaces;
  private final PacketPolicy policy;
  private final AddressLists lists;
  private final Counters before;
  private final StringBuilder text = new StringBuilder();

  private NftRules(
      List<String> interfaces, PacketPolicy policy, AddressLists lists, Counters before) {
    this.interfaces = interfaces;
    this.policy = policy;
    this.lists = lists;
    this.before = before;
  }

  /**
   * The whole ruleset; it replaces the one before in one transaction. Counters go on from {@code
   * before}.
   */
  static String of(
      List<String> interfaces, PacketPolicy policy, AddressLists lists, Counters before) {
    NftRules rules = new NftRules(interfaces, policy, lists, before);
    rules.write();
    return rules.text.toString();
  }

  private void line(String line) {
    text.append(line).append('\n');
  }

  private void refuse(String condition, Reason reason) {
    line(
        "%s counter name \"%s\" %s"
            .formatted(
                condition, reason.dotted(), reason.verdict() == Verdict.PASS ? "accept" : "drop"));
  }

  private void write() {
    line("table inet %s".formatted(TABLE));
    line("delete table inet %s".formatted(TABLE));
    line("table inet %s {".formatted(TABLE));
    for (Reason reason : Reason.values()) {
      line(
          "counter %s { packets %d bytes %d }"
              .formatted(reason.dotted(), before.packets(reason), before.octets(reason)));
    }
    set("management", lists.management());
    set("bogons", lists.bogons());
    set("own", lists.own());
    set("allowed", lists.allowed());
    set("blocked", lists.blocked());
    set("banned", List.of());
    meters("syn");
    meters("dns");
    meters("icmp");
    line("chain prerouting {");
    line("type filter hook prerouting priority raw; policy accept;");
    line(
        "iifname != { %s } accept"
            .formatted(
                interfaces.stream()
                    .map(name -> '"' + name + '"')
                    .collect(Collectors.joining(", "))));
    parse();
    bogon();
    amplification();
    fromList("allowed", Reason.PASS_ALLOWED);
    fromList("blocked", Reason.LIST_BLOCKED);
    fromList("banned", Reason.LIST_BANNED);
    syn();
    line("counter name \"%s\"".formatted(Reason.PASS.dotted()));
    line("}");
    line("}");
  }

  private void set(String name, Collection<IpPrefix> prefixes) {
    oneSet(
        name + "4",
        "ipv4_addr",
        prefixes.stream().filter(prefix -> prefix.address().isIpv4()).toList());
    oneSet(
        name + "6",
        "ipv6_addr",
        prefixes.stream().filter(prefix -> !prefix.address().isIpv4()).toList());
  }

  private void oneSet(String name, String type, List<IpPrefix> prefixes) {
    line("set %s { type %s; flags interval; auto-merge;".formatted(name, type));
    if (!prefixes.isEmpty()) {
      line("elements = { %s }".formatted(elements(prefixes)));
    }
    line("}");
  }

  static String elements(Collection<IpPrefix> prefixes) {
    return prefixes.stream().map(IpPrefix::toString).collect(Collectors.joining(", "));
  }

  private void meters(String name) {
    line(
        "set %s4 { type ipv4_addr; flags dynamic, timeout; timeout 1m; size 262144; }"
            .formatted(name));
    line(
        "set %s6 { type ipv6_addr; flags dynamic, timeout; timeout 1m; size 262144; }"
            .formatted(name));
  }

  private void parse() {
    line(
        "icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert, nd-redirect } jump neighbours");
    text.insert(
        text.indexOf("chain prerouting"),
        "chain neighbours {\nip6 hoplimit 255 counter name \"%s\" accept\ncounter name \"%s\" drop\n}\n"
            .formatted(
                Reason.PASS_LINK_CONTROL.dotted(), Reason.ICMP_NEIGHBOUR_HOP_LIMIT.dotted()));
    if (policy.refuseIpOptions()) {
      refuse("ip hdrlength > 5 ip protocol != igmp", Reason.INVALID_IP_OPTIONS);
    }
    if (policy.refuseFragments()) {
      refuse("ip frag-off & 0x3fff != 0", Reason.FRAGMENT_REFUSED);
      refuse("exthdr frag exists", Reason.FRAGMENT_REFUSED);
    }
    refuse("tcp flags & (syn | rst | ack) == 0x0", Reason.INVALID_TCP_FLAGS);
    refuse("tcp flags & (fin | syn) == (fin | syn)", Reason.INVALID_TCP_FLAGS);
    refuse("tcp flags & (syn | rst) == (syn | rst)", Reason.INVALID_TCP_FLAGS);
    refuse("tcp flags & (fin | rst) == (fin | rst)", Reason.INVALID_TCP_FLAGS);
    refuse("tcp sport 0", Reason.INVALID_PORT);
    refuse("tcp dport 0", Reason.INVALID_PORT);
    refuse("udp dport 0", Reason.INVALID_PORT);
    refuse("udp length < 8", Reason.INVALID_UDP_LENGTH);
  }

  private void fromList(String set, Reason reason) {
    refuse("ip saddr @" + set + "4", reason);
    refuse("ip6 saddr @" + set + "6", reason);
  }

  private void bogon() {
    fromList("management", Reason.PASS_MANAGEMENT);
    fromList("bogons", Reason.BOGON_SOURCE);
    fromList("own", Reason.BOGON_OWN_NETWORK);
    if (policy.reversePath() != ReversePath.OFF) {
      refuse("ip6 saddr != fe80::/10 fib saddr oif missing", Reason.BOGON_NO_RETURN_ROUTE);
      refuse("meta nfproto ipv4 fib saddr oif missing", Reason.BOGON_NO_RETURN_ROUTE);
    }
    if (policy.reversePath() == ReversePath.STRICT) {
      refuse("ip6 saddr != fe80::/10 fib saddr . iif oif missing", Reason.BOGON_OTHER_INTERFACE);
      refuse("meta nfproto ipv4 fib saddr . iif oif missing", Reason.BOGON_OTHER_INTERFACE);
    }
  }

  private void amplification() {
    Reflectors table = policy.reflectors();
    ports("udp sport", table.ports(Treatment.REFUSE_FROM), "", Reason.AMPLIFICATION_REFLECTOR);
    ports("udp sport", table.ports(Treatment.REFUSE_BOTH), "", Reason.AMPLIFICATION_REFLECTOR);
    ports("udp dport", table.ports(Treatment.REFUSE_BOTH), "", Reason.AMPLIFICATION_REFLECTOR);
    for (String port :
        List.of("udp sport", "udp dport")) { // the mode is the low three bits of the first octet
      ports(
          port,
          table.ports(Treatment.REFUSE_NTP_CONTROL),
          " @th,69,3 { 6, 7 }",
          Reason.AMPLIFICATION_NTP_CONTROL);
    }
    if (policy.dnsAnswers().isLimited()) { // an answer has the first bit of its third octet set
      String over = over(policy.dnsAnswers());
      int[] dns = table.ports(Treatment.LIMIT_DNS);
      ports(
          "udp sport",
          dns,
          " @th,80,1 1 update @dns4 { ip daddr " + over + " }",
          Reason.AMPLIFICATION_DNS_RATE);
      String destination = "ip6 daddr & ffff:ffff:ffff:ffff:: ";
      ports(
          "udp sport",
          dns,
          " @th,80,1 1 update @dns6 { " + destination + over + " }",
          Reason.AMPLIFICATION_DNS_RATE);
    }
    if (policy.icmp().isLimited()) {
      String over = over(policy.icmp());
      String limit =
          "meta l4proto icmp icmp type . icmp code != { 3 . 4 } update @icmp4 { ip saddr "
              + over
              + " }";
      refuse(limit, Reason.ICMP_RATE);
      refuse(
          "icmpv6 type != packet-too-big update @icmp6 { " + IPV6_SOURCE + " " + over + " }",
          Reason.ICMP_RATE);
    }
  }

  private void ports(String of, int[] ports, String further, Reason reason) {
    if (ports.length > 0) {
      String list =
          Arrays.stream(ports).mapToObj(Integer::toString).collect(Collectors.joining(", "));
      refuse(of + " { " + list + " }" + further, reason);
    }
  }

  private void syn() {
    String fresh = "tcp flags & (syn | ack) == syn ";
    SynLimits limits = policy.syn();
    if (limits.perSource().isLimited()) {
      String over = over(limits.perSource());
      refuse(fresh + "update @syn4 { ip saddr " + over + " }", Reason.SYN_SOURCE_RATE);
      refuse(fresh + "update @syn6 { " + IPV6_SOURCE + " " + over + " }", Reason.SYN_SOURCE_RATE);
    }
    if (limits.total().isLimited()) {
      refuse(fresh + over(limits.total()), Reason.SYN_GLOBAL_RATE);
    }
  }

  /** nftables counts in whole packets, per second, minute, hour or day. */
  private static String over(Rate rate) {
    String unit = "second";
    double count = rate.perSecond();
    for (String longer : List.of("minute", "hour", "day")) {
      if (count < 1) {
        count *= longer.equals("day") ? 24 : 60;
        unit = longer;
      }
    }
    return "limit rate over %d/%s burst %d packets"
        .formatted(Math.max(Math.round(count), 1), unit, Math.round(rate.burst()));
  }
}
