package io.weir.policy;

import java.time.Duration;

/**
 * How often one client may ask: a token bucket, told as the generic cell rate algorithm (GCRA)
 * needs it.
 *
 * @param intervalNanos the time in which one token comes back, at least 1 ns
 * @param burst the size of the bucket, at least 1: how many requests may come at once after a pause
 */
public record RateLimit(long intervalNanos, int burst) {

  private static final long MAX_FILL_NANOS = Duration.ofDays(365).toNanos();

  /**
   * @throws IllegalArgumentException if a component is below 1, or an empty bucket would take more
   *     than 365 days to fill
   */
  public RateLimit {
    if (burst < 1) {
      throw new IllegalArgumentException("burst: " + burst + " (expected: >= 1)");
    }
    if (intervalNanos < 1 || intervalNanos > MAX_FILL_NANOS / burst) {
      throw new IllegalArgumentException(
          "interval: " + intervalNanos + " ns (expected: 1 to " + MAX_FILL_NANOS / burst + ")");
    }
  }

  /**
   * Returns the limit of so many {@code requests} in each {@code period}, to whole nanoseconds a
   * request.
   *
   * @throws IllegalArgumentException if {@code requests} is below 1, more than one a nanosecond, or
   *     the limit is out of range
   */
  public static RateLimit of(int requests, Duration period, int burst) {
    if (requests < 1) {
      throw new IllegalArgumentException("requests: " + requests + " (expected: >= 1)");
    }
    return new RateLimit(period.toNanos() / requests, burst);
  }

  /** How far ahead of the steady rate a client may be: the time an empty bucket takes to fill. */
  long fillNanos() {
    return intervalNanos * burst;
  }
}
