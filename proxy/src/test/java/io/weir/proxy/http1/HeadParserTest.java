package io.weir.proxy.http1;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.Head;
import io.weir.proxy.http.HeadLimits;
import io.weir.proxy.http.Method;
import io.weir.proxy.http.Tolerance;
import io.weir.proxy.http.Tolerances;
import io.weir.proxy.stage.Reason;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HeadParserTest {
  private static final String UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
  private static final String KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

  private final Head head = new Head();

  private @Nullable Reason request(String text) {
    return request(text, HeadLimits.DEFAULT);
  }

  private @Nullable Reason request(String text, HeadLimits limits) {
    head.clear();
    head.append(Ascii.bytes(text), 0, text.length());
    return HeadParser.request(head, limits);
  }

  private @Nullable Reason response(String text) {
    head.clear();
    head.append(Ascii.bytes(text), 0, text.length());
    return HeadParser.response(head, HeadLimits.RESPONSE);
  }

  private static String get(String fields) {
    return "GET /a HTTP/1.1\r\nHost: example.com\r\n" + fields + "\r\n";
  }

  @Test
  void readsARequest() {
    assertThat(
            request(
                "POST /a/b?c=d HTTP/1.1\r\nHost: example.com:80\r\nContent-Length: 5\r\nX:  y \r\n\r\nhello"))
        .isNull();
    assertThat(head.complete).isTrue();
    assertThat(head.method).isEqualTo(Method.POST);
    assertThat(head.path()).isEqualTo("/a/b");
    assertThat(head.query()).isEqualTo("c=d");
    assertThat(head.authority()).isEqualTo("example.com:80");
    assertThat(head.contentLength).isEqualTo(5);
    assertThat(head.value("x")).isEqualTo("y");
    assertThat(head.length - head.scanned).as("octets of content").isEqualTo(5);
  }

  @Test
  void readsAHeadThatArrivesOctetByOctet() {
    String text = get("Content-Length: 0\r\nConnection: close\r\n");
    for (int i = 0; i < text.length(); i++) {
      assertThat(head.complete).isFalse();
      head.append(new byte[] {(byte) text.charAt(i)}, 0, 1);
      assertThat(HeadParser.request(head, HeadLimits.DEFAULT)).isNull();
    }
    assertThat(head.complete).isTrue();
    assertThat(head.close).isTrue();
    assertThat(head.count()).isEqualTo(3);
  }

  @Test
  void skipsOneEmptyLineBeforeARequest() {
    assertThat(request("\r\n" + get(""))).isNull();
    assertThat(head.complete).isTrue();
    assertThat(request("\r\n\r\n" + get(""))).isEqualTo(Reason.FRAME_MALFORMED);
  }

  @Test
  void takesTheHostFromAnAbsoluteTargetThatAgrees() {
    assertThat(request("GET http://example.com/x?y HTTP/1.1\r\nHost: EXAMPLE.com\r\n\r\n"))
        .isNull();
    assertThat(head.path()).isEqualTo("/x");
    assertThat(head.authority()).isEqualTo("example.com");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 1\r\nContent-Length: 1\r\n",
        "Content-Length: 1, 1\r\n",
        "Content-Length: +1\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 0x1\r\n",
        "Content-Length:\r\n",
        "Content-Length: 1 1\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Host: example.com\r\n"
      })
  void refusesWhatTwoReadersCouldFrameDifferently(String fields) {
    assertThat(request(get(fields))).isEqualTo(Reason.FRAME_AMBIGUOUS);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: \"chunked\"\r\n",
        "Transfer-Encoding:\r\n"
      })
  void refusesCodingsOtherThanExactlyChunked(String fields) {
    assertThat(request(get(fields))).isEqualTo(Reason.FRAME_CODING_UNSUPPORTED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "X : y\r\n",
        " X: y\r\n",
        "\tfolded\r\n",
        "X\r\n",
        ": y\r\n",
        "X: a\0b\r\n",
        "X: a\rb\r\n",
        "X: a\u007fb\r\n",
        "X: a\u000bb\r\n",
        "X(: y\r\n",
        "X\u00e9: y\r\n",
        "Transfer-Encoding : chunked\r\n",
        "X: y\n"
      })
  void refusesFieldLinesOutsideTheGrammar(String fields) {
    assertThat(request(get(fields))).isEqualTo(Reason.FRAME_MALFORMED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /\r\n",
        "GET  / HTTP/1.1\r\n",
        "GET /  HTTP/1.1\r\n",
        "GET / HTTP/1.1 \r\n",
        " GET / HTTP/1.1\r\n",
        "GET\t/ HTTP/1.1\r\n",
        "G(T / HTTP/1.1\r\n",
        "GET /a b HTTP/1.1\r\n",
        "GET /a#b HTTP/1.1\r\n",
        "GET /a\\b HTTP/1.1\r\n",
        "GET a HTTP/1.1\r\n",
        "GET * HTTP/1.1\r\n",
        "GET http://user@example.com/ HTTP/1.1\r\n",
        "GET http:///x HTTP/1.1\r\n",
        "GET ftp://example.com/ HTTP/1.1\r\n",
        "GET / http/1.1\r\n",
        "GET / HTTP/11\r\n",
        "GET / HTTP/1.1\n"
      })
  void refusesRequestLinesOutsideTheGrammar(String line) {
    assertThat(request(line + "Host: example.com\r\n\r\n")).isEqualTo(Reason.FRAME_MALFORMED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"HTTP/2.0", "HTTP/0.9", "HTTP/1.2", "HTTP/3.1"})
  void refusesOtherVersions(String version) {
    assertThat(request("GET / " + version + "\r\nHost: a\r\n\r\n"))
        .isEqualTo(Reason.FRAME_VERSION_UNSUPPORTED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a,b",
        "a%41",
        "*",
        ".",
        "a..b",
        ".a",
        "[::1::]",
        "[192.0.2.1]",
        "[::1%25eth0]",
        "a$b",
        "a b",
        "a@b",
        "a/b",
        "[::1",
        "::1",
        "a:b",
        "a:99999",
        "[g::1]",
        "",
        "a,b:1:2",
        "a?b",
        "a:"
      })
  void refusesHostsThatAreNone(String host) {
    assertThat(request("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n"))
        .isEqualTo(Reason.FRAME_MALFORMED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "example.com",
        "example.com.",
        "a_b-c",
        "192.0.2.1:8080",
        "[2001:db8::1]",
        "[2001:db8::1]:443"
      })
  void acceptsHosts(String host) {
    assertThat(request("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n")).isNull();
    assertThat(head.authority()).isEqualTo(host);
  }

  @Test
  void refusesARequestWithoutAHost() {
    assertThat(request("GET / HTTP/1.1\r\n\r\n")).isEqualTo(Reason.FRAME_MALFORMED);
    assertThat(request("GET / HTTP/1.0\r\n\r\n")).isNull();
  }

  @Test
  void refusesATargetThatNamesAnotherHost() {
    assertThat(request("GET http://a.example/ HTTP/1.1\r\nHost: b.example\r\n\r\n"))
        .isEqualTo(Reason.FRAME_AMBIGUOUS);
  }

  @Test
  void refusesChunkedContentOnHttp10() {
    assertThat(request("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"))
        .isEqualTo(Reason.FRAME_AMBIGUOUS);
  }

  @Test
  void refusesConnect() {
    assertThat(request("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n"))
        .isEqualTo(Reason.FRAME_METHOD_UNSUPPORTED);
  }

  @Test
  void refusesOtherExpectations() {
    assertThat(request(get("Expect: 100-continue\r\nContent-Length: 1\r\n"))).isNull();
    assertThat(head.expectContinue).isTrue();
    assertThat(request(get("Expect: 200-ok\r\n"))).isEqualTo(Reason.FRAME_EXPECTATION_UNSUPPORTED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", KEY + KEY, "Sec-WebSocket-Key: short\r\n"})
  void refusesAnUpgradeWithoutExactlyOneKey(String keys) {
    assertThat(request(get(UPGRADE + keys))).isEqualTo(Reason.FRAME_MALFORMED);
  }

  @Test
  void refusesTwoUpgrades() {
    assertThat(request(get(UPGRADE + "Upgrade: h2c\r\n"))).isEqualTo(Reason.FRAME_AMBIGUOUS);
  }

  @Test
  void expectsNothingFromARequestWithoutContent() {
    assertThat(request(get("Expect: 100-continue\r\n"))).isNull();
    assertThat(head.expectContinue).isFalse();
    assertThat(request(get("Expect: 100-continue\r\nExpect: 100-continue\r\n")))
        .isEqualTo(Reason.FRAME_AMBIGUOUS);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content_Length: 1\r\n",
        "transfer_encoding: chunked\r\n",
        "X_Forwarded-For: 192.0.2.1\r\n",
        "X_REQUEST_ID: 1\r\n"
      })
  void refusesNamesThatBackendsMayTakeForKnownOnes(String field) {
    assertThat(request(get(field))).isEqualTo(Reason.FRAME_AMBIGUOUS);
  }

  @Test
  void leavesOtherUnderscoresAlone() {
    assertThat(request(get("user_id: 5\r\n"))).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"Host", "Content-Length", "close, X-Forwarded-For", "Cookie"})
  void refusesAConnectionFieldThatTakesAwayWhatIsMeantForTheBackend(String options) {
    assertThat(request(get("Connection: " + options + "\r\n"))).isEqualTo(Reason.FRAME_AMBIGUOUS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b", "close;", "\"close\"", "keep-alive close"})
  void refusesConnectionOptionsThatAreNoTokens(String options) {
    assertThat(request(get("Connection: " + options + "\r\n"))).isEqualTo(Reason.FRAME_MALFORMED);
  }

  @Test
  void takesATargetWithoutAPathForTheRoot() {
    assertThat(request("GET http://example.com HTTP/1.1\r\nHost: example.com\r\n\r\n")).isNull();
    assertThat(head.path()).isEqualTo("/");
    assertThat(request("GET http://a.example?x=/ HTTP/1.1\r\nHost: a.example\r\n\r\n")).isNull();
    assertThat(head.path() + "?" + head.query()).isEqualTo("/?x=/");
    assertThat(head.targetEnd - head.targetStart).isEqualTo("http://a.example?x=/".length());
  }

  @Test
  void takesAnEmptyHostForNoneInHttp10Only() {
    assertThat(request("GET / HTTP/1.0\r\nHost:\r\n\r\n")).isNull();
    assertThat(request("GET / HTTP/1.1\r\nHost:\r\n\r\n")).isEqualTo(Reason.FRAME_MALFORMED);
    assertThat(request("GET / HTTP/1.0\r\nHost:\r\nHost: a\r\n\r\n"))
        .isEqualTo(Reason.FRAME_AMBIGUOUS);
  }

  @Test
  void notesWhatHasToBeTolerated() {
    assertThat(request("\r\nGET /?{|} HTTP/1.1\r\nHost: a\r\n\r\n")).isNull();
    assertThat(Tolerances.DEFAULT.cover(head)).isTrue();
    assertThat(Tolerances.of(Set.of(Tolerance.EMPTY_LINE)).cover(head)).isFalse();
    assertThat(Tolerances.of(Set.of(Tolerance.UNENCODED_QUERY)).cover(head)).isFalse();
    for (String target : new String[] {"/{", "/?\"<>", "/\u00e9"}) {
      assertThat(request("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n")).isNull();
      assertThat(Tolerances.DEFAULT.cover(head)).as(target).isFalse();
      Tolerances more = Tolerances.of(Set.of(Tolerance.UNENCODED_TARGET));
      assertThat(more.cover(head)).isTrue();
      assertThat(more.paths().normalise(head)).isTrue();
    }
    assertThat(request("GET /?a HTTP/1.1\r\nHost: a\r\n\r\n")).isNull();
    assertThat(Tolerances.of(Set.of()).cover(head)).isTrue();
  }

  @Test
  void refusesAnUpgradeWithContent() {
    String upgrade = UPGRADE + KEY;
    assertThat(request(get(upgrade))).isNull();
    assertThat(head.webSocket).isTrue();
    assertThat(request(get(upgrade + "Content-Length: 3\r\n"))).isEqualTo(Reason.FRAME_AMBIGUOUS);
  }

  @Test
  void doesNotUpgradeToAnythingElse() {
    assertThat(request(get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"))).isNull();
    assertThat(head.webSocket).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"close,true", "keep-alive,false", "'x, Close',true", "'Keep-Alive, upgrade',false"})
  void readsConnectionOptions(String options, boolean close) {
    assertThat(request(get("Connection: " + options + "\r\n"))).isNull();
    assertThat(head.close).isEqualTo(close);
    assertThat(head.connectionNamesFields).isEqualTo(options.contains("x"));
  }

  @Test
  void keepsHttp10ConnectionsOnlyWhenAsked() {
    assertThat(request("GET / HTTP/1.0\r\n\r\n")).isNull();
    assertThat(head.close).isTrue();
    assertThat(request("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")).isNull();
    assertThat(head.close).isFalse();
  }

  @Test
  void limitsTheRequestLineBeforeItIsWhole() {
    HeadLimits limits = new HeadLimits(64, 1024, 10);
    assertThat(request("GET /" + "a".repeat(100), limits))
        .isEqualTo(Reason.FRAME_REQUEST_LINE_TOO_LONG);
  }

  @Test
  void limitsTheHeadBeforeItIsWhole() {
    HeadLimits limits = new HeadLimits(64, 128, 10);
    assertThat(request("GET / HTTP/1.1\r\nX: " + "a".repeat(200), limits))
        .isEqualTo(Reason.FRAME_HEADER_TOO_LARGE);
  }

  @Test
  void limitsTheNumberOfFields() {
    HeadLimits limits = new HeadLimits(64, 4096, 10);
    assertThat(request(get("X: y\r\n".repeat(9)), limits)).isNull();
    assertThat(request(get("X: y\r\n".repeat(10)), limits))
        .isEqualTo(Reason.FRAME_HEADER_TOO_LARGE);
  }

  @Test
  void readsAResponse() {
    assertThat(response("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")).isNull();
    assertThat(head.complete).isTrue();
    assertThat(head.status).isEqualTo(200);
    assertThat(head.contentLength).isEqualTo(3);
    assertThat(response("HTTP/1.1 404\r\n\r\n")).isNull();
    assertThat(head.deviations).isNotZero();
    assertThat(response("HTTP/1.0 204 \r\nConnection: keep-alive\r\n\r\n")).isNull();
    assertThat(response("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n")).isNull();
    assertThat(response("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n")).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 204 No Content\r\nContent-Length: 1\r\n\r\n",
        "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 100 Continue\r\nContent-Length: 1\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nUpgrade: websocket\r\n\r\n",
        "HTTP/1.1 99 x\r\n\r\n",
        "HTTP/1.1 600 x\r\n\r\n",
        "HTTP/1.1 20x OK\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "ICY 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\n\n",
        "HTTP/1.1 200 O\0K\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX : y\r\n\r\n",
        "HTTP/1.1 200 OK\r\n folded\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      })
  void refusesResponsesOutsideTheGrammar(String text) {
    assertThat(response(text)).isEqualTo(Reason.UPSTREAM_MALFORMED);
  }

  @Test
  void limitsTheResponseHead() {
    assertThat(response("HTTP/1.1 200 OK\r\nX: " + "a".repeat(70_000)))
        .isEqualTo(Reason.UPSTREAM_HEADER_TOO_LARGE);
  }
}
