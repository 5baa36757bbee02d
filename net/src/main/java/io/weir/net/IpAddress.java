package io.weir.net;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An IPv4 or IPv6 address.
 *
 * <p>Both families live in one 128-bit space: an IPv4 address is held as its IPv4-mapped form
 * (::ffff:0:0/96, RFC 4291 section 2.5.5.2). So no family field is needed, and a client that
 * arrives on a dual-stack socket as {@code ::ffff:192.0.2.1} equals the same client on an IPv4
 * socket; it cannot get a second budget or slip past a list by changing its spelling.
 *
 * <p>Zone identifiers ({@code fe80::1%eth0}, RFC 4007) are refused in text and dropped from {@link
 * InetAddress}: they mean nothing beyond the host they were written on.
 *
 * <p>Immutable; safe in any thread.
 */
public final class IpAddress implements Comparable<IpAddress> {

  /** The most bytes {@link #writeTo} writes: eight groups of four digits and seven colons. */
  public static final int MAX_TEXT_LENGTH = 39;

  /** The longest text that can be an address: six groups, then IPv4 in dotted form. */
  private static final int MAX_PARSED_LENGTH = 45;

  private static final long IPV4_MAPPED = 0xffffL << 32;
  private static final long IPV4_BITS = 0xffff_ffffL;

  private final long high;
  private final long low;

  private IpAddress(long high, long low) {
    this.high = high;
    this.low = low;
  }

  /** Returns the IPv4 address with these 32 bits, first octet in the highest byte. */
  public static IpAddress ofIpv4(int bits) {
    return new IpAddress(0, IPV4_MAPPED | (bits & IPV4_BITS));
  }

  /** Returns the address with these 128 bits; an IPv4-mapped one is the IPv4 address. */
  public static IpAddress ofIpv6(long high, long low) {
    return new IpAddress(high, low);
  }

  /**
   * Returns the address whose octets, in network order, are all of {@code octets}.
   *
   * @throws IllegalArgumentException if there are not 4 or 16 octets
   */
  public static IpAddress ofBytes(byte[] octets) {
    return ofBytes(octets, 0, octets.length);
  }

  /**
   * Returns the address whose octets, in network order, are the {@code length} bytes at {@code
   * offset}.
   *
   * @throws IllegalArgumentException if {@code length} is not 4 or 16
   * @throws IndexOutOfBoundsException if the slice is not within {@code src}
   */
  public static IpAddress ofBytes(byte[] src, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, src.length);
    return switch (length) {
      case 4 -> ofIpv4((int) readBigEndian(src, offset, 4));
      case 16 -> new IpAddress(readBigEndian(src, offset, 8), readBigEndian(src, offset + 8, 8));
      default ->
          throw new IllegalArgumentException("address length: " + length + " (expected: 4 or 16)");
    };
  }

  /** Returns the same address, without its zone. Asks no name server. */
  public static IpAddress of(InetAddress address) {
    return ofBytes(address.getAddress());
  }

  /**
   * Reads an address from its text, as {@link #parseOrNull(byte[], int, int)} does.
   *
   * @throws IllegalArgumentException if {@code text} is not exactly one address
   */
  public static IpAddress parse(String text) {
    IpAddress address = parseOrNull(text);
    if (address == null) {
      throw new IllegalArgumentException(text + " (expected: an IPv4 or IPv6 address)");
    }
    return address;
  }

  /** Like {@link #parse}, but answers null to text that is not an address. */
  public static @Nullable IpAddress parseOrNull(String text) {
    if (text.length() > MAX_PARSED_LENGTH) {
      return null;
    }
    byte[] ascii = text.getBytes(StandardCharsets.US_ASCII); // anything else becomes '?': refused
    return parseOrNull(ascii, 0, ascii.length);
  }

  /**
   * Reads an address from the {@code length} bytes of ASCII text at {@code offset}, making no
   * object but the result.
   *
   * <p>Strict, because two readers that disagree about an address are a way round a list. IPv4 is
   * four decimal octets without leading zeros (RFC 6943 section 3.1.1 shows why nothing looser is
   * safe); IPv6 is every form of RFC 4291 section 2.2. No blanks, brackets, zones or ports.
   *
   * @return the address, or null if the slice is not exactly one address
   * @throws IndexOutOfBoundsException if the slice is not within {@code src}
   */
  public static @Nullable IpAddress parseOrNull(byte[] src, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, src.length);
    int end = offset + length;
    long ipv4 = IpText.parseIpv4(src, offset, end);
    return ipv4 >= 0 ? ofIpv4((int) ipv4) : IpText.parseIpv6(src, offset, end);
  }

  /** Says whether this is an IPv4 address; if not, it is an IPv6 one. */
  public boolean isIpv4() {
    return high == 0 && low >>> 32 == 0xffff;
  }

  /**
   * Returns the IPv4 address that a translator has put into the well-known prefix 64:ff9b::/96 (RFC
   * 6052 section 2.1), any other address as it is. So a client behind a translator has its own
   * budget and its own place in the lists, and not one together with all of IPv4.
   *
   * <p>Only global IPv4 addresses may stand there (section 3.1). What embeds any other is left as
   * it is: nobody becomes 127.0.0.1 or 10.0.0.1 by a spelling.
   */
  public IpAddress translated() {
    boolean wellKnown = high == 0x0064_ff9b_0000_0000L && low >>> 32 == 0;
    return wellKnown && isGlobalIpv4((int) low) ? ofIpv4((int) low) : this;
  }

  /** Whether these 32 bits are in none of the networks of one's own (RFC 6890) or multicast. */
  private static boolean isGlobalIpv4(int bits) {
    int first = bits >>> 24;
    int second = bits >>> 16 & 0xff;
    return switch (first) {
      case 0, 10, 127 -> false;
      case 100 -> second < 64 || second > 127;
      case 169 -> second != 254;
      case 172 -> second < 16 || second > 31;
      case 192 -> second != 168;
      default -> first < 224;
    };
  }

  /** The width of the family: 32 for IPv4, 128 for IPv6. */
  public int width() {
    return isIpv4() ? 32 : 128;
  }

  /** The upper 64 of the 128 bits; 0 for IPv4. */
  public long high() {
    return high;
  }

  /** The lower 64 of the 128 bits; for IPv4 0xffff, then its 32 bits. */
  public long low() {
    return low;
  }

  /** Says whether this is in 127.0.0.0/8 (RFC 1122) or is ::1 (RFC 4291). */
  public boolean isLoopback() {
    return isIpv4() ? (low >>> 24 & 0xff) == 127 : high == 0 && low == 1;
  }

  /** Says whether this is in 10/8, 172.16/12, 192.168/16 (RFC 1918) or fc00::/7 (RFC 4193). */
  public boolean isPrivate() {
    if (!isIpv4()) {
      return high >>> 57 == 0xfc >>> 1;
    }
    return (low >>> 24 & 0xff) == 10
        || (low >>> 20 & 0xfff) == 0xac1
        || (low >>> 16 & 0xffff) == 0xc0a8;
  }

  /**
   * Returns the first address of the network of {@code bits} leading bits that this one is in.
   *
   * @throws IllegalArgumentException if {@code bits} is negative or above {@link #width}
   */
  public IpAddress prefix(int bits) {
    int masked = checkBits(bits);
    return new IpAddress(high & maskHigh(masked), low & maskLow(masked));
  }

  /** Returns the last address of the network of {@code bits} leading bits that this one is in. */
  IpAddress lastOfPrefix(int bits) {
    int masked = checkBits(bits);
    return new IpAddress(high | ~maskHigh(masked), low | ~maskLow(masked));
  }

  /** Says whether both are of one family and agree in the {@code bits} leading bits. */
  boolean sharesPrefix(IpAddress other, int bits) {
    int masked = bits + 128 - width();
    return isIpv4() == other.isIpv4()
        && ((high ^ other.high) & maskHigh(masked)) == 0
        && ((low ^ other.low) & maskLow(masked)) == 0;
  }

  /** Says whether {@code other} comes right after this one, in the same family. */
  boolean isFollowedBy(IpAddress other) {
    return isIpv4() == other.isIpv4()
        && other.low == low + 1
        && other.high == high + (low == -1 ? 1 : 0)
        && compareTo(other) < 0;
  }

  private int checkBits(int bits) {
    int width = width();
    if (bits < 0 || bits > width) {
      throw new IllegalArgumentException(
          "prefix length: " + bits + " (expected: 0 to " + width + ")");
    }
    return bits + 128 - width;
  }

  private static long maskHigh(int bits) {
    return bits == 0 ? 0 : -1L << Math.max(64 - bits, 0);
  }

  private static long maskLow(int bits) {
    return bits <= 64 ? 0 : -1L << (128 - bits);
  }

  /** Returns the octets in network order: 4 for IPv4, 16 for IPv6. */
  public byte[] toBytes() {
    byte[] octets = new byte[width() / 8];
    for (int i = 0; i < octets.length; i++) {
      int shift = 8 * (octets.length - 1 - i);
      octets[i] = (byte) (shift < 64 ? low >>> shift : high >>> (shift - 64));
    }
    return octets;
  }

  /** Returns the same address for the JDK. Asks no name server. */
  public InetAddress toInetAddress() {
    try {
      return InetAddress.getByAddress(toBytes());
    } catch (UnknownHostException e) {
      throw new AssertionError("4 and 16 octets are always an address", e);
    }
  }

  /**
   * Writes {@link #toString} as ASCII. Allocates nothing.
   *
   * @param dst room for {@link #MAX_TEXT_LENGTH} bytes from {@code offset} always suffices
   * @return the offset after the last byte written
   * @throws IndexOutOfBoundsException if there is too little room
   */
  public int writeTo(byte[] dst, int offset) {
    return isIpv4()
        ? IpText.writeIpv4((int) low, dst, offset)
        : IpText.writeIpv6(high, low, dst, offset);
  }

  /** The canonical text: dotted decimal, or RFC 5952 (lower case, longest run of zeros as ::). */
  @Override
  public String toString() {
    byte[] text = new byte[MAX_TEXT_LENGTH];
    return new String(text, 0, writeTo(text, 0), StandardCharsets.US_ASCII);
  }

  /** Orders by number within a family, IPv4 before IPv6. */
  @Override
  public int compareTo(IpAddress other) {
    if (isIpv4() != other.isIpv4()) {
      return isIpv4() ? -1 : 1;
    }
    int byHigh = Long.compareUnsigned(high, other.high);
    return byHigh != 0 ? byHigh : Long.compareUnsigned(low, other.low);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof IpAddress that && high == that.high && low == that.low;
  }

  /**
   * Returns 64 well-mixed bits. A table that strangers can fill passes a secret {@code seed}, so
   * that nobody can choose addresses that collide.
   */
  public long hash(long seed) {
    return hash(high, low, seed);
  }

  /**
   * Returns the same as {@code prefix(bits).hash(seed)}, without making the prefix: the key of a
   * client's network in a table.
   *
   * @throws IllegalArgumentException if {@code bits} is negative or above {@link #width}
   */
  public long prefixHash(int bits, long seed) {
    int masked = checkBits(bits);
    return hash(high & maskHigh(masked), low & maskLow(masked), seed);
  }

  private static long hash(long high, long low, long seed) {
    return mix(mix(high ^ seed) + low * 0x9e37_79b9_7f4a_7c15L);
  }

  @Override
  public int hashCode() {
    return (int) hash(0);
  }

  /** Stafford's variant 13 of the 64-bit finaliser: every input bit moves every output bit. */
  private static long mix(long bits) {
    long once = (bits ^ bits >>> 30) * 0xbf58_476d_1ce4_e5b9L;
    long twice = (once ^ once >>> 27) * 0x94d0_49bb_1331_11ebL;
    return twice ^ twice >>> 31;
  }

  private static long readBigEndian(byte[] src, int offset, int length) {
    long value = 0;
    for (int i = 0; i < length; i++) {
      value = value << 8 | (src[offset + i] & 0xff);
    }
    return value;
  }
}
