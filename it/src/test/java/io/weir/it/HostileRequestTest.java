package io.weir.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.SocketException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Requests of which two readers could disagree where they end, or whom they are for. Each is
 * followed by a second request that must never be found within the first, nor run at all.
 */
class HostileRequestTest {
  /** What an attacker hopes that the backend takes for a request of its own. */
  private static final String SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: www.example.com\r\n\r\n";

  @TempDir private static Path folder;
  private static final int PORT = Tools.freePort();
  private static RawBackend backend;
  private static WeirProcess weir;

  /** One attack. In the table {@code %} stands for CRLF, {@code ^} for a percent sign. */
  record Attack(String name, int status, String reason, String request) {
    static Attack of(String name, int status, String reason, String request) {
      String octets =
          request
              .replace("{host}", "Host: www.example.com%")
              .replace("%", "\r\n")
              .replace("^", "%");
      return new Attack(name, status, reason, octets);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Attack> attacks() {
    return Stream.of(
        // Two ways to say how long the content is.
        Attack.of(
            "length and chunked",
            400,
            "frame.ambiguous",
            "POST /a HTTP/1.1%{host}Content-Length: 5%Transfer-Encoding: chunked%%0%%"),
        Attack.of(
            "chunked and length",
            400,
            "frame.ambiguous",
            "POST /a HTTP/1.1%{host}Transfer-Encoding: chunked%Content-Length: 5%%0%%"),
        Attack.of(
            "two different lengths",
            400,
            "frame.ambiguous",
            "POST /a HTTP/1.1%{host}Content-Length: 5%Content-Length: 6%%hello"),
        Attack.of(
            "two equal lengths",
            400,
            "frame.ambiguous",
            "POST /a HTTP/1.1%{host}Content-Length: 5%Content-Length: 5%%hello"),
        Attack.of(
            "list of lengths",
            400,
            "frame.ambiguous",
            "POST /a HTTP/1.1%{host}Content-Length: 5, 5%%hello"),
        // Lengths that are not numbers to everybody.
        Attack.of(
            "length with plus",
            400,
            "frame.ambiguous",
            "POST /a HTTP/1.1%{host}Content-Length: +5%%hello"),
        Attack.of(
            "negative length",
            400,
            "frame.ambiguous",
            "POST /a HTTP/1.1%{host}Content-Length: -5%%hello"),
        Attack.of(
            "hexadecimal length",
            400,
            "frame.ambiguous",
            "POST /a HTTP/1.1%{host}Content-Length: 0x5%%hello"),
        Attack.of(
            "empty length",
            400,
            "frame.ambiguous",
            "POST /a HTTP/1.1%{host}Content-Length:%%hello"),
        Attack.of(
            "length with blank",
            400,
            "frame.ambiguous",
            "POST /a HTTP/1.1%{host}Content-Length: 5 5%%hello"),
        Attack.of(
            "length beyond 64 bits",
            400,
            "frame.ambiguous",
            "POST /a HTTP/1.1%{host}Content-Length: 18446744073709551621%%hello"),
        Attack.of(
            "length with vertical tab",
            400,
            "frame.malformed",
            "POST /a HTTP/1.1%{host}Content-Length:\u000b5%%hello"),
        // Transfer codings that only some understand.
        Attack.of(
            "unknown coding",
            501,
            "frame.coding_unsupported",
            "POST /a HTTP/1.1%{host}Transfer-Encoding: xchunked%%0%%"),
        Attack.of(
            "two codings",
            501,
            "frame.coding_unsupported",
            "POST /a HTTP/1.1%{host}Transfer-Encoding: gzip, chunked%%0%%"),
        Attack.of(
            "chunked twice",
            501,
            "frame.coding_unsupported",
            "POST /a HTTP/1.1%{host}Transfer-Encoding: chunked, chunked%%0%%"),
        Attack.of(
            "two coding fields",
            400,
            "frame.ambiguous",
            "POST /a HTTP/1.1%{host}Transfer-Encoding: chunked%Transfer-Encoding: identity%%0%%"),
        Attack.of(
            "identity coding",
            501,
            "frame.coding_unsupported",
            "POST /a HTTP/1.1%{host}Transfer-Encoding: identity%%"),
        Attack.of(
            "quoted coding",
            501,
            "frame.coding_unsupported",
            "POST /a HTTP/1.1%{host}Transfer-Encoding: \"chunked\"%%0%%"),
        Attack.of(
            "coding with parameter",
            501,
            "frame.coding_unsupported",
            "POST /a HTTP/1.1%{host}Transfer-Encoding: chunked;a=b%%0%%"),
        Attack.of(
            "coding after vertical tab",
            400,
            "frame.malformed",
            "POST /a HTTP/1.1%{host}Transfer-Encoding: \u000bchunked%%0%%"),
        Attack.of(
            "chunked in HTTP/1.0",
            400,
            "frame.ambiguous",
            "POST /a HTTP/1.0%{host}Transfer-Encoding: chunked%%0%%"),
        // Names that only some take for the name they look like.
        Attack.of(
            "blank before colon",
            400,
            "frame.malformed",
            "POST /a HTTP/1.1%{host}Transfer-Encoding : chunked%%0%%"),
        Attack.of(
            "tab before colon",
            400,
            "frame.malformed",
            "POST /a HTTP/1.1%{host}Content-Length\t: 5%%hello"),
        Attack.of(
            "blank before name",
            400,
            "frame.malformed",
            "POST /a HTTP/1.1%{host} Transfer-Encoding: chunked%%0%%"),
        Attack.of(
            "folded line",
            400,
            "frame.malformed",
            "POST /a HTTP/1.1%{host}X-A: b% Transfer-Encoding: chunked%%0%%"),
        Attack.of(
            "folded first line",
            400,
            "frame.malformed",
            "POST /a HTTP/1.1% Host: www.example.com%%"),
        Attack.of("no colon", 400, "frame.malformed", "GET /a HTTP/1.1%{host}Transfer-Encoding%%"),
        Attack.of("empty name", 400, "frame.malformed", "GET /a HTTP/1.1%{host}: chunked%%"),
        Attack.of(
            "octet beyond ASCII in name",
            400,
            "frame.malformed",
            "GET /a HTTP/1.1%{host}Transf\u00ebr-Encoding: chunked%%"),
        Attack.of("NUL in value", 400, "frame.malformed", "GET /a HTTP/1.1%{host}X-A: a\0b%%"),
        Attack.of("NUL in name", 400, "frame.malformed", "GET /a HTTP/1.1%{host}X\0A: b%%"),
        Attack.of("DEL in value", 400, "frame.malformed", "GET /a HTTP/1.1%{host}X-A: a\u007fb%%"),
        // Line ends that only some take for line ends.
        Attack.of(
            "bare CR in value",
            400,
            "frame.malformed",
            "GET /a HTTP/1.1%{host}X-A: b\rTransfer-Encoding: chunked%%"),
        Attack.of(
            "bare LF ends a field",
            400,
            "frame.malformed",
            "GET /a HTTP/1.1%{host}X-A: b\nTransfer-Encoding: chunked%%"),
        Attack.of(
            "bare LF ends the request line", 400, "frame.malformed", "GET /a HTTP/1.1\n{host}%"),
        Attack.of("bare LF ends the head", 400, "frame.malformed", "GET /a HTTP/1.1%{host}\n"),
        Attack.of("CR CR LF", 400, "frame.malformed", "GET /a HTTP/1.1\r%{host}%"),
        // Request lines.
        Attack.of("no version", 400, "frame.malformed", "GET /a%{host}%"),
        Attack.of("two blanks", 400, "frame.malformed", "GET  /a HTTP/1.1%{host}%"),
        Attack.of("tab for a blank", 400, "frame.malformed", "GET\t/a HTTP/1.1%{host}%"),
        Attack.of("blank in target", 400, "frame.malformed", "GET /a b HTTP/1.1%{host}%"),
        Attack.of("blank after version", 400, "frame.malformed", "GET /a HTTP/1.1 %{host}%"),
        Attack.of("fragment in target", 400, "frame.malformed", "GET /a#b HTTP/1.1%{host}%"),
        Attack.of("control in target", 400, "frame.malformed", "GET /a\u0001 HTTP/1.1%{host}%"),
        Attack.of(
            "octet beyond ASCII in target", 400, "frame.malformed", "GET /\u00e4 HTTP/1.1%{host}%"),
        Attack.of("target without slash", 400, "frame.malformed", "GET a HTTP/1.1%{host}%"),
        Attack.of("version 1.2", 505, "frame.version_unsupported", "GET /a HTTP/1.2%{host}%"),
        Attack.of("version 3.0", 505, "frame.version_unsupported", "GET /a HTTP/3.0%{host}%"),
        Attack.of("version with two digits", 400, "frame.malformed", "GET /a HTTP/1.10%{host}%"),
        Attack.of("small version", 400, "frame.malformed", "GET /a http/1.1%{host}%"),
        Attack.of("method with colon", 400, "frame.malformed", "GE:T /a HTTP/1.1%{host}%"),
        Attack.of(
            "CONNECT",
            501,
            "frame.method_unsupported",
            "CONNECT www.example.com:443 HTTP/1.1%{host}%"),
        // Whom it is for.
        Attack.of("no Host", 400, "frame.malformed", "GET /a HTTP/1.1%%"),
        Attack.of(
            "two Hosts", 400, "frame.ambiguous", "GET /a HTTP/1.1%{host}Host: other.example.com%%"),
        Attack.of("two equal Hosts", 400, "frame.ambiguous", "GET /a HTTP/1.1%{host}{host}%"),
        Attack.of(
            "Host with path", 400, "frame.malformed", "GET /a HTTP/1.1%Host: www.example.com/x%%"),
        Attack.of(
            "Host with user", 400, "frame.malformed", "GET /a HTTP/1.1%Host: a@www.example.com%%"),
        Attack.of(
            "Host with blank", 400, "frame.malformed", "GET /a HTTP/1.1%Host: www example.com%%"),
        Attack.of(
            "Host with bad port",
            400,
            "frame.malformed",
            "GET /a HTTP/1.1%Host: www.example.com:99999%%"),
        Attack.of(
            "target and Host disagree",
            400,
            "frame.ambiguous",
            "GET http://other.example.com/a HTTP/1.1%{host}%"),
        // Sizes.
        Attack.of(
            "long request line",
            414,
            "frame.request_line_too_long",
            "GET /" + "a".repeat(5000) + " HTTP/1.1%{host}%"),
        Attack.of(
            "large head",
            431,
            "frame.header_too_large",
            "GET /a HTTP/1.1%{host}X-A: " + "a".repeat(10_000) + "%%"),
        Attack.of(
            "many fields",
            431,
            "frame.header_too_large",
            "GET /a HTTP/1.1%{host}" + "A: b%".repeat(101) + "%"),
        Attack.of(
            "content beyond the limit",
            413,
            "frame.body_too_large",
            "POST /a HTTP/1.1%{host}Content-Length: 2000000%%"),
        Attack.of(
            "unknown expectation",
            417,
            "frame.expectation_unsupported",
            "POST /a HTTP/1.1%{host}Expect: 200-ok%Content-Length: 5%%hello"));
  }

  /** Not to be served, but nobody doubts where they end. */
  static Stream<Attack> refusals() {
    return Stream.of(
        Attack.of("TRACE", 501, "frame.method_unsupported", "TRACE /a HTTP/1.1%{host}%"),
        Attack.of("dots above the root", 400, "frame.path_unsafe", "GET /../a HTTP/1.1%{host}%"),
        Attack.of("encoded NUL", 400, "frame.path_unsafe", "GET /a^00 HTTP/1.1%{host}%"),
        Attack.of("encoded slash", 400, "frame.path_unsafe", "GET /a^2fb HTTP/1.1%{host}%"),
        Attack.of("encoded backslash", 400, "frame.path_unsafe", "GET /a^5cb HTTP/1.1%{host}%"),
        Attack.of("half an escape", 400, "frame.path_unsafe", "GET /a^2 HTTP/1.1%{host}%"),
        Attack.of("no escape", 400, "frame.path_unsafe", "GET /a^zz HTTP/1.1%{host}%"));
  }

  /**
   * Chunks that two readers could count differently; the head is in order, and has left already.
   */
  static Stream<Attack> chunks() {
    return Stream.of(
            "5;%%",
            "5 ;a=b%hello%0%%",
            "0x5%hello%0%%",
            "+5%hello%0%%",
            "-5%hello%0%%",
            "5\nhello%0%%",
            "5%helloX%0%%",
            "5%hello%%0%%",
            "%5%hello%0%%",
            "g%hello%0%%",
            "fffffffffffffffff%hello%0%%",
            "5\rhello%0%%",
            "5;a=\"\n\"%hello%0%%",
            "00000000000000000005%hello%0%%")
        .map(body ->
            Attack.of(
                body,
                400,
                "frame.body_malformed",
                "POST /chunks HTTP/1.1%{host}Transfer-Encoding: chunked%%" + body));
  }

  @BeforeAll
  static void start() {
    backend = RawBackend.answering("fine");
    weir =
        WeirProcess.start(
            folder,
            """
            limits: { body: 1MiB }
            listeners: [{ name: web, address: "127.0.0.1:%d", pool: app }]
            pools: [{ name: app, backends: [{ address: "%s" }] }]
            """
                .formatted(PORT, backend.address()));
  }

  @AfterAll
  static void stop() {
    weir.close();
    backend.close();
  }

  @ParameterizedTest
  @MethodSource("attacks")
  void refusesWithoutForwardingAnything(Attack attack) throws IOException {
    String before = backend.received();
    refusedAndClosed(attack);
    assertThat(backend.received()).isEqualTo(before);
  }

  @ParameterizedTest
  @MethodSource("chunks")
  void neverForwardsWhatFollowsADoubtfulChunk(Attack attack) throws IOException {
    refusedAndClosed(attack);
    assertThat(backend.received()).doesNotContain("/smuggled");
  }

  private static void refusedAndClosed(Attack attack) throws IOException {
    try (Wire client = Wire.to(PORT)) {
      sendAll(client, attack.request + SMUGGLED);
      Message answer = client.readResponse();
      assertThat(answer.status()).isEqualTo(attack.status);
      assertThat(answer.fields("Connection")).containsExactly("close");
      client.expectEnd();
      assertLogged(attack.reason, answer);
    }
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void refusesAndGoesOnWhereTheEndIsCertain(Attack attack) throws IOException {
    try (Wire client = Wire.to(PORT)) {
      client.send(attack.request.replace("/a", "/refused"));
      Message answer = client.readResponse();
      assertThat(answer.status()).isEqualTo(attack.status);
      client.send("GET /next HTTP/1.1\r\nHost: www.example.com\r\n\r\n");
      assertThat(client.readResponse().text()).isEqualTo("fine");
      assertLogged(attack.reason, answer);
    }
    assertThat(backend.received()).doesNotContain("refused");
  }

  private static void assertLogged(String reason, Message answer) {
    String id = answer.field("X-Request-Id");
    var entry = weir.awaitEntry(line -> line.path("request_id").asText().equals(id));
    assertThat(entry.path("reason").asText()).isEqualTo(reason);
  }

  /** The rest of it may meet a closed connection, as it should. */
  private static void sendAll(Wire client, String octets) throws IOException {
    try {
      client.send(octets);
    } catch (SocketException closed) {
      // the answer is there to be read
    }
  }

  @Test
  void answersPipelinedRequestsInTheirOrder() throws IOException {
    try (Wire client = Wire.to(PORT)) {
      client.send(
          "GET /one HTTP/1.1\r\nHost: a.example.com\r\n\r\n"
              + "POST /two HTTP/1.1\r\nHost: a.example.com\r\nContent-Length: 5\r\n\r\nhello"
              + "GET /three HTTP/1.1\r\nHost: a.example.com\r\n\r\n");
      for (int i = 0; i < 3; i++) {
        assertThat(client.readResponse().text()).isEqualTo("fine");
      }
    }
    List<String> lines =
        backend.heads().stream().map(head -> head.lines().findFirst().orElse("")).toList();
    assertThat(lines)
        .containsSubsequence("GET /one HTTP/1.1", "POST /two HTTP/1.1", "GET /three HTTP/1.1");
  }

  @Test
  void neverForwardsHopByHopFields() throws IOException {
    try (Wire client = Wire.to(PORT)) {
      client.send(
          String.join(
              "\r\n",
              "GET /hop HTTP/1.1",
              "Host: a.example.com",
              "Connection: X-Secret, keep-alive",
              "X-Secret: 1",
              "Keep-Alive: timeout=5",
              "Proxy-Connection: keep-alive",
              "TE: trailers",
              "Upgrade: h2c",
              "Proxy-Authorization: Basic eDp5",
              "\r\n"));
      assertThat(client.readResponse().status()).isEqualTo(200);
    }
    String head =
        backend.heads().stream()
            .filter(each -> each.startsWith("GET /hop "))
            .findFirst()
            .orElseThrow();
    assertThat(head.toLowerCase(java.util.Locale.ROOT))
        .doesNotContain("x-secret", "keep-alive", "proxy-connection", "upgrade:");
  }
}
