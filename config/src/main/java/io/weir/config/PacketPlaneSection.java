package io.weir.config;

import io.weir.net.IpAddress;
import io.weir.net.IpPrefix;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

@Block(
    """
    What is refused before the network stack sees it, and what is balanced there; see the guide to the packet plane. \
    It guards whole interfaces of this host, not single listeners. Order of the lists: `management`, `bogons`, \
    `own_networks`, `allow`, `block`; the first that holds the source decides.\
    """)
public record PacketPlaneSection(
    @Key(doc = "Whether the block has effect.", def = "true") boolean enabled,
    @Key(
            doc =
                "Whether Weir refuses to start, or to take a change up, where none of `modes` works. `false`: it goes on"
                    + " unguarded, and says so.",
            def = "true")
        boolean required,
    @Key(
            doc = "Interfaces towards the clients. Without it: those of the default routes.",
            form = Form.INTERFACE)
        List<String> interfaces,
    @Key(
            doc =
                "Ways of guarding that may be tried, always from the best to the least. `native`: XDP in the driver;"
                    + " `generic`: XDP at the entry of the stack; `nftables`: rules for the same policy, without cookies"
                    + " of our own, samples and balancing.",
            def = "[native, generic, nftables]")
        List<Mode> modes,
    @Key(
            doc =
                "Networks that you administer this host from: nothing but a malformed packet is ever refused from there."
                    + " To be written in any case, lest you lock yourself out; `[]` for none.")
        List<IpPrefix> management,
    @Key(
            doc =
                "Sources that cannot be on the Internet: private, reserved and multicast networks. `pass` where such"
                    + " networks are reached by these interfaces.",
            def = "refuse")
        Handling bogons,
    @Key(doc = "Our own networks: refused as source, for what comes from outside is not from here.")
        List<IpPrefix> ownNetworks,
    @Key(doc = "Sources exempt from the block list and from SYN limits.") NetworkList allow,
    @Key(doc = "Sources that are refused.") NetworkList block,
    @Key(
            doc =
                "Whether clients that are blocked for slowness (`slowloris_protection`) are banned here for as long: no"
                    + " packet of theirs gets in, whatever the listener. `management` and `allow` are exempt, and so are"
                    + " trusted proxies, `exempt_networks` and backends.",
            def = "true")
        boolean bans,
    @Key(
            doc =
                "`loose`: there must be a route back to the source; `strict`: and it must leave by the interface that the"
                    + " packet came in on, which is wrong where routes are asymmetric; `off`: not asked.",
            def = "loose")
        ReversePath reversePath,
    @Key(
            doc = "Fragments. Large DNS answers and IPsec need them; Weir itself does not.",
            def = "pass")
        Handling fragments,
    @Key(doc = "IPv4 packets with options, other than IGMP.", def = "refuse") Handling ipOptions,
    @Key(doc = "UDP services that floods are reflected from.") Reflectors reflectors,
    @Key(
            doc = "DNS answers to one destination, per second. 0: no limit.",
            def = "1000",
            range = "0 to 1000000000")
        int dnsAnswersPerSecond,
    @Key(
            doc =
                "ICMP messages of one source, per second. Path MTU and neighbour discovery always pass. 0: no limit.",
            def = "100",
            range = "0 to 1000000000")
        int icmpPerSecond,
    @Key(
            doc =
                "One refused packet in so many is reported by its addresses; a power of two from 2. 0: none.",
            def = "1024",
            range = "0 to 1048576")
        int sampleEvery,
    @Key(
            doc =
                "Time in which a reload that changes this block must be confirmed by `weir packet confirm`; else it is"
                    + " taken back by itself. New content of list files needs none. Without it: changes hold at once.",
            range = "5s to 1h")
        Optional<Duration> confirmWithin,
    @Key(
            doc =
                "Whether programs, or the rules in their place, stay in force when Weir ends, until the next start or"
                    + " `weir packet detach`. Needs a bpf file system, which is mounted if it is missing.",
            def = "false")
        boolean persist,
    @Key(
            doc =
                "Addresses of this host that tunnels to backends come from: at most one IPv4 and one IPv6.")
        List<IpAddress> tunnelSources,
    @Key(doc = "Addresses and ports that are balanced packet by packet.")
        List<VirtualService> virtualServices) {

  /** How interfaces may be guarded. */
  public enum Mode {
    NATIVE,
    GENERIC,
    NFTABLES
  }

  /** What becomes of such packets. */
  public enum Handling {
    PASS,
    REFUSE
  }

  /** The reverse path check (RFC 3704). */
  public enum ReversePath {
    OFF,
    LOOSE,
    STRICT
  }

  @Block("Networks and single addresses, written here or in files.")
  public record NetworkList(
      @Key(doc = "Networks and addresses.") List<IpPrefix> networks,
      @Key(
              doc =
                  "Files with one network or address a line; what follows `#` or `;` is a comment. A changed file is"
                      + " taken up by itself.",
              form = Form.FILE)
          List<String> files) {}

  @Block("UDP services that answer a forged question with a larger answer.")
  public record Reflectors(
      @Key(
              doc =
                  "Whether the built-in table is used: memcached, SSDP, SNMP, CLDAP, NTP modes 6 and 7, DNS answers and"
                      + " others; see the guide.",
              def = "true")
          boolean known,
      @Key(doc = "Further ports, or others' treatment for known ones.") List<Reflector> ports) {}

  @Block("One UDP port.")
  public record Reflector(
      @Key(doc = "The port.", range = "1 to 65535") int port,
      @Key(
              doc =
                  "`refuse_from`: what comes from it; `refuse_both`: what comes from or goes to it; `limit_dns`: answers"
                      + " from it are DNS and limited so; `refuse_ntp_control`: NTP modes 6 and 7; `pass`: nothing.")
          Treatment treatment) {}

  /** What is done about a port. */
  public enum Treatment {
    PASS,
    REFUSE_FROM,
    REFUSE_BOTH,
    LIMIT_DNS,
    REFUSE_NTP_CONTROL
  }

  @Block(
      """
      Packets to these addresses go to a backend of a pool as they are, and the backend answers the client itself; it \
      must hold the virtual address on its loopback interface. The pool's `health_check`, `weight` and `drain` count, \
      its ports are those of health checks. Needs XDP.\
      """)
  public record VirtualService(
      @Key(doc = "Name in metrics and status.", form = Form.NAME) String name,
      @Key(doc = "IP addresses and ports that clients see.", single = "address")
          List<ListenAddress> addresses,
      @Key(doc = "`tcp` or `udp`.", def = "tcp") Protocol protocol,
      @Key(doc = "Name of the pool behind it.", form = Form.NAME) String pool,
      @Key(
              doc =
                  "How packets get to a backend. `ip_in_ip`: inside IPv4 or IPv6; `gue`: inside UDP port 6080; `layer_2`:"
                      + " by its MAC address, on a network of this host.",
              def = "ip_in_ip")
          Method method,
      @Key(
              doc =
                  "Whether QUIC connection ids name the backend (`quic_server_id`), so that a client that changes its"
                      + " address keeps it. For `udp`.",
              def = "false")
          boolean quic) {}

  /** What can be balanced. */
  public enum Protocol {
    TCP,
    UDP
  }

  /** How packets get to a backend. */
  public enum Method {
    IP_IN_IP,
    GUE,
    LAYER_2
  }

  /** Whether there is any XDP among the modes. */
  public boolean mayUseXdp() {
    return modes.contains(Mode.NATIVE) || modes.contains(Mode.GENERIC);
  }
}
