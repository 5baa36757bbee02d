package io.weir.control.health;

import io.weir.config.Pool;
import io.weir.config.Pool.HealthCheck;
import io.weir.proxy.identity.ProxyHeaderFormat;
import io.weir.proxy.tls.UpstreamTls;
import io.weir.proxy.upstream.Backend;
import io.weir.proxy.upstream.BackendState;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** The check of one backend: a virtual thread that asks, tells the backend, and waits. */
final class Watch {
  private final Backend backend;
  private final HealthCheck check;
  private final HealthListener listener;
  private final RiseFall riseFall;
  private final Thread thread;
  private boolean stopped;

  /** Makes one that has not begun. */
  Watch(Backend backend, HealthCheck check, HealthListener listener) {
    this.backend = backend;
    this.check = check;
    this.listener = listener;
    this.riseFall =
        new RiseFall(check.rise(), check.fall(), backend.state() != BackendState.UNHEALTHY);
    this.thread = Thread.ofVirtual().name("health " + backend.name()).unstarted(this::run);
  }

  HealthCheck check() {
    return check;
  }

  void start() {
    thread.start();
  }

  /** Ends it; once {@link #join} returns too, its socket is closed. */
  synchronized void stop() {
    stopped = true;
    thread.interrupt();
  }

  void join() throws InterruptedException {
    thread.join();
  }

  private void run() {
    try {
      while (report(ask(backend, check))) {
        Thread.sleep(pause());
      }
    } catch (InterruptedException e) {
      // Stopped: the end of the thread.
    }
  }

  /** Tells what was found, unless it was found by being stopped; false ends the watch. */
  private synchronized boolean report(HealthResult result) {
    if (stopped) {
      return false;
    }
    boolean before = backend.state() != BackendState.UNHEALTHY;
    boolean healthy = riseFall.observe(result.well());
    backend.setHealthy(healthy, System.nanoTime());
    listener.checked(backend, result, healthy != before);
    return true;
  }

  /** The interval give or take a tenth, so that many instances do not ask at the same moment. */
  private Duration pause() {
    double jitter = ThreadLocalRandom.current().nextDouble(0.9, 1.1);
    return Duration.ofNanos((long) (check.interval().toNanos() * jitter));
  }

  /** Asks once. */
  static HealthResult ask(Backend backend, HealthCheck check) {
    UpstreamTls tls = tls(backend, check);
    InetSocketAddress address = address(backend, check);
    Probe probe = Probe.of(check, hostOf(address), tls != null);
    try (CheckConnection connection =
        CheckConnection.open(address, preamble(backend, check), tls, check.timeout())) {
      return new HealthResult(true, probe.ask(connection));
    } catch (SocketTimeoutException e) {
      return new HealthResult(false, "no answer within " + check.timeout().toMillis() + " ms");
    } catch (IOException | RuntimeException e) {
      // A defect in reading some answer must not end the watch: the backend would stay as it is.
      return new HealthResult(false, e.getMessage() == null ? e.toString() : e.getMessage());
    }
  }

  /** The PROXY header by which Weir says that it asks for itself, on the port that wants one. */
  private static byte[] preamble(Backend backend, HealthCheck check) {
    ProxyHeaderFormat header = backend.pool().settings().disclosure().header();
    return header == null || check.port().isPresent() ? new byte[0] : header.own();
  }

  private static @Nullable UpstreamTls tls(Backend backend, HealthCheck check) {
    if (check.type() == Pool.Type.TCP) {
      return null;
    }
    if (backend.pool().settings().connections().tls() instanceof UpstreamTls configured) {
      return configured;
    }
    return check.type() == Pool.Type.TLS ? Unverified.TLS : null;
  }

  /** For a TLS check of a pool that requests reach in cleartext: nothing says whom to trust. */
  private static final class Unverified {
    private static final UpstreamTls TLS = make();

    private static UpstreamTls make() {
      UpstreamTls.Settings usual = UpstreamTls.Settings.defaults();
      try {
        return new UpstreamTls(
            new UpstreamTls.Settings(
                false,
                false,
                List.of(),
                null,
                null,
                usual.minVersion(),
                List.of(),
                List.of(),
                usual.handshakeTimeout()));
      } catch (SSLException e) {
        throw new IllegalStateException("the usual settings make a TLS context", e);
      }
    }
  }

  private static InetSocketAddress address(Backend backend, HealthCheck check) {
    InetSocketAddress own = backend.address();
    return check.port().map(port -> new InetSocketAddress(own.getAddress(), port)).orElse(own);
  }

  /** As a Host field has it (RFC 9110 §7.2). */
  private static String hostOf(InetSocketAddress address) {
    String host = address.getHostString();
    return (host.indexOf(':') < 0 ? host : '[' + host + ']') + ':' + address.getPort();
  }
}
