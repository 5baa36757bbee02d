package io.weir.control.health;

import io.weir.config.Pool.HealthCheck;
import io.weir.proxy.upstream.Backend;
import io.weir.proxy.upstream.Pool;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Checks the backends of all pools that have a check, each on a virtual thread of its own: never
 * two questions to one backend at a time, and a backend that hangs delays nobody else's. The first
 * answer decides, then {@code rise} and {@code fall} do.
 *
 * <p>Its methods may be called from any thread, one at a time.
 */
public final class HealthMonitor implements AutoCloseable {
  private final HealthListener listener;
  private final Map<Backend, Watch> watches = new HashMap<>();

  /** A monitor that checks nothing yet. */
  public HealthMonitor(HealthListener listener) {
    this.listener = listener;
  }

  /**
   * Takes a new configuration, after the pools have. Checks that stay as they were go on as if
   * nothing had happened. Backends that are no longer checked are taken to be well.
   *
   * @param checks the check of each pool that has one
   * @throws InterruptedException if interrupted while waiting for checks to end
   */
  public synchronized void update(Map<Pool, HealthCheck> checks) throws InterruptedException {
    Map<Backend, HealthCheck> wanted = new HashMap<>();
    checks.forEach((pool, check) -> pool.backends().forEach(b -> wanted.put(b, check)));

    List<Backend> obsolete = new ArrayList<>();
    watches.forEach((backend, watch) -> {
      if (!watch.check().equals(wanted.get(backend))) {
        obsolete.add(backend);
      }
    });
    stop(obsolete);
    obsolete.removeAll(wanted.keySet());
    obsolete.forEach(backend -> backend.setHealthy(true, System.nanoTime()));

    wanted.forEach((backend, check) -> {
      if (!watches.containsKey(backend)) {
        Watch watch = new Watch(backend, check, listener);
        watches.put(backend, watch);
        watch.start();
      }
    });
  }

  private void stop(List<Backend> backends) throws InterruptedException {
    List<Watch> stopping = backends.stream().map(watches::remove).toList();
    stopping.forEach(Watch::stop);
    for (Watch watch : stopping) {
      watch.join();
    }
  }

  /** Ends all checks; their sockets are closed when this returns. Backends stay as they are. */
  @Override
  public synchronized void close() {
    try {
      stop(List.copyOf(watches.keySet()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
