package io.weir.control.management;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.weir.config.Problem;
import io.weir.control.Controller;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;

/**
 * Serves what is told about a running Weir: see the package's page. Each request has a virtual
 * thread; none of them ever runs on an event loop.
 */
public final class ManagementServer implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(ManagementServer.class.getName());
  private static final String TEXT = "text/plain; charset=utf-8";
  private static final String JSON = "application/json";
  private static final String CONFIRM = "/packet/confirm";
  private static final String UNDO = "/packet/undo";
  private static final Set<String> CHANGES = Set.of("/reload", CONFIRM, UNDO);

  static {
    // The JDK's server lets a request take for ever, unless told otherwise before it is loaded.
    System.setProperty("sun.net.httpserver.maxReqTime", "10");
  }

  private final Controller controller;
  private final HttpServer server;

  private record Answer(int status, String type, String body) {}

  /**
   * Listens at once.
   *
   * @throws IOException if the address cannot be bound
   */
  public ManagementServer(InetSocketAddress address, Controller controller) throws IOException {
    this.controller = controller;
    server = HttpServer.create(address, 0);
    server.setExecutor(
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("management-", 0).factory()));
    server.createContext("/", this::handle);
    server.start();
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return server.getAddress();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      Answer answer = answer(exchange);
      exchange.getResponseHeaders().set("Content-Type", answer.type);
      exchange.getResponseHeaders().set("Cache-Control", "no-store");
      boolean head = exchange.getRequestMethod().equals("HEAD");
      byte[] body = answer.body.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(answer.status, head ? -1 : body.length);
      if (!head) {
        exchange.getResponseBody().write(body);
      }
    } catch (RuntimeException failed) {
      LOG.log(Level.WARNING, "management: " + exchange.getRequestURI() + " failed", failed);
      throw failed;
    }
  }

  private Answer answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    String method = exchange.getRequestMethod();
    if (CHANGES.contains(path)) {
      return method.equals("POST") ? change(path, exchange) : notAllowed(exchange, "POST");
    }
    if (!method.equals("GET") && !method.equals("HEAD")) {
      return notAllowed(exchange, "GET, HEAD");
    }
    return switch (path) {
      case "/metrics" -> metrics();
      case "/status" -> new Answer(200, JSON, StatusReport.of(Observation.of(controller)));
      case "/healthz" -> new Answer(200, TEXT, "ok\n");
      case "/readyz" ->
          controller.proxy().isDraining()
              ? new Answer(503, TEXT, "draining\n")
              : new Answer(200, TEXT, "ready\n");
      default -> new Answer(404, TEXT, "not found\n");
    };
  }

  private static Answer notAllowed(HttpExchange exchange, String allowed) {
    exchange.getResponseHeaders().set("Allow", allowed);
    return new Answer(405, TEXT, "expected: " + allowed + "\n");
  }

  private Answer metrics() throws IOException {
    ByteArrayOutputStream text = new ByteArrayOutputStream(16 * 1024);
    Metrics.write(Observation.of(controller), text);
    return new Answer(200, Metrics.contentType(), text.toString(StandardCharsets.UTF_8));
  }

  /** Only who is on this host, and no web page that a browser on it shows, may ask for it. */
  private Answer change(String path, HttpExchange exchange) {
    boolean local = exchange.getRemoteAddress().getAddress().isLoopbackAddress();
    if (!local || exchange.getRequestHeaders().containsKey("Origin")) {
      return new Answer(403, TEXT, "expected: a request from this host\n");
    }
    return switch (path) {
      case CONFIRM -> onTrial(controller.packets().confirm(), "confirmed\n");
      case UNDO -> onTrial(controller.packets().undo(), "undone\n");
      default -> reload();
    };
  }

  private static Answer onTrial(boolean done, String text) {
    return done ? new Answer(200, TEXT, text) : new Answer(409, TEXT, "no change is on trial\n");
  }

  private Answer reload() {
    List<Problem> problems = controller.reload();
    String report = StatusReport.of(controller.status(), problems);
    return new Answer(problems.isEmpty() ? 200 : 422, JSON, report);
  }

  /** Stops listening at once; requests in progress may end. */
  @Override
  public void close() {
    Thread.startVirtualThread(() -> server.stop(2));
  }
}
