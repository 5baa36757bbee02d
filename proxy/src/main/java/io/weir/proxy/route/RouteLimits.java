package io.weir.proxy.route;

/**
 * What a request of a route may be.
 *
 * @param bodyBytes most octets of content, 413 beyond; 0 for no limit; default 10 MiB
 * @param webSocket whether it may become a WebSocket; default yes
 */
public record RouteLimits(long bodyBytes, boolean webSocket) {
  public static final RouteLimits DEFAULT = new RouteLimits(10L << 20, true);

  /**
   * @throws IllegalArgumentException if the size is negative
   */
  public RouteLimits {
    if (bodyBytes < 0) {
      throw new IllegalArgumentException("limits.body: " + bodyBytes + " (expected: 0 or more)");
    }
  }
}
