package io.weir.net;

import org.jspecify.annotations.Nullable;

/**
 * A network in CIDR notation (RFC 4632, RFC 4291 section 2.3), IPv4 or IPv6.
 *
 * <p>Host bits are refused rather than dropped: who writes {@code 192.0.2.1/24} meant either one
 * address or the network, and a security list should not guess. The IPv6 network {@code ::/0} does
 * not hold IPv4 addresses; write {@code 0.0.0.0/0} for those.
 *
 * @param address the first address of the network
 * @param bits the length of the prefix: 0 to 32 for IPv4, 0 to 128 for IPv6
 */
public record IpPrefix(IpAddress address, int bits) implements Comparable<IpPrefix> {

  /**
   * @throws IllegalArgumentException if {@code bits} is out of range or host bits are set
   */
  public IpPrefix {
    IpAddress network = address.prefix(bits);
    if (!network.equals(address)) {
      throw new IllegalArgumentException(
          address + "/" + bits + " (expected: " + network + "/" + bits + ")");
    }
  }

  /**
   * Reads {@code 192.0.2.0/24} or {@code 2001:db8::/32}; an address alone is the network that holds
   * only it. An IPv4-mapped network ({@code ::ffff:192.0.2.0/120}) is the IPv4 one.
   *
   * @throws IllegalArgumentException if the text is not a network, or has host bits; the message
   *     names what would be right
   */
  public static IpPrefix parse(String text) {
    int slash = text.indexOf('/');
    IpAddress address = IpAddress.parseOrNull(slash < 0 ? text : text.substring(0, slash));
    if (address == null) {
      throw new IllegalArgumentException(
          text + " (expected: a network such as 192.0.2.0/24 or 2001:db8::/32)");
    }
    return slash < 0
        ? new IpPrefix(address, address.width())
        : new IpPrefix(address, parseBits(text, slash + 1, address));
  }

  private static int parseBits(String text, int start, IpAddress address) {
    // "::ffff:192.0.2.0/120" counts from the left of the 128 bits it was written in.
    int skipped = address.isIpv4() && text.indexOf(':') >= 0 ? 96 : 0;
    Integer written = decimal(text.substring(start));
    if (written == null || written < skipped || written - skipped > address.width()) {
      throw new IllegalArgumentException(
          text
              + " (expected: a prefix length of "
              + skipped
              + " to "
              + (skipped + address.width())
              + ")");
    }
    return written - skipped;
  }

  private static @Nullable Integer decimal(String digits) {
    return digits.matches("0|[1-9][0-9]{0,2}") ? Integer.valueOf(digits) : null;
  }

  /** Says whether {@code candidate} is in this network; never across families. */
  public boolean contains(IpAddress candidate) {
    return address.sharesPrefix(candidate, bits);
  }

  /** Returns the last address of the network. */
  public IpAddress last() {
    return address.lastOfPrefix(bits);
  }

  /** Orders by first address, then wider networks first. */
  @Override
  public int compareTo(IpPrefix other) {
    int byAddress = address.compareTo(other.address);
    return byAddress != 0 ? byAddress : Integer.compare(bits, other.bits);
  }

  /** The canonical text, e.g. {@code 2001:db8::/32}. */
  @Override
  public String toString() {
    return address + "/" + bits;
  }
}
