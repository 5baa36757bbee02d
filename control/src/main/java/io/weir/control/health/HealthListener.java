package io.weir.control.health;

import io.weir.proxy.upstream.Backend;

/** Hears what checks find. Called on the thread of the check, which waits for it. */
@FunctionalInterface
public interface HealthListener {
  /**
   * A backend was asked.
   *
   * @param changed whether it has become healthy or unhealthy by this, after a row of such answers
   */
  void checked(Backend backend, HealthResult result, boolean changed);
}
