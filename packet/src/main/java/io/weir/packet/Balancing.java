package io.weir.packet;

import io.weir.net.IpAddress;
import java.util.List;

/**
 * What is balanced on layer 4.
 *
 * @param services at most 256
 * @param tunnelIpv4 the source of outer IPv4 headers
 * @param tunnelIpv6 the source of outer IPv6 headers
 */
public record Balancing(List<VirtualService> services, IpAddress tunnelIpv4, IpAddress tunnelIpv6) {

  /** Nothing. */
  public static final Balancing NONE =
      new Balancing(List.of(), IpAddress.parse("0.0.0.0"), IpAddress.parse("::"));

  static final int MAX_SERVICES = 256;

  /**
   * @throws IllegalArgumentException if there are too many services or an address is of the wrong
   *     family
   */
  public Balancing {
    services = List.copyOf(services);
    if (services.size() > MAX_SERVICES) {
      throw new IllegalArgumentException(
          "services: " + services.size() + " (expected: at most " + MAX_SERVICES + ")");
    }
    if (!tunnelIpv4.isIpv4() || tunnelIpv6.isIpv4()) {
      throw new IllegalArgumentException(
          "tunnel sources: " + tunnelIpv4 + ", " + tunnelIpv6 + " (expected: IPv4, IPv6)");
    }
  }
}
