package io.weir.net;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * A set of networks that answers one question: is this address in any of them?
 *
 * <p>Networks are merged into sorted, disjoint ranges when the set is made, and a look-up is a
 * binary search in one array per family: no pointers to chase, nothing allocated. Published lists
 * of a hundred thousand networks merge into a few thousand ranges, so this is both smaller and
 * faster than a trie; the price is that the set cannot be changed, only made anew.
 *
 * <p>Immutable; safe in any thread.
 */
public final class IpPrefixSet {

  /** The set that holds no address. */
  public static final IpPrefixSet EMPTY = new IpPrefixSet(List.of(), List.of());

  /** One long a range: first address in the upper, last in the lower 32 bits; sorted. */
  private final long[] ipv4;

  /** Four longs a range: upper and lower half of the first, then of the last address; sorted. */
  private final long[] ipv6;

  private record Range(IpAddress first, IpAddress last) {}

  private IpPrefixSet(List<Range> ipv4, List<Range> ipv6) {
    this.ipv4 = ipv4.stream().mapToLong(IpPrefixSet::packIpv4).toArray();
    this.ipv6 = new long[ipv6.size() * 4];
    int at = 0;
    for (Range range : ipv6) {
      this.ipv6[at++] = range.first().high();
      this.ipv6[at++] = range.first().low();
      this.ipv6[at++] = range.last().high();
      this.ipv6[at++] = range.last().low();
    }
  }

  private static long packIpv4(Range range) {
    return range.first().low() << 32 | (range.last().low() & 0xffff_ffffL);
  }

  /** Returns the set of all addresses in any of {@code prefixes}, in whatever order they come. */
  public static IpPrefixSet of(Collection<IpPrefix> prefixes) {
    List<Range> ipv4 = new ArrayList<>();
    List<Range> ipv6 = new ArrayList<>();
    prefixes.stream()
        .sorted()
        .forEach(prefix -> append(prefix.address().isIpv4() ? ipv4 : ipv6, prefix));
    return new IpPrefixSet(ipv4, ipv6);
  }

  /** Adds a network that begins at or after all those before it, joining what touches. */
  private static void append(List<Range> ranges, IpPrefix prefix) {
    Range range = new Range(prefix.address(), prefix.last());
    if (ranges.isEmpty() || !touches(ranges.getLast(), range)) {
      ranges.add(range);
    } else if (range.last().compareTo(ranges.getLast().last()) > 0) {
      ranges.add(new Range(ranges.removeLast().first(), range.last()));
    }
  }

  private static boolean touches(Range before, Range after) {
    return after.first().compareTo(before.last()) <= 0 || before.last().isFollowedBy(after.first());
  }

  /** Says whether {@code address} is in one of the networks. Allocates nothing. */
  public boolean contains(IpAddress address) {
    return address.isIpv4()
        ? containsIpv4(address.low() & 0xffff_ffffL)
        : containsIpv6(address.high(), address.low());
  }

  private boolean containsIpv4(long address) {
    int from = 0;
    int to = ipv4.length;
    while (from
        < to) { // ranges before "from" begin at or before the address, from "to" on after it
      int middle = (from + to) >>> 1;
      if (ipv4[middle] >>> 32 <= address) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    return from > 0 && address <= (ipv4[from - 1] & 0xffff_ffffL);
  }

  private boolean containsIpv6(long high, long low) {
    int from = 0;
    int to = ipv6.length / 4;
    while (from < to) {
      int middle = (from + to) >>> 1;
      if (isAtMost(ipv6[4 * middle], ipv6[4 * middle + 1], high, low)) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    return from > 0 && isAtMost(high, low, ipv6[4 * from - 2], ipv6[4 * from - 1]);
  }

  private static boolean isAtMost(long high, long low, long limitHigh, long limitLow) {
    int byHigh = Long.compareUnsigned(high, limitHigh);
    return byHigh != 0 ? byHigh < 0 : Long.compareUnsigned(low, limitLow) <= 0;
  }

  /** Says whether the set holds no address. */
  public boolean isEmpty() {
    return ranges() == 0;
  }

  /** The number of disjoint ranges held, after merging. */
  public int ranges() {
    return ipv4.length + ipv6.length / 4;
  }
}
