package io.weir.policy;

/**
 * How much may be under way towards one backend or pool at once; {@link #UNLIMITED} each by
 * default.
 *
 * @param maxConnections open connections, connecting ones included
 * @param maxPending requests waiting for a connection
 * @param maxRequests requests sent and not yet answered in full
 */
public record CircuitLimits(int maxConnections, int maxPending, int maxRequests) {

  /** No limit worth the name. */
  public static final int UNLIMITED = Integer.MAX_VALUE;

  /** Limits nothing. */
  public static final CircuitLimits NONE = new CircuitLimits(UNLIMITED, UNLIMITED, UNLIMITED);

  /**
   * @throws IllegalArgumentException if connections or requests are limited to less than 1, or
   *     pending ones to less than 0 (which means: never wait)
   */
  public CircuitLimits {
    checkAtLeast(1, "max connections", maxConnections);
    checkAtLeast(0, "max pending", maxPending);
    checkAtLeast(1, "max requests", maxRequests);
  }

  private static void checkAtLeast(int least, String name, int value) {
    if (value < least) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: >= " + least + ")");
    }
  }

  int of(CircuitBreaker.Resource resource) {
    return switch (resource) {
      case CONNECTION -> maxConnections;
      case PENDING -> maxPending;
      case REQUEST -> maxRequests;
    };
  }
}
