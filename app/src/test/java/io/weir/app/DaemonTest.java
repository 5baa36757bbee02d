package io.weir.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole processes: started, signalled, reloaded, replaced. */
class DaemonTest {
  @TempDir private Path folder;

  @Test
  void endsInOrderOnSigterm() throws Exception {
    try (WeirProcess weir = WeirProcess.start(folder, "run", answering("one", 0).toString())) {
      assertThat(get(weir.awaitPort())).isEqualTo("one");
      weir.signal("TERM");
      assertThat(weir.exitCode()).isEqualTo(ExitCode.OK);
    }
  }

  @Test
  void reloadsOnSighup() throws Exception {
    try (WeirProcess weir = WeirProcess.start(folder, "run", answering("one", 0).toString())) {
      int port = weir.awaitPort();
      answering("two", 0);
      weir.signal("HUP");
      weir.await("serving generation 2");
      assertThat(get(port)).isEqualTo("two");
    }
  }

  @Test
  void lingersForRequestsInProgressAndEndsAtOnceOnTheSecondSignal() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    HttpServer backend = backend(asked, never);
    try (WeirProcess weir = WeirProcess.start(folder, "run", forwardingTo(backend).toString())) {
      int port = weir.awaitPort();
      CompletableFuture<?> answer =
          HttpClient.newHttpClient().sendAsync(request(port), BodyHandlers.ofString());
      asked.await();
      weir.signal("TERM");
      weir.await("draining");
      assertThat(weir.isAlive()).isTrue();
      assertThat(answer).isNotDone();
      weir.signal("TERM");
      assertThat(weir.exitCode()).isEqualTo(ExitCode.SIGNAL + 15);
    } finally {
      never.countDown();
      backend.stop(0);
    }
  }

  @Test
  void letsARequestInProgressEndBeforeItEnds() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    HttpServer backend = backend(asked, goOn);
    try (WeirProcess weir = WeirProcess.start(folder, "run", forwardingTo(backend).toString())) {
      int port = weir.awaitPort();
      CompletableFuture<HttpResponse<String>> answer =
          HttpClient.newHttpClient().sendAsync(request(port), BodyHandlers.ofString());
      asked.await();
      weir.signal("TERM");
      weir.await("draining");
      goOn.countDown();
      assertThat(answer.join().body()).isEqualTo("late");
      assertThat(weir.exitCode()).isEqualTo(ExitCode.OK);
    } finally {
      backend.stop(0);
    }
  }

  @Test
  void printsAllProblemsOfAConfigurationThatItCannotServe() throws Exception {
    Path file = Files.writeString(folder.resolve("bad.yaml"), "listeners: 7\npolls: []\n");
    try (WeirProcess weir = WeirProcess.start(folder, "run", file.toString())) {
      assertThat(weir.exitCode()).isEqualTo(ExitCode.CONFIGURATION);
      assertThat(weir.log()).contains("bad.yaml:1:").contains("bad.yaml:2:").contains("pools");
    }
  }

  @Test
  void saysWhichAddressIsInUse() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"));
        WeirProcess weir =
            WeirProcess.start(folder, "run", answering("one", taken.getLocalPort()).toString())) {
      assertThat(weir.exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
      assertThat(weir.log()).contains("127.0.0.1:" + taken.getLocalPort());
    }
  }

  @Test
  void handsOverToANewProcessWithoutRefusingAConnection() throws Exception {
    Path file = answering("one", 0);
    AtomicBoolean goOn = new AtomicBoolean(true);
    AtomicInteger answers = new AtomicInteger();
    try (WeirProcess old = WeirProcess.start(folder, "run", file.toString())) {
      int port = old.awaitPort();
      CompletableFuture<Void> load =
          CompletableFuture.runAsync(() -> {
            while (goOn.get()) {
              assertThat(get(port)).isIn("one", "two");
              answers.incrementAndGet();
            }
          });
      answering("two", 0);
      try (WeirProcess next = WeirProcess.start(folder, "run", "--takeover", file.toString())) {
        assertThat(next.awaitPort()).isEqualTo(port);
        assertThat(old.exitCode()).isEqualTo(ExitCode.OK);
        assertThat(get(port)).isEqualTo("two");
        goOn.set(false);
        load.join();
        assertThat(answers.get()).isPositive();
        next.signal("TERM");
        assertThat(next.exitCode()).isEqualTo(ExitCode.OK);
      }
    }
  }

  @Test
  void goesOnWhereTheNewProcessFails() throws Exception {
    Path file = answering("one", 0);
    Path socket = folder.resolve("control.sock");
    try (WeirProcess old =
        WeirProcess.start(folder, "run", file.toString(), "--control-socket", socket.toString())) {
      int port = old.awaitPort();
      Path bad = Files.writeString(folder.resolve("bad.yaml"), "listeners: 7\n");
      try (WeirProcess next =
          WeirProcess.start(
              folder, "run", "--takeover", "--control-socket", socket.toString(), bad.toString())) {
        assertThat(next.exitCode()).isEqualTo(ExitCode.CONFIGURATION);
      }
      assertThat(get(port)).isEqualTo("one");
      assertThat(old.isAlive()).isTrue();
    }
  }

  @Test
  void saysThatThereIsNobodyToTakeOverFrom() throws Exception {
    Path file = answering("one", 0);
    try (WeirProcess weir = WeirProcess.start(folder, "run", "--takeover", file.toString())) {
      assertThat(weir.exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
      assertThat(weir.log()).contains("no running process");
    }
  }

  @Test
  void trainsByServingARealClientAndEnds() throws Exception {
    try (WeirProcess weir = WeirProcess.start(folder, "train")) {
      assertThat(weir.exitCode()).as(weir.log()).isEqualTo(ExitCode.OK);
      assertThat(weir.log()).containsSubsequence("serving generation 1", "draining", "ended");
    }
  }

  // ------------------------------------------------------------------ configurations

  private Path answering(String text, int port) throws IOException {
    // In one move: the daemon watches the file.
    Path draft =
        Files.writeString(
            folder.resolve("draft"),
            """
            management: off
            access_log: off
            slowloris_protection:
              max_new_connections_per_ip_per_second: 0
            listeners:
              - name: web
                address: "127.0.0.1:%d"
            routes:
              - name: all
                respond: { body: "%s" }
            """
                .formatted(port, text));
    return Files.move(
        draft,
        folder.resolve("weir.yaml"),
        java.nio.file.StandardCopyOption.ATOMIC_MOVE,
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }

  private Path forwardingTo(HttpServer backend) throws IOException {
    return Files.writeString(
        folder.resolve("weir.yaml"),
        """
        management: off
        access_log: off
        listeners:
          - name: web
            address: "127.0.0.1:0"
            pool: app
        pools:
          - name: app
            backends: [{ address: "127.0.0.1:%d" }]
        """
            .formatted(backend.getAddress().getPort()));
  }

  private static HttpServer backend(CountDownLatch asked, CountDownLatch goOn) throws IOException {
    HttpServer backend =
        HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
    backend.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    backend.createContext(
        "/",
        exchange -> {
          asked.countDown();
          try {
            goOn.await();
          } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
          }
          exchange.sendResponseHeaders(200, 4);
          exchange
              .getResponseBody()
              .write("late".getBytes(java.nio.charset.StandardCharsets.UTF_8));
          exchange.close();
        });
    backend.start();
    return backend;
  }

  /** One request on a connection of its own. */
  private static String get(int port) {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(request(port), BodyHandlers.ofString()).body();
    } catch (IOException failed) {
      throw new AssertionError(failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new AssertionError(interrupted);
    }
  }

  private static HttpRequest request(int port) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/"))
        .version(HttpClient.Version.HTTP_1_1)
        .build();
  }
}
