package io.weir.policy;

import java.time.Duration;

/**
 * When a backend that answers badly is left out for a while.
 *
 * @param consecutiveServerErrors so many answers of 500 to 599 or gateway failures in a row, 1 or
 *     more; 0 switches this off
 * @param consecutiveGatewayFailures so many gateway failures in a row, 1 or more; 0 switches this
 *     off
 * @param baseEjectionNanos how long it is left out the first time; the n-th time n times as long
 * @param maxEjectionNanos but never longer than this
 * @param maxEjectionPercent how much of the pool may be left out at once, 0 to 100. Above 0 one
 *     backend of several always may.
 */
public record OutlierLimits(
    int consecutiveServerErrors,
    int consecutiveGatewayFailures,
    long baseEjectionNanos,
    long maxEjectionNanos,
    int maxEjectionPercent) {

  /** Five in a row, 30 seconds up to 5 minutes, a tenth of the pool. */
  public static final OutlierLimits DEFAULT =
      new OutlierLimits(
          5, 5, Duration.ofSeconds(30).toNanos(), Duration.ofMinutes(5).toNanos(), 10);

  /**
   * @throws IllegalArgumentException if a number is out of range
   */
  public OutlierLimits {
    check(
        consecutiveServerErrors >= 0, "consecutive server errors", consecutiveServerErrors, ">= 0");
    check(
        consecutiveGatewayFailures >= 0,
        "consecutive gateway failures",
        consecutiveGatewayFailures,
        ">= 0");
    check(baseEjectionNanos >= 1, "base ejection ns", baseEjectionNanos, ">= 1");
    check(
        maxEjectionNanos >= baseEjectionNanos,
        "max ejection ns",
        maxEjectionNanos,
        ">= the base, " + baseEjectionNanos);
    check(
        maxEjectionPercent >= 0 && maxEjectionPercent <= 100,
        "max ejection percent",
        maxEjectionPercent,
        "0 to 100");
  }

  private static void check(boolean holds, String name, long value, String expected) {
    if (!holds) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: " + expected + ")");
    }
  }

  /** How long the n-th ejection lasts. */
  long ejectionNanos(long times) {
    // Divided, because the product may not fit.
    return times > maxEjectionNanos / baseEjectionNanos
        ? maxEjectionNanos
        : times * baseEjectionNanos;
  }

  /** How many of a pool may be ejected at once. */
  int maxEjected(int members) {
    int share = (int) ((long) members * maxEjectionPercent / 100);
    return maxEjectionPercent > 0 && members > 1 ? Math.max(share, 1) : share;
  }
}
