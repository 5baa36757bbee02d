package io.weir.control.health;

import io.weir.config.IntRange;
import io.weir.config.Pool.HealthCheck;
import io.weir.proxy.upstream.Backend;
import io.weir.proxy.upstream.BackendSettings;
import io.weir.proxy.upstream.Pool;
import io.weir.proxy.upstream.PoolSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A server on loopback that behaves as a test wants it to, and its pool. */
final class TestBackend implements AutoCloseable {
  /** What it does with a connection, which is closed afterwards. */
  @FunctionalInterface
  interface Behaviour {
    void serve(Socket socket) throws IOException;
  }

  private final ServerSocket server;
  private volatile Behaviour behaviour;
  final AtomicInteger connections = new AtomicInteger();
  final AtomicInteger open = new AtomicInteger();
  final AtomicInteger mostOpen = new AtomicInteger();
  final Pool pool = new Pool("pool");

  TestBackend(Behaviour behaviour) {
    this(InetAddress.getLoopbackAddress(), behaviour);
  }

  TestBackend(InetAddress address, Behaviour behaviour) {
    this.behaviour = behaviour;
    try {
      server = new ServerSocket(0, 50, address);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    configure(PoolSettings.DEFAULTS);
    Thread.ofVirtual().start(this::accept);
  }

  private void configure(PoolSettings settings) {
    pool.update(settings, List.of(new BackendSettings("a", address())), System.nanoTime());
  }

  /** Has it asked over TLS. */
  TestBackend overTls(Object tls) {
    PoolSettings.Connections usual = PoolSettings.Connections.DEFAULTS;
    configure(
        new PoolSettings(
            PoolSettings.Balancing.DEFAULTS,
            new PoolSettings.Connections(
                usual.protocol(),
                usual.connectTimeoutNanos(),
                usual.idleTimeoutNanos(),
                usual.maxIdlePerLoop(),
                usual.keepalive(),
                tls),
            PoolSettings.Resilience.DEFAULTS));
    return this;
  }

  InetSocketAddress address() {
    return (InetSocketAddress) server.getLocalSocketAddress();
  }

  Backend backend() {
    return pool.backends().getFirst();
  }

  void become(Behaviour changed) {
    behaviour = changed;
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = server.accept();
        connections.incrementAndGet();
        Thread.ofVirtual().start(() -> serve(socket));
      }
    } catch (IOException e) {
      // Closed: the end of the test.
    }
  }

  private void serve(Socket socket) {
    int now = open.incrementAndGet();
    mostOpen.accumulateAndGet(now, Math::max);
    try (socket) {
      behaviour.serve(socket);
    } catch (IOException e) {
      // The check went away.
    } finally {
      open.decrementAndGet();
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }

  /** Reads a request head. */
  static String readHead(Socket socket) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int octet = socket.getInputStream().read();
      if (octet < 0) {
        throw new IOException("closed");
      }
      head.append((char) octet);
    }
    return head.toString();
  }

  /** Answers any request head with these octets. */
  static Behaviour answers(String answer) {
    return socket -> {
      readHead(socket);
      write(socket, answer);
    };
  }

  static void write(Socket socket, String octets) throws IOException {
    socket.getOutputStream().write(octets.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Accepts and says nothing until the other side closes. */
  static void hang(Socket socket) throws IOException {
    while (socket.getInputStream().read() >= 0) {
      // Not interested.
    }
  }

  /** Closes with RST. */
  static void reset(Socket socket) throws IOException {
    readHead(socket);
    socket.setSoLinger(true, 0);
  }

  static HealthCheck tcp() {
    return check("TCP", "GET", null, null, 5000);
  }

  static HealthCheck tls() {
    return tls(5000);
  }

  static HealthCheck tls(long timeoutMillis) {
    return check("TLS", "GET", null, null, timeoutMillis);
  }

  static HealthCheck http() {
    return http(5000);
  }

  static HealthCheck http(long timeoutMillis) {
    return check("HTTP", "GET", null, null, timeoutMillis);
  }

  static HealthCheck httpHead() {
    return check("HTTP", "HEAD", null, null, 5000);
  }

  static HealthCheck httpContaining(String text) {
    return check("HTTP", "GET", text, null, 5000);
  }

  static HealthCheck grpc(String service) {
    return check("GRPC", "GET", null, service, 10_000);
  }

  private static HealthCheck check(
      String type,
      String method,
      @Nullable String body,
      @Nullable String service,
      long timeoutMillis) {
    return new HealthCheck(
        io.weir.config.Pool.Type.valueOf(type),
        "/healthz?full=1",
        Optional.empty(),
        io.weir.config.Pool.Method.valueOf(method),
        List.of(new IntRange(200, 299), new IntRange(404, 404)),
        Optional.ofNullable(body),
        Duration.ofMillis(1),
        Duration.ofMillis(timeoutMillis),
        2,
        3,
        Optional.empty(),
        Optional.ofNullable(service));
  }
}
