package io.weir.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Reloads and a restart while clients ask without a pause: none of them notices. The long version,
 * with figures, is {@code bench/scenarios/reload.py}.
 */
class ChangeUnderLoadTest {
  private static final String GET = "GET /load HTTP/1.1\r\nHost: www.example.com\r\n\r\n";
  private static final int WEB_SOCKETS = 200;
  private static final int RELOADS = 30;

  @TempDir private Path folder;
  private final int port = Tools.freePort();
  private RawBackend one;
  private RawBackend two;
  private RawBackend echo;
  private WeirProcess weir;

  @BeforeEach
  void start() {
    one = RawBackend.answering("one");
    two = RawBackend.answering("two");
    echo = WebSockets.echoServer();
    weir = WeirProcess.start(folder, configuration(0));
  }

  @AfterEach
  void stop() {
    weir.close();
    one.close();
    two.close();
    echo.close();
  }

  /**
   * Each differs from the one before in backends, routes, limits and a listener that comes and
   * goes.
   */
  private String configuration(int revision) {
    boolean odd = revision % 2 == 1;
    return """
    drain_timeout: 60s
    limits: { header_bytes: %s }
    listeners:
      - { name: web, address: "127.0.0.1:%d" }
      %s
    routes:
      - { name: chat, match: { path: { prefix: /chat } }, pool: chat }
      - { name: all-%d, pool: app, response_headers: { set: { X-Revision: "%d" } } }
    pools:
      - { name: chat, backends: [{ address: "%s" }] }
      - { name: app, algorithm: %s, backends: [{ address: "%s" }%s] }
    """
        .formatted(
            odd ? "16KiB" : "8KiB",
            port,
            odd ? "- { name: second, address: \"127.0.0.1:" + (port + 1) + "\", pool: app }" : "",
            revision,
            revision,
            echo.address(),
            odd ? "least_requests" : "round_robin",
            one.address(),
            odd ? ", { address: \"" + two.address() + "\" }" : "");
  }

  private List<WebSockets.Client> openWebSockets() {
    List<WebSockets.Client> sockets = new ArrayList<>();
    for (int i = 0; i < WEB_SOCKETS; i++) {
      sockets.add(WebSockets.connect(port, "/chat"));
    }
    return sockets;
  }

  private static void awaitAnswers(Load load, long more) {
    long enough = load.answers() + more;
    await()
        .atMost(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS)
        .until(() -> load.answers() >= enough || !load.failures().isEmpty());
  }

  @Test
  void nobodyNoticesReloadsGoodAndBad() {
    List<WebSockets.Client> sockets = openWebSockets();
    Load load = Load.start(port, GET, 4);
    for (int revision = 1; revision <= RELOADS; revision++) {
      if (revision % 5 == 0) {
        weir.reloadRefused(configuration(revision).replace("pool: app", "pool: nowhere"));
      } else {
        weir.reload(configuration(revision));
        String wanted = Integer.toString(revision);
        assertThat(Wire.ask(port, GET).field("X-Revision")).isEqualTo(wanted);
      }
      awaitAnswers(load, 20);
    }
    load.end();
    assertThat(load.failures()).isEmpty();
    assertThat(sockets).allMatch(WebSockets.Client::isOpen);
    for (WebSockets.Client socket : sockets) {
      assertThat(socket.echo("still here")).isEqualTo("still here");
    }
    sockets.forEach(WebSockets.Client::close);
    assertThat(two.connections()).isPositive();
  }

  @Test
  void nobodyNoticesARestart() {
    WebSockets.Client socket = WebSockets.connect(port, "/chat");
    Load load = Load.start(port, GET, 4);
    awaitAnswers(load, 100);
    WeirProcess next = weir.takeOver();
    try (next) {
      weir.awaitLine("draining");
      awaitAnswers(load, 200);
      assertThat(socket.echo("still here")).isEqualTo("still here");
      assertThat(socket.closeCleanly()).isEqualTo(1000);
      assertThat(weir.awaitExit()).isZero();
      awaitAnswers(load, 200);
      load.end();
      assertThat(load.failures()).isEmpty();
    }
  }
}
