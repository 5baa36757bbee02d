package io.weir.packet;

/**
 * How many packets may come.
 *
 * @param perSecond the rate in the long run; 0 means no limit
 * @param burst how many may come at once, at least 1
 */
public record Rate(double perSecond, double burst) {

  /** No limit. */
  public static final Rate UNLIMITED = new Rate(0, 1);

  /**
   * @throws IllegalArgumentException if a number is out of range
   */
  public Rate {
    if (!(perSecond >= 0 && perSecond <= 1e9)) {
      throw new IllegalArgumentException(
          "rate: " + perSecond + " (expected: 0 to 1000000000 a second)");
    }
    if (!(burst >= 1 && burst <= 1e9)) {
      throw new IllegalArgumentException("burst: " + burst + " (expected: 1 to 1000000000)");
    }
  }

  /** So many a second, and a second's worth at once. */
  public static Rate perSecond(double count) {
    return count == 0 ? UNLIMITED : new Rate(count, Math.max(count, 1));
  }

  boolean isLimited() {
    return perSecond > 0;
  }

  /** What one packet costs, in nanoseconds; 0 for no limit. */
  long cost() {
    return isLimited() ? Math.max(Math.round(1e9 / perSecond), 1) : 0;
  }

  /** How far ahead of the clock a bucket may be for one more packet to pass, in nanoseconds. */
  long ahead() {
    return Math.round((burst - 1) * cost());
  }
}
