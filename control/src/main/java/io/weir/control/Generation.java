package io.weir.control;

import io.weir.config.Config;
import io.weir.proxy.ProxySnapshot;
import io.weir.proxy.log.AccessLogSettings;
import org.jspecify.annotations.Nullable;

/** A configuration with what was compiled of it. Immutable but for what lives longer. */
public final class Generation implements AutoCloseable {
  private final Config config;
  private final Live live;
  private final ProxySnapshot snapshot;
  private final int workers;
  private final @Nullable AccessLogSettings accessLog;

  Generation(
      Config config,
      Live live,
      ProxySnapshot snapshot,
      int workers,
      @Nullable AccessLogSettings accessLog) {
    this.config = config;
    this.live = live;
    this.snapshot = snapshot;
    this.workers = workers;
    this.accessLog = accessLog;
  }

  /** What the operator wrote, every default filled in. */
  public Config config() {
    return config;
  }

  /** What the data plane serves. */
  public ProxySnapshot snapshot() {
    return snapshot;
  }

  /** Event loops that the configuration asks for. */
  public int workers() {
    return workers;
  }

  Live live() {
    return live;
  }

  /** What the access log is to be; null for none. */
  @Nullable AccessLogSettings accessLog() {
    return accessLog;
  }

  /** Frees native memory. To be called once nothing is served by it or by a later one. */
  @Override
  public void close() {
    live.abandon(Live.none());
  }
}
