package io.weir.packet;

import io.weir.net.IpPrefix;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The networks that most refused packets claim to come from (IPv4 by /24, IPv6 by /64), estimated
 * from samples in fixed memory.
 *
 * <p>A newcomer takes the place of the smallest and its count: whoever sends more than one packet
 * in {@code capacity} is surely among those kept, and no count is too low (Metwally, Agrawal, El
 * Abbadi: "Efficient computation of frequent and top-k elements in data streams", 2005). Confined
 * to one thread.
 */
public final class TopSources implements Consumer<Sample> {

  /**
   * A network and about how many samples were from it.
   *
   * @param samples never too low; too high by at most the smallest count kept
   */
  public record Source(IpPrefix network, long samples) {}

  private final int capacity;
  private final Map<IpPrefix, Long> counts = new HashMap<>();

  /** Keeps at most {@code capacity} networks. */
  public TopSources(int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("capacity: " + capacity + " (expected: > 0)");
    }
    this.capacity = capacity;
  }

  @Override
  public void accept(Sample sample) {
    int bits = sample.source().isIpv4() ? 24 : 64;
    IpPrefix network = new IpPrefix(sample.source().prefix(bits), bits);
    Long known = counts.get(network);
    long before = known != null ? known : counts.size() < capacity ? 0 : evictSmallest();
    counts.put(network, before + 1);
  }

  private long evictSmallest() {
    Map.Entry<IpPrefix, Long> smallest =
        counts.entrySet().stream().min(Map.Entry.comparingByValue()).orElseThrow();
    counts.remove(smallest.getKey());
    return smallest.getValue();
  }

  /** The networks with most samples, the largest first. */
  public List<Source> top(int count) {
    return counts.entrySet().stream()
        .map(entry -> new Source(entry.getKey(), entry.getValue()))
        .sorted(Comparator.comparingLong(Source::samples).reversed().thenComparing(Source::network))
        .limit(count)
        .toList();
  }
}
