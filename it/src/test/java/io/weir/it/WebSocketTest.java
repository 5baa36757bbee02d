package io.weir.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** WebSockets through Weir: by HTTP/1.1 upgrade and by RFC 8441, to a server that echoes frames. */
class WebSocketTest {
  @TempDir private static Path folder;
  private static final int PORT = Tools.freePort();
  private static final int SECURE = Tools.freePort();
  private static RawBackend echo;
  private static WeirProcess weir;

  @BeforeAll
  static void start() {
    echo = WebSockets.echoServer();
    Tools.certificate(folder, "www", "localhost");
    weir =
        WeirProcess.start(
            folder,
            """
            certificates: [{ name: www, certificate: www.pem, key: www.key }]
            listeners:
              - { name: web, address: "127.0.0.1:%d" }
              - { name: secure, address: "127.0.0.1:%d", protocol: https, certificates: [www] }
            routes:
              - { name: no-sockets, match: { path: { prefix: /plain } }, pool: chat, websocket: false }
              - { name: chat, pool: chat }
            pools: [{ name: chat, backends: [{ address: "%s" }] }]
            """
                .formatted(PORT, SECURE, echo.address()));
  }

  @AfterAll
  static void stop() {
    weir.close();
    echo.close();
  }

  @Test
  void echoesTextAndCloses() {
    try (WebSockets.Client client = WebSockets.connect(PORT, "/echo")) {
      assertThat(client.echo("hello")).isEqualTo("hello");
      assertThat(client.echo("again")).isEqualTo("again");
      assertThat(client.closeCleanly()).isEqualTo(1000);
    }
    assertThat(weir.awaitEntry("/echo").path("status_code").asInt()).isEqualTo(101);
  }

  @Test
  void echoesAMegabyteUnchanged() {
    String megabyte = "0123456789abcdef".repeat(65_536);
    try (WebSockets.Client client = WebSockets.connect(PORT, "/large")) {
      assertThat(client.echo(megabyte).equals(megabyte)).isTrue();
      assertThat(client.closeCleanly()).isEqualTo(1000);
    }
  }

  @Test
  void waitsForABackendThatReadsLate() {
    String eightMegabytes = "0123456789abcdef".repeat(524_288);
    try (WebSockets.Client client = WebSockets.connect(PORT, "/late")) {
      assertThat(client.echo(eightMegabytes).equals(eightMegabytes)).isTrue();
    }
  }

  @Test
  void echoesOverTls() {
    try (WebSockets.Client client =
        WebSockets.connectSecurely(SECURE, "/tls", folder.resolve("www.pem"))) {
      assertThat(client.echo("hello")).isEqualTo("hello");
    }
  }

  @Test
  void keepsManyThatAreSilent() {
    List<WebSockets.Client> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 200; i++) {
        clients.add(WebSockets.connect(PORT, "/silent"));
      }
      assertThat(weir.metric("weir_client_connections")).isGreaterThanOrEqualTo(200);
      for (WebSockets.Client client : clients) {
        assertThat(client.echo("still here")).isEqualTo("still here");
      }
    } finally {
      clients.forEach(WebSockets.Client::close);
    }
    await()
        .atMost(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS)
        .until(() -> weir.metric("weir_backend_connections", "pool=\"chat\"") == 0);
  }

  @Test
  void refusesWhereTheRouteSaysSo() throws IOException {
    int before = echo.heads().size();
    Message answer = Wire.ask(PORT, WebSockets.upgradeRequest("/plain"));
    assertThat(answer.status()).isEqualTo(400);
    assertThat(weir.awaitEntry("/plain").path("reason").asText())
        .isEqualTo("route.upgrade_refused");
    assertThat(echo.heads()).hasSize(before);
  }

  @Test
  void passesTheBackendsRefusalOn() {
    Message answer = Wire.ask(PORT, WebSockets.upgradeRequest("/forbidden"));
    assertThat(answer.status()).isEqualTo(403);
    assertThat(answer.text()).isEqualTo("no");
  }

  @Test
  void endsTheClientsConnectionWithTheBackends() throws IOException {
    try (Wire client = Wire.to(PORT)) {
      client.send(WebSockets.upgradeRequest("/hang-up"));
      assertThat(client.readResponse().status()).isEqualTo(101);
      client.expectEnd();
    }
  }

  @Test
  void endsTheBackendsConnectionWithTheClients() throws IOException {
    try (Wire client = Wire.to(PORT)) {
      client.send(WebSockets.upgradeRequest("/client-leaves"));
      assertThat(client.readResponse().status()).isEqualTo(101);
      client.reset();
    }
    await()
        .atMost(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS)
        .until(() ->
            weir.accessLog().stream()
                .anyMatch(entry -> entry.path("path").asText().equals("/client-leaves")));
  }

  @Test
  void speaksRfc8441WithHttp2Clients() throws Exception {
    try (Http2Client client = Http2Client.connect(PORT)) {
      assertThat(client.allowsExtendedConnect()).isTrue();
      Http2Client.Stream stream = client.webSocket("/http2");
      assertThat(stream.awaitStatus()).isEqualTo("200");
      stream.send(WebSockets.maskedText("over http2"));
      assertThat(stream.awaitBytes(2 + 10))
          .endsWith("over http2".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    }
    assertThat(echo.heads())
        .anyMatch(head ->
            head.startsWith("GET /http2 ")
                && new Message(head, "", true).field("Upgrade").equalsIgnoreCase("websocket"));
  }
}
