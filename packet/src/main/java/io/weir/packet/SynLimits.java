package io.weir.packet;

import java.time.Duration;
import java.util.stream.Stream;

/**
 * How SYN floods are met.
 *
 * @param perSource SYNs of one IPv4 address or one IPv6 /64; sources on the allow list are exempt
 * @param total SYNs of all sources together
 * @param attack above this rate there is an attack, and SYNs are answered with cookies; it ends
 *     once the rate stayed below half of it for {@code hold}. Without limit: never cookies
 * @param hold how long an attack is taken to last beyond its last sign
 */
public record SynLimits(Rate perSource, Rate total, Rate attack, Duration hold) {

  /** No limits, no cookies. */
  public static final SynLimits NONE =
      new SynLimits(Rate.UNLIMITED, Rate.UNLIMITED, Rate.UNLIMITED, Duration.ofSeconds(1));

  /** 100 SYNs a second from one source, a million in all, cookies above ten thousand. */
  public static final SynLimits DEFAULT =
      new SynLimits(
          Rate.perSecond(100),
          Rate.perSecond(1_000_000),
          new Rate(10_000, 5_000),
          Duration.ofSeconds(10));

  /**
   * @throws IllegalArgumentException if {@code hold} is not positive
   */
  public SynLimits {
    if (!hold.isPositive()) {
      throw new IllegalArgumentException("hold: " + hold + " (expected: > 0)");
    }
  }

  /**
   * How many SYNs a processor gathers before it tells the others: few enough not to matter for
   * either limit.
   */
  int batch() {
    double lowest =
        Stream.of(total, attack)
            .filter(Rate::isLimited)
            .mapToDouble(Rate::perSecond)
            .min()
            .orElse(1);
    return (int) Math.clamp(lowest / 1000, 1, 64);
  }
}
