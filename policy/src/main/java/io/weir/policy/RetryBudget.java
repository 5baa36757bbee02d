package io.weir.policy;

import java.util.Arrays;

/**
 * Bounds retries to a share of the requests, so that a failing backend is not struck down by the
 * attempts to get round its failure.
 *
 * <p>Over the last ten seconds, retries stay within {@code ratio} times the requests plus {@code
 * minPerSecond} for each of the ten; the latter lets quiet services retry at all. Ten one-second
 * slots are kept in a ring and cleared as time passes them.
 *
 * <p>Confined to one thread: each event loop has its own, with its share of the minimum. Allocates
 * nothing after it is made.
 */
public final class RetryBudget {

  /** How many seconds of the past count. */
  public static final int WINDOW_SECONDS = 10;

  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private final double ratio;
  private final double minimum;
  private final long originNanos;
  private final long[] requests = new long[WINDOW_SECONDS];
  private final long[] retries = new long[WINDOW_SECONDS];
  private long requestsInWindow;
  private long retriesInWindow;
  private long second;

  /**
   * @param ratio retries allowed for each request, 0 to 1, such as 0.2
   * @param minPerSecond retries allowed in any case, 0 or more a second
   * @param originNanos a time not after any that will be passed in
   * @throws IllegalArgumentException if a number is out of range
   */
  public RetryBudget(double ratio, double minPerSecond, long originNanos) {
    if (!(ratio >= 0 && ratio <= 1)) {
      throw new IllegalArgumentException("ratio: " + ratio + " (expected: 0 to 1)");
    }
    if (!(minPerSecond >= 0 && minPerSecond < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "minimum per second: " + minPerSecond + " (expected: >= 0)");
    }
    this.ratio = ratio;
    this.minimum = minPerSecond * WINDOW_SECONDS;
    this.originNanos = originNanos;
  }

  /** Counts a request; its retries are not requests. */
  public void onRequest(long nowNanos) {
    requests[slot(nowNanos)]++;
    requestsInWindow++;
  }

  /** Says whether a retry may be made now, and counts it if so. */
  public boolean tryRetry(long nowNanos) {
    int slot = slot(nowNanos);
    if (retriesInWindow + 1 > requestsInWindow * ratio + minimum) {
      return false;
    }
    retries[slot]++;
    retriesInWindow++;
    return true;
  }

  /** Clears the slots that time has passed, and returns the present one's index. */
  private int slot(long nowNanos) {
    long now = (nowNanos - originNanos) / NANOS_PER_SECOND;
    if (now - second >= WINDOW_SECONDS) {
      Arrays.fill(requests, 0);
      Arrays.fill(retries, 0);
      requestsInWindow = 0;
      retriesInWindow = 0;
      second = now;
    }
    while (second < now) {
      int expired = (int) (++second % WINDOW_SECONDS);
      requestsInWindow -= requests[expired];
      retriesInWindow -= retries[expired];
      requests[expired] = 0;
      retries[expired] = 0;
    }
    return (int) (second % WINDOW_SECONDS);
  }
}
