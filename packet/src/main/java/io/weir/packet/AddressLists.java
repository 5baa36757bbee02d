package io.weir.packet;

import io.weir.net.IpPrefix;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

/**
 * What is known of source addresses. The first list in this order that holds an address decides.
 *
 * @param management where the operator comes from: nothing but a malformed packet is ever refused
 * @param bogons networks that no packet from outside may claim to come from
 * @param own our own networks: refused as source, since what comes from outside is not from here
 * @param allowed exempt from the block list and from SYN limits
 * @param blocked refused
 */
public record AddressLists(
    Collection<IpPrefix> management,
    Collection<IpPrefix> bogons,
    Collection<IpPrefix> own,
    Collection<IpPrefix> allowed,
    Collection<IpPrefix> blocked) {

  /** Knows nothing of anyone. */
  public static final AddressLists EMPTY =
      new AddressLists(List.of(), List.of(), List.of(), List.of(), List.of());

  /**
   * Sources that cannot be on the Internet: special-purpose networks (RFC 6890 and its registries),
   * private ones, multicast, and for IPv6 all that is neither global unicast nor link-local.
   */
  public static final List<IpPrefix> BOGONS =
      Stream.of(
              "0.0.0.0/8",
              "10.0.0.0/8",
              "100.64.0.0/10",
              "127.0.0.0/8",
              "169.254.0.0/16",
              "172.16.0.0/12",
              "192.0.0.0/24",
              "192.0.2.0/24",
              "192.88.99.0/24",
              "192.168.0.0/16",
              "198.18.0.0/15",
              "198.51.100.0/24",
              "203.0.113.0/24",
              "224.0.0.0/4",
              "240.0.0.0/4",
              "::/3",
              "2001::/23",
              "2001:db8::/32",
              "2002::/16",
              "3fff::/20",
              "4000::/2",
              "8000::/2",
              "c000::/3",
              "e000::/4",
              "f000::/5",
              "f800::/6",
              "fc00::/7",
              "fe00::/9",
              "fec0::/10",
              "ff00::/8")
          .map(IpPrefix::parse)
          .toList();

  /** The same with other blocked networks. */
  public AddressLists withBlocked(Collection<IpPrefix> networks) {
    return new AddressLists(management, bogons, own, allowed, networks);
  }

  /** The same with other allowed networks. */
  public AddressLists withAllowed(Collection<IpPrefix> networks) {
    return new AddressLists(management, bogons, own, networks, blocked);
  }
}
