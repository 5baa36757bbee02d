package io.weir.proxy.http2;

import io.weir.proxy.ForwardedMode;
import io.weir.proxy.ListenerSettings;
import io.weir.proxy.ListeningSockets;
import io.weir.proxy.Proxy;
import io.weir.proxy.ProxySnapshot;
import io.weir.proxy.RequestCounters;
import io.weir.proxy.SecurityFields;
import io.weir.proxy.http.FieldName;
import io.weir.proxy.http.HeadLimits;
import io.weir.proxy.http.Tolerances;
import io.weir.proxy.identity.Trust;
import io.weir.proxy.route.Route;
import io.weir.proxy.route.RouteTable;
import io.weir.proxy.route.WeightedPools;
import io.weir.proxy.tls.TlsServer;
import io.weir.proxy.upstream.BackendSettings;
import io.weir.proxy.upstream.Pool;
import io.weir.proxy.upstream.PoolSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A running proxy with one listener that speaks HTTP/2, one route and one backend. */
final class ProxyFixture implements AutoCloseable {
  static final long SECOND = 1_000_000_000L;

  final Proxy proxy = new Proxy(1, ListeningSockets.none());
  final InetSocketAddress address;

  ProxyFixture(InetSocketAddress backend) throws IOException {
    this(backend, PoolSettings.DEFAULTS, HeadLimits.DEFAULT, 10 * SECOND, null, 0);
  }

  ProxyFixture(
      InetSocketAddress backend,
      PoolSettings poolSettings,
      HeadLimits limits,
      long timeout,
      @Nullable TlsServer tls,
      int port)
      throws IOException {
    this(
        backend,
        poolSettings,
        limits,
        new ListenerSettings.ClientTimeouts(timeout, timeout, timeout, timeout, 1),
        ListenerSettings.ConnectionLimits.NONE,
        tls,
        port);
  }

  ProxyFixture(
      InetSocketAddress backend,
      PoolSettings poolSettings,
      HeadLimits limits,
      ListenerSettings.ClientTimeouts timeouts,
      ListenerSettings.ConnectionLimits connections,
      @Nullable TlsServer tls,
      int port)
      throws IOException {
    Pool pool = new Pool("backends");
    pool.update(poolSettings, List.of(new BackendSettings("one", backend)), System.nanoTime());
    ListenerSettings listener =
        new ListenerSettings(
            "web",
            List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)),
            tls,
            true,
            new RouteTable(List.of(Route.named("all").then(WeightedPools.of(pool)))),
            Tolerances.DEFAULT,
            limits,
            Trust.NOBODY,
            ForwardedMode.OVERWRITE,
            ForwardedMode.OVERWRITE,
            EnumSet.of(FieldName.X_FORWARDED_FOR),
            timeouts,
            connections,
            null,
            SecurityFields.NONE);
    proxy.publish(new ProxySnapshot(1, "", "", Map.of("web", listener), Map.of("backends", pool)));
    address =
        (InetSocketAddress)
            proxy.listeningSockets().values().iterator().next().getFirst().localAddress();
  }

  /** How requests ended, by reason. */
  Map<String, Long> reasons() {
    Map<String, Long> counts = new java.util.TreeMap<>();
    for (RequestCounters.Cell cell : proxy.requests()) {
      counts.merge(cell.reason, cell.requests, Long::sum);
    }
    return counts;
  }

  /** Why connections were ended as a whole. */
  java.util.Set<String> ended() {
    return proxy.listeners().iterator().next().ended().keySet();
  }

  /** Waits until requests have ended just so. */
  void awaitReasons(Map<String, Long> expected) throws InterruptedException {
    long end = System.nanoTime() + 10 * SECOND;
    while (!reasons().equals(expected)) {
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("reasons: " + reasons() + " (expected: " + expected + ")");
      }
      Thread.sleep(5);
    }
  }

  @Override
  public void close() {
    proxy.close();
  }
}
