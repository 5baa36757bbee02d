package io.weir.proxy.route;

import java.util.Set;

/**
 * What is tried again, on another backend where there is one. Whether a retry is safe and within
 * the pool's retry budget is decided elsewhere; this only says what the operator wants.
 *
 * @param attempts further tries after the first, 0 to 10; default 1
 * @param onConnectFailure the backend could not be reached; default yes
 * @param onReset the backend closed before it answered; default yes
 * @param onTimeout one try took too long; default no
 * @param statuses answers that are tried again, each 500 to 599; default none
 */
public record RetryPolicy(
    int attempts,
    boolean onConnectFailure,
    boolean onReset,
    boolean onTimeout,
    Set<Integer> statuses) {
  public static final RetryPolicy DEFAULT = new RetryPolicy(1, true, true, false, Set.of());
  public static final RetryPolicy NONE = new RetryPolicy(0, false, false, false, Set.of());

  /**
   * @throws IllegalArgumentException if attempts or a status are out of range
   */
  public RetryPolicy {
    if (attempts < 0 || attempts > 10) {
      throw new IllegalArgumentException("retries.attempts: " + attempts + " (expected: 0 to 10)");
    }
    statuses = Set.copyOf(statuses);
    for (int status : statuses) {
      if (status < 500 || status > 599) {
        throw new IllegalArgumentException("retries.on: " + status + " (expected: 500 to 599)");
      }
    }
  }

  /** Whether an answer of this status is tried again. */
  public boolean onStatus(int status) {
    // Most answers end here; the set, which boxes, is asked about failures only.
    return status >= 500 && statuses.contains(status);
  }
}
