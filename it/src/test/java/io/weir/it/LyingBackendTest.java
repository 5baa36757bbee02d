package io.weir.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.SocketException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Backends that hang, reset, lie about lengths or talk nonsense. The client gets a true answer or a
 * broken connection, never a part for the whole, and the next request is served as if nothing had
 * been.
 */
class LyingBackendTest {
  private static final String OK = "HTTP/1.1 200 OK\r\n";

  @TempDir private static Path folder;
  private static final int PORT = Tools.freePort();
  private static RawBackend backend;
  private static WeirProcess weir;

  /** A lie, the answer that the client gets, and the reason that is logged. */
  record Lie(String name, int status, String reason, RawBackend.Script script) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Lie lie(String name, int status, String reason, RawBackend.Script script) {
    return new Lie(name, status, reason, script);
  }

  private static Lie says(String name, String reason, String octets) {
    return lie(name, 502, reason, wire -> wire.send(octets));
  }

  /** Told before anything of the answer has gone to the client. */
  static Stream<Lie> liesBeforeTheAnswer() {
    return Stream.of(
        lie("never answers", 504, "upstream.timeout", LyingBackendTest::hang),
        lie(
            "answers half a head and hangs",
            504,
            "upstream.timeout",
            wire -> {
              wire.send(OK + "X-A: b");
              hang(wire);
            }),
        lie("dribbles its head", 504, "upstream.timeout", LyingBackendTest::dribble),
        lie(
            "sends interim answers without end",
            502,
            "upstream.malformed",
            LyingBackendTest::interimForEver),
        lie("closes without a word", 502, "upstream.reset", wire -> {}),
        lie("resets without a word", 502, "upstream.reset", Wire::reset),
        lie("closes within the head", 502, "upstream.reset", wire -> wire.send(OK + "X-A: b")),
        lie(
            "resets within the head",
            502,
            "upstream.reset",
            wire -> {
              wire.send(OK + "X-A: b");
              wire.reset();
            }),
        says("talks another protocol", "upstream.malformed", "220 mail.example.com ESMTP\r\n"),
        says("sends binary rubbish", "upstream.malformed", "\0\1\2\u00ff\u00fe\r\n\r\n"),
        says("sends a version of its own", "upstream.malformed", "HTTP/9.9 200 OK\r\n\r\n"),
        says("sends a status of letters", "upstream.malformed", "HTTP/1.1 abc OK\r\n\r\n"),
        says("sends a status of four digits", "upstream.malformed", "HTTP/1.1 2000 OK\r\n\r\n"),
        says("sends a status below 100", "upstream.malformed", "HTTP/1.1 042 OK\r\n\r\n"),
        says(
            "sends length and chunked",
            "upstream.malformed",
            OK + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        says(
            "sends two lengths",
            "upstream.malformed",
            OK + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nhello"),
        says("sends a negative length", "upstream.malformed", OK + "Content-Length: -4\r\n\r\n"),
        says(
            "sends an unknown coding",
            "upstream.malformed",
            OK + "Transfer-Encoding: gzip\r\n\r\nxx"),
        says(
            "folds a line", "upstream.malformed", OK + "X-A: b\r\n c\r\nContent-Length: 0\r\n\r\n"),
        says(
            "leaves a blank before the colon",
            "upstream.malformed",
            OK + "Content-Length : 0\r\n\r\n"),
        says(
            "has a NUL in a value",
            "upstream.malformed",
            OK + "X-A: a\0b\r\nContent-Length: 0\r\n\r\n"),
        says(
            "sends content with 204",
            "upstream.malformed",
            "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello"),
        says(
            "sends content with 103",
            "upstream.malformed",
            "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\nhello"),
        says(
            "switches protocols unasked",
            "upstream.malformed",
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"),
        says(
            "sends a huge head",
            "upstream.header_too_large",
            OK + "X-A: " + "a".repeat(1_000_000) + "\r\n\r\n"),
        says(
            "sends very many fields",
            "upstream.header_too_large",
            OK + "A: b\r\n".repeat(100_000) + "\r\n"));
  }

  /** Told when a part of the answer may be with the client already. */
  static Stream<Lie> liesWithinTheAnswer() {
    return Stream.of(
        lie(
            "closes before its declared length",
            200,
            "upstream.reset",
            wire -> wire.send(OK + "Content-Length: 100000\r\n\r\nonly this")),
        lie(
            "resets before its declared length",
            200,
            "upstream.reset",
            wire -> {
              wire.send(OK + "Content-Length: 100000\r\n\r\nonly this");
              wire.reset();
            }),
        lie(
            "closes before the last chunk",
            200,
            "upstream.reset",
            wire -> wire.send(OK + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")),
        lie(
            "closes within a chunk",
            200,
            "upstream.reset",
            wire -> wire.send(OK + "Transfer-Encoding: chunked\r\n\r\n50\r\nhello")),
        lie(
            "sends a chunk without size",
            200,
            "upstream.malformed",
            wire -> wire.send(OK + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n")),
        lie(
            "sends a chunk longer than it says",
            200,
            "upstream.malformed",
            wire ->
                wire.send(OK + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello world\r\n0\r\n\r\n")),
        lie(
            "hangs within its content",
            200,
            "upstream.timeout",
            wire -> {
              wire.send(OK + "Content-Length: 100000\r\n\r\nonly this");
              hang(wire);
            }));
  }

  private static void hang(Wire wire) throws IOException {
    wire.readToEnd();
  }

  private static void dribble(Wire wire) throws IOException {
    wire.send(OK + "X-A: ");
    while (true) {
      wire.send("a");
      pause(50);
    }
  }

  private static void interimForEver(Wire wire) throws IOException {
    while (true) {
      wire.send("HTTP/1.1 102 Processing\r\n\r\n");
      pause(20);
    }
  }

  private static void pause(int millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }

  @BeforeAll
  static void start() {
    backend = RawBackend.answering("true");
    weir =
        WeirProcess.start(
            folder,
            """
            listeners: [{ name: web, address: "127.0.0.1:%d" }]
            routes:
              - { name: down, match: { path: { prefix: /down } }, pool: down, retries: { attempts: 0 } }
              - { name: all, pool: app, retries: { attempts: 0 }, timeouts: { per_try: 1s, idle: 1s } }
            pools:
              - { name: app, outlier_ejection: off, backends: [{ address: "%s" }] }
              - { name: down, outlier_ejection: off, backends: [{ address: "127.0.0.1:%d" }] }
            """
                .formatted(PORT, backend.address(), Tools.freePort()));
  }

  @AfterAll
  static void stop() {
    weir.close();
    backend.close();
  }

  /** Runs a script on a new connection to the backend: none that is kept knows of it. */
  private static void tell(RawBackend.Script lie) {
    backend.script(wire -> {
      wire.readRequest();
      lie.serve(wire);
    });
  }

  private static void tellTheTruth() {
    backend.script(wire -> {
      while (wire.readRequest() != null) {
        wire.answer("200 OK", "true");
      }
    });
  }

  private static String get(String path) {
    return "GET " + path + " HTTP/1.1\r\nHost: www.example.com\r\n\r\n";
  }

  @ParameterizedTest
  @MethodSource("liesBeforeTheAnswer")
  void answersOfItsOwn(Lie lie) throws IOException {
    String path = "/before/" + lie.name.replace(' ', '-');
    try (Wire client = Wire.to(PORT)) {
      tell(lie.script);
      client.send(get(path));
      assertThat(client.readResponse().status()).isEqualTo(lie.status);
      tellTheTruth();
      client.send(get("/after"));
      assertThat(client.readResponse().text()).isEqualTo("true");
    }
    assertThat(weir.awaitEntry(path).path("reason").asText()).isEqualTo(lie.reason);
    closeKeptConnections();
  }

  @ParameterizedTest
  @MethodSource("liesWithinTheAnswer")
  void breaksTheConnectionRatherThanPassAPartForTheWhole(Lie lie) throws IOException {
    String path = "/within/" + lie.name.replace(' ', '-');
    tell(lie.script);
    try (Wire client = Wire.to(PORT)) {
      client.send(get(path));
      Message answer = readUntilCut(client);
      // Where nothing had left yet, there still is a true answer to give.
      assertThat(answer.whole() && answer.status() != 502).as(answer.head()).isFalse();
    }
    tellTheTruth();
    assertThat(Wire.ask(PORT, get("/after")).text()).isEqualTo("true");
    assertThat(weir.awaitEntry(path).path("reason").asText()).isEqualTo(lie.reason);
    closeKeptConnections();
  }

  private static Message readUntilCut(Wire client) throws IOException {
    try {
      return client.readResponse();
    } catch (java.net.SocketException cut) {
      return new Message("", "", false);
    }
  }

  /** So that the next lie meets a new connection. */
  private static void closeKeptConnections() {
    backend.resetConnections();
    await()
        .atMost(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS)
        .untilAsserted(
            () -> assertThat(weir.metric("weir_backend_connections", "pool=\"app\"")).isZero());
  }

  @Test
  void answers502WhenNobodyListens() {
    Message answer = Wire.ask(PORT, get("/down"));
    assertThat(answer.status()).isEqualTo(502);
    assertThat(weir.awaitEntry("/down").path("reason").asText())
        .isEqualTo("upstream.connect_failed");
  }

  @Test
  void neverGivesOctetsBehindAnAnswerToTheNextClient() throws IOException {
    String second = OK + "Content-Length: 6\r\n\r\npoison";
    backend.script(wire -> {
      wire.readRequest();
      wire.send(OK + "Content-Length: 4\r\n\r\ntrue" + second);
      hang(wire);
    });
    assertThat(Wire.ask(PORT, get("/extra")).text()).isEqualTo("true");
    tellTheTruth();
    for (int i = 0; i < 20; i++) {
      assertThat(Wire.ask(PORT, get("/extra-after")).text()).isEqualTo("true");
    }
    closeKeptConnections();
  }

  @Test
  void neverGivesAnUnaskedAnswerToTheNextClient() throws IOException {
    backend.script(wire -> {
      wire.readRequest();
      wire.answer("200 OK", "true");
      pause(100); // the connection is kept by now
      wire.send(OK + "Content-Length: 6\r\n\r\npoison");
      hang(wire);
    });
    assertThat(Wire.ask(PORT, get("/unasked")).text()).isEqualTo("true");
    await()
        .atMost(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS)
        .until(() -> backend.openConnections() == 0);
    tellTheTruth();
    assertThat(Wire.ask(PORT, get("/unasked-after")).text()).isEqualTo("true");
    closeKeptConnections();
  }

  @Test
  void neverUsesAConnectionAgainOnWhichAnAnswerCameBeforeTheRequestsEnd() throws IOException {
    backend.script(wire -> {
      wire.readHead();
      wire.answer("403 Forbidden", "no");
      hang(wire);
    });
    try (Wire client = Wire.to(PORT)) {
      client.send(
          "POST /early HTTP/1.1\r\nHost: www.example.com\r\nContent-Length: 1000\r\n\r\nonly this");
      assertThat(client.readResponse().status()).isEqualTo(403);
      await()
          .atMost(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS)
          .until(() -> backend.openConnections() == 0);
    }
    tellTheTruth();
    assertThat(Wire.ask(PORT, get("/early-after")).text()).isEqualTo("true");
    closeKeptConnections();
  }

  @Test
  void passesAnAnswerThatCameBeforeTheUploadsEndAndWasFollowedByAReset() throws IOException {
    backend.script(wire -> {
      wire.readHead();
      wire.answer("413 Content Too Large", "too much");
      // Closing with unread input resets the connection.
    });
    for (int i = 0; i < 20; i++) {
      try (Wire client = Wire.to(PORT)) {
        client.send(
            "POST /upload HTTP/1.1\r\nHost: www.example.com\r\nContent-Length: 8000000\r\n\r\n");
        Thread upload = Thread.ofVirtual().start(() -> upload(client));
        Message answer = client.readResponse();
        assertThat(answer.status()).isEqualTo(413);
        assertThat(answer.text()).isEqualTo("too much");
        upload.interrupt();
      }
    }
    tellTheTruth();
    closeKeptConnections();
  }

  private static void upload(Wire client) {
    try {
      for (int i = 0; i < 80; i++) {
        client.send("x".repeat(100_000));
      }
    } catch (IOException closed) {
      // answered
    }
  }

  @Test
  void resetsAnAnswerThatOnlyTheConnectionsEndWouldHaveEnded() throws IOException {
    tell(wire -> wire.send(OK + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n"));
    try (Wire client = Wire.to(PORT)) {
      client.send("GET /old HTTP/1.0\r\nHost: www.example.com\r\n\r\n");
      assertThatThrownBy(client::readToEnd).isInstanceOf(SocketException.class);
    }
    tellTheTruth();
    closeKeptConnections();
  }

  @Test
  void passesAnAnswerThatEndsWithItsConnection() throws IOException {
    tell(wire -> wire.send(OK + "\r\nuntil the end"));
    Message answer = Wire.ask(PORT, get("/until-close"));
    assertThat(answer.whole()).isTrue();
    assertThat(answer.text()).isEqualTo("until the end");
    closeKeptConnections();
  }

  @Test
  void keepsNoRequestInItsBooks() {
    closeKeptConnections();
    assertThat(weir.metric("weir_backend_requests_in_flight", "pool=\"app\"")).isZero();
    await()
        .atMost(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS)
        .untilAsserted(() -> assertThat(weir.metric("weir_client_connections")).isZero());
  }
}
