package io.weir.control;

import io.weir.config.Config;
import io.weir.control.packet.PacketSnapshot;
import io.weir.proxy.ProxySnapshot;
import io.weir.proxy.log.AccessLogSettings;
import org.jspecify.annotations.Nullable;

/** A configuration with what was compiled of it. Immutable but for what lives longer. */
public final class Generation implements AutoCloseable {
  private final Config config;
  private final Live live;
  private final ProxySnapshot snapshot;
  private final @Nullable PacketSnapshot packets;
  private final int workers;
  private final @Nullable AccessLogSettings accessLog;

  Generation(
      Config config,
      Live live,
      ProxySnapshot snapshot,
      @Nullable PacketSnapshot packets,
      int workers,
      @Nullable AccessLogSettings accessLog) {
    this.config = config;
    this.live = live;
    this.snapshot = snapshot;
    this.packets = packets;
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

  /** What is wanted of the packet plane; null for none. */
  public @Nullable PacketSnapshot packets() {
    return packets;
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
