package io.weir.proxy.route;

import io.weir.proxy.upstream.Pool;
import java.util.List;

/**
 * Forwards to one of several pools, each by its share.
 *
 * <p>Immutable; safe in any thread.
 */
public final class WeightedPools implements RouteAction {
  /**
   * One pool's part.
   *
   * @param pool who serves it
   * @param weight relative to the sum of all, 0 to 1,000,000; 0 gets nothing
   */
  public record Share(Pool pool, int weight) {
    /**
     * @throws IllegalArgumentException if the weight is out of range
     */
    public Share {
      if (weight < 0 || weight > 1_000_000) {
        throw new IllegalArgumentException("weight: " + weight + " (expected: 0 to 1000000)");
      }
    }
  }

  private final List<Share> shares;
  private final long total;

  /**
   * A split of these shares.
   *
   * @throws IllegalArgumentException if no share has a weight
   */
  public WeightedPools(List<Share> shares) {
    this.shares = List.copyOf(shares);
    this.total = shares.stream().mapToLong(Share::weight).sum();
    if (total == 0) {
      throw new IllegalArgumentException("split: " + shares + " (expected: a weight above 0)");
    }
  }

  /** Everything to one pool. */
  public static WeightedPools of(Pool pool) {
    return new WeightedPools(List.of(new Share(pool, 1)));
  }

  /**
   * The pool for one request. Allocates nothing.
   *
   * @param random any int, all equally likely
   */
  public Pool choose(int random) {
    long point = Integer.toUnsignedLong(random) * total >>> 32;
    int i = 0;
    for (long behind = shares.get(0).weight(); point >= behind; behind += shares.get(i).weight()) {
      i++;
    }
    return shares.get(i).pool();
  }

  /** The shares as configured. */
  public List<Share> shares() {
    return shares;
  }
}
