package io.weir.proxy.route;

import io.weir.proxy.upstream.Pool;

/**
 * Copies a share of the requests to another pool, whose answers are thrown away.
 *
 * @param pool who gets the copies
 * @param percent share of the requests, above 0 to 100
 */
public record Mirror(Pool pool, double percent) {
  /**
   * @throws IllegalArgumentException if the share is out of range
   */
  public Mirror {
    if (!(percent >= 0 && percent <= 100)) {
      throw new IllegalArgumentException("mirror.percent: " + percent + " (expected: 0 to 100)");
    }
  }

  /**
   * Whether a request is copied.
   *
   * @param random any int, all equally likely
   */
  public boolean takes(int random) {
    return Integer.toUnsignedLong(random) < percent / 100 * 0x1p32;
  }
}
