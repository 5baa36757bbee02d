package io.weir.control;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.proxy.ListeningSockets;
import io.weir.proxy.upstream.Backend;
import io.weir.proxy.upstream.BackendState;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A proxy that is run by a file: what is served after which change of it. */
class ControllerTest {
  private static final Options UNWATCHED = new Options("test", Duration.ZERO);

  @TempDir Path folder;
  private Path file;
  private TestBackend first;
  private TestBackend second;

  @BeforeEach
  void start() throws IOException {
    file = folder.resolve("weir.yaml");
    first = new TestBackend("first");
    second = new TestBackend("second");
  }

  @AfterEach
  void stop() {
    first.close();
    second.close();
  }

  private void write(String text) throws IOException {
    Files.writeString(file, "workers: 1\nmanagement: off\naccess_log: {path: access.log}\n" + text);
  }

  private void writePool(TestBackend backend) throws IOException {
    write(
        """
        listeners:
          - {name: web, address: "127.0.0.1:0", pool: app}
        pools:
          - {name: app, backends: [{address: "%s"}]}
        """
            .formatted(backend.address()));
  }

  private Controller started(Options options) throws Exception {
    return Controller.start(file, ListeningSockets.none(), options);
  }

  private static int port(Controller controller) {
    var sockets = controller.proxy().listeningSockets().values().iterator().next();
    return ((InetSocketAddress) sockets.getFirst().localAddress()).getPort();
  }

  private static Answer get(Controller controller, String path) throws IOException {
    return Answer.of("http://127.0.0.1:" + port(controller) + path);
  }

  private static Backend backend(Controller controller) {
    var pools = controller.generation().snapshot().pools().values();
    return pools.iterator().next().backends().getFirst();
  }

  @Test
  void servesThePoolOfTheListener() throws Exception {
    writePool(first);
    try (Controller controller = started(UNWATCHED)) {
      Answer response = get(controller, "/");
      assertThat(response.status()).isEqualTo(200);
      assertThat(response.body()).isEqualTo("first");
      assertThat(response.field("x-frame-options")).isEqualTo("DENY");
    }
    assertThat(folder.resolve("access.log")).content().contains("\"pool_id\":\"app\"");
  }

  @Test
  void servesANewConfigurationAfterAReload() throws Exception {
    writePool(first);
    try (Controller controller = started(UNWATCHED)) {
      int port = port(controller);
      writePool(second);
      assertThat(controller.reload()).isEmpty();
      assertThat(get(controller, "/").body()).isEqualTo("second");
      assertThat(port(controller)).as("the socket stays").isEqualTo(port);
      assertThat(controller.status().generation()).isEqualTo(2);
      assertThat(controller.status().reloads()).isEqualTo(1);
    }
  }

  @Test
  void refusesABadConfigurationAsAWholeAndGoesOn() throws Exception {
    writePool(first);
    try (Controller controller = started(UNWATCHED)) {
      write(
          """
          listeners:
            - {name: web, address: "127.0.0.1:0", pool: ap}
          pools:
            - {name: app, backends: [{address: "does-not-exist.invalid:1"}]}
          """);
      assertThat(controller.reload()).isNotEmpty();
      assertThat(get(controller, "/").body()).isEqualTo("first");
      assertThat(controller.status().generation()).isEqualTo(1);
      assertThat(controller.status().refusals()).isEqualTo(1);
      assertThat(controller.status().problems()).isNotEmpty();
    }
  }

  @Test
  void tellsWhereABackendStandsThatCannotBeLookedUp() throws Exception {
    write(
        """
        listeners:
          - {name: web, address: "127.0.0.1:0", pool: app}
        pools:
          - name: app
            backends:
              - address: "does-not-exist.invalid:1"
        """);
    assertThatThrownBy(() -> started(UNWATCHED))
        .isInstanceOf(ConfigRefusedException.class)
        .hasMessageContaining("weir.yaml:9:9: pools[0].backends[0].address: does-not-exist");
  }

  @Test
  void changesNothingWhenAnAddressCannotBeBound() throws Exception {
    writePool(first);
    try (Controller controller = started(UNWATCHED);
        ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      write(
          """
          listeners:
            - {name: web, address: "127.0.0.1:0", pool: app}
            - {name: other, address: "127.0.0.1:%d", pool: app}
          pools:
            - {name: app, backends: [{address: "%s"}]}
          """
              .formatted(taken.getLocalPort(), second.address()));
      assertThat(controller.reload()).singleElement().asString().contains("cannot listen");
      assertThat(get(controller, "/").body()).isEqualTo("first");
    }
  }

  @Test
  void takesUpAChangedFileByItself() throws Exception {
    writePool(first);
    try (Controller controller = started(new Options("test", Duration.ofMillis(20)))) {
      writePool(second);
      while (controller.status().reloads() == 0) {
        Thread.sleep(10);
      }
      assertThat(get(controller, "/").body()).isEqualTo("second");
    }
  }

  @Test
  void asksBackendsWhetherTheyAreWellAsLongAsItIsConfigured() throws Exception {
    write(
        """
        listeners:
          - {name: web, address: "127.0.0.1:0", pool: app}
        pools:
          - name: app
            backends: [{address: "%s"}]
            health_check: {status: [204], interval: 100ms, timeout: 100ms, fall: 1}
        """
            .formatted(first.address()));
    try (Controller controller = started(UNWATCHED)) {
      while (backend(controller).state() != BackendState.UNHEALTHY) {
        Thread.sleep(10);
      }
      writePool(first);
      assertThat(controller.reload()).isEmpty();
      assertThat(backend(controller).state()).isEqualTo(BackendState.HEALTHY);
    }
  }

  @Test
  void takesNothingUpWhileItDrains() throws Exception {
    writePool(first);
    try (Controller controller = started(UNWATCHED)) {
      assertThat(controller.drain(Duration.ofSeconds(10))).isTrue();
      assertThat(controller.reload()).isNotEmpty();
      assertThat(controller.proxy().listeningSockets()).isEmpty();
    }
  }

  @Test
  void answersWhatTheEndCutsOff() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket client = new Socket()) {
      write(
          """
          listeners:
            - {name: web, address: "127.0.0.1:0", pool: app}
          pools:
            - {name: app, backends: [{address: "127.0.0.1:%d"}]}
          """
              .formatted(silent.getLocalPort()));
      try (Controller controller = started(UNWATCHED)) {
        client.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port(controller)));
        client.getOutputStream().write("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n".getBytes(US_ASCII));
        assertThat(silent.accept().getInputStream().read()).isEqualTo('G');
        assertThat(controller.drain(Duration.ofMillis(10))).isFalse();
      }
      assertThat(new String(client.getInputStream().readAllBytes(), US_ASCII))
          .startsWith("HTTP/1.1 503 ");
    }
    assertThat(folder.resolve("access.log")).content().contains("\"shutdown\"");
  }

  @Test
  void remembersItsBackendsOverManyReloads() throws Exception {
    writePool(first);
    try (Controller controller = started(UNWATCHED)) {
      get(controller, "/");
      Backend backend = backend(controller);
      int threads = Thread.activeCount();
      for (int i = 0; i < 50; i++) {
        assertThat(controller.reload()).isEmpty();
        assertThat(get(controller, "/").status()).isEqualTo(200);
      }
      assertThat(backend(controller)).isSameAs(backend);
      assertThat(backend.snapshot(System.nanoTime()).began()).isEqualTo(51);
      assertThat(Thread.activeCount()).isLessThanOrEqualTo(threads);
    }
  }
}
