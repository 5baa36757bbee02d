package io.weir.proxy.inspect;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.weir.proxy.InMemoryProxy;
import io.weir.proxy.InMemoryProxy.Outcome;
import io.weir.proxy.http.Tolerances;
import io.weir.waf.RuleException;
import io.weir.waf.RuleSet;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole path of requests through INSPECT and REVIEW, with a few rules of the test's own. */
class InspectionTest {
  private static final String RULES =
      """
      SecRule ARGS "@contains evil" "id:1,phase:2,deny,log,tag:'attack-sqli'"
      SecRule REQUEST_URI_RAW "@contains %2e%2e" "id:2,phase:1,deny,status:400,log"
      SecRule ARGS:go "@streq away" "id:3,phase:1,redirect:https://www.example.com/away,log"
      SecRule ARGS:go "@streq silent" "id:4,phase:1,drop,log"
      SecRule ARGS:go "@streq nowhere" "id:5,phase:1,redirect:'https://a/%{ARGS.to}',log"
      SecRule RESPONSE_HEADERS:X-Secret "@streq yes" "id:6,phase:3,deny,log"
      SecRule RESPONSE_BODY "@contains classified" "id:7,phase:4,deny,log"
      """;
  private static final long LIMIT = 300_000;
  private static final Pattern LENGTH = Pattern.compile("(?i)content-length: (\\d+)");

  private final Rules rules = new Rules(compile(), 1);
  private InMemoryProxy proxy = proxy(true, false);

  private static RuleSet compile() {
    try {
      return RuleSet.compiler().baseRules().text(RULES, "test").compile();
    } catch (RuleException wrong) {
      throw new AssertionError(wrong.problems().toString(), wrong);
    }
  }

  private InMemoryProxy proxy(boolean blocks, boolean responses) {
    List<Protection.Exclusion> exclusions =
        List.of(
            Protection.Exclusion.of("/upload", null, true, false),
            Protection.Exclusion.of(
                "/free/*",
                rules.set().exclusion(List.of("sql_injection"), List.of()),
                false,
                false));
    return new InMemoryProxy(
        Tolerances.of(Set.of()), new Protection(rules, blocks, LIMIT, responses, exclusions));
  }

  private void use(boolean blocks, boolean responses) {
    proxy.close();
    proxy = proxy(blocks, responses);
  }

  @AfterEach
  void holdsNothingAfterwards() {
    assertThat(proxy.held()).isZero();
    proxy.close();
  }

  private static byte[] ok(String fields, String body) {
    return ("HTTP/1.1 200 OK\r\n" + fields + "Content-Length: " + body.length() + "\r\n\r\n" + body)
        .getBytes(ISO_8859_1);
  }

  private Outcome run(String request, int step) {
    return run(request, step, "", "fine");
  }

  /** The backend answers once it has got the whole request. */
  private Outcome run(String request, int step, String fields, String answer) {
    boolean[] answered = {false};
    return proxy.run(
        request.getBytes(ISO_8859_1),
        step,
        (connection, received) -> {
          if (answered[0] || !isWhole(text(received))) {
            return null;
          }
          answered[0] = true;
          return ok(fields, answer);
        });
  }

  private static boolean isWhole(String request) {
    int content = request.indexOf("\r\n\r\n") + 4;
    Matcher length = LENGTH.matcher(request.substring(0, content));
    if (length.find()) {
      return request.length() - content >= Integer.parseInt(length.group(1));
    }
    return !request.contains("chunked\r\n") || request.endsWith("\r\n0\r\n\r\n");
  }

  private static String get(String target) {
    return "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n";
  }

  private static String post(String target, String body) {
    return "POST "
        + target
        + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  private static String chunked(String target, String body, int size) {
    StringBuilder request =
        new StringBuilder("POST " + target + " HTTP/1.1\r\nHost: a\r\n")
            .append("Content-Type: application/x-www-form-urlencoded\r\n")
            .append("Transfer-Encoding: chunked\r\n\r\n");
    for (int at = 0; at < body.length(); at += size) {
      String piece = body.substring(at, Math.min(body.length(), at + size));
      request
          .append(Integer.toHexString(piece.length()))
          .append("\r\n")
          .append(piece)
          .append("\r\n");
    }
    return request.append("0\r\n\r\n").toString();
  }

  private static String text(byte[] octets) {
    return new String(octets, ISO_8859_1);
  }

  private static int status(Outcome outcome) {
    return Integer.parseInt(text(outcome.toClient()).split(" ", 3)[1]);
  }

  // ------------------------------------------------------------------ requests

  @Test
  void forwardsWhatNoRuleMinds() {
    Outcome outcome = run(get("/?a=good"), 1000);
    assertThat(status(outcome)).isEqualTo(200);
    assertThat(text(outcome.toBackend().getFirst())).startsWith("GET /?a=good");
  }

  @Test
  void refusesByTheQueryAndForwardsNothing() {
    Outcome outcome = run(get("/?a=evil"), 1000);
    assertThat(status(outcome)).isEqualTo(403);
    assertThat(outcome.toBackend()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"1, 10", "7, 10", "100000, 10", "65536, 70000", "100000, 200000"})
  void refusesByContentHoweverItComes(int step, int length) {
    String body = "p=" + "a".repeat(length) + "&q=evil";
    for (String request : List.of(post("/", body), chunked("/", body, 5000))) {
      Outcome outcome = run(request, step);
      assertThat(status(outcome)).isEqualTo(403);
      assertThat(outcome.toBackend()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 10", "7, 10", "65536, 70000", "100000, 200000"})
  void forwardsExactlyWhatItInspected(int step, int length) {
    String body = "p=" + "ab".repeat(length / 2);
    String got = text(run(post("/", body), step).toBackend().getFirst());
    assertThat(got.substring(got.indexOf("\r\n\r\n") + 4)).isEqualTo(body);
    String chunks = text(run(chunked("/", body, 999), step).toBackend().getFirst());
    assertThat(chunks.replaceAll("\r\n[0-9a-f]+\r\n", "")).contains(body);
  }

  @ParameterizedTest
  @CsvSource({"evil, 403", "good, 200"})
  void judgesShortContentInACodingElsewhereAndForwardsItAsItCame(String value, int status)
      throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(("q=" + value).getBytes(ISO_8859_1));
    }
    String body = text(packed.toByteArray());
    Outcome outcome =
        run(post("/", body).replace("Content-Type", "Content-Encoding: gzip\r\nContent-Type"), 1);
    assertThat(status(outcome)).isEqualTo(status);
    assertThat(outcome.toBackend().stream().map(InspectionTest::text))
        .hasSize(status == 200 ? 1 : 0)
        .allMatch(got -> got.endsWith("\r\n\r\n" + body));
  }

  @Test
  void forwardsAnEmptyContentInChunks() {
    String got = text(run(chunked("/", "", 1), 1).toBackend().getFirst());
    assertThat(got).endsWith("\r\n\r\n0\r\n\r\n");
  }

  @Test
  void judgesTheTargetAsItCame() {
    assertThat(status(run(get("/a/%2e%2e/b"), 1000))).isEqualTo(400);
    Outcome outcome = run(get("/a/../b"), 1000);
    assertThat(text(outcome.toBackend().getFirst())).startsWith("GET /b HTTP");
  }

  @Test
  void redirectsOrDropsWhereARuleSaysSo() {
    Outcome away = run(get("/?go=away"), 1000);
    assertThat(status(away)).isEqualTo(302);
    assertThat(text(away.toClient()))
        .containsIgnoringCase("location: https://www.example.com/away");
    Outcome silent = run(get("/?go=silent"), 1000);
    assertThat(silent.toClient()).isEmpty();
    assertThat(silent.closed()).isTrue();
  }

  @Test
  void redirectsNowhereWithALineBreak() {
    Outcome outcome = run(get("/?go=nowhere&to=x%0d%0aSet-Cookie:a"), 1000);
    assertThat(text(outcome.toClient())).doesNotContain("Set-Cookie").contains("403 Forbidden");
  }

  @Test
  void leavesOutWhatIsExcluded() {
    assertThat(status(run(get("/free/a?a=evil"), 1000))).isEqualTo(200);
    assertThat(status(run(get("/free?a=evil"), 1000))).isEqualTo(403);
    assertThat(status(run(get("/x/../free/a?a=evil"), 1000))).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void refusesMoreContentThanItMayHold(boolean inChunks) {
    String body = "p=" + "a".repeat((int) LIMIT);
    Outcome outcome = run(inChunks ? chunked("/", body, 9000) : post("/", body), 8192);
    assertThat(status(outcome)).isEqualTo(413);
    assertThat(outcome.toBackend()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void letsMoreContentPassWhereThatIsExcluded(boolean inChunks) {
    String body = "p=" + "a".repeat((int) LIMIT) + "&q=evil";
    Outcome outcome = run(inChunks ? chunked("/upload", body, 9000) : post("/upload", body), 8192);
    assertThat(status(outcome)).isEqualTo(200);
    assertThat(text(outcome.toBackend().getFirst())).endsWith(inChunks ? "0\r\n\r\n" : "q=evil");
    assertThat(status(run(post("/upload?q=evil", body), 8192))).isEqualTo(403);
    assertThat(status(run(post("/upload", "q=evil"), 8192))).isEqualTo(403);
  }

  @Test
  void letsEverythingPassWhenItOnlyDetects() {
    use(false, true);
    assertThat(status(run(get("/?a=evil"), 1000))).isEqualTo(200);
    assertThat(status(run(post("/", "a=evil"), 1000))).isEqualTo(200);
    String body = "p=" + "a".repeat((int) LIMIT) + "&q=evil";
    Outcome outcome = run(chunked("/", body, 9000), 8192);
    assertThat(status(outcome)).isEqualTo(200);
    assertThat(text(outcome.toBackend().getFirst()).replaceAll("\r\n[0-9a-f]+\r\n", ""))
        .contains(body);
    assertThat(text(run(get("/"), 1000, "", "classified").toClient())).contains("classified");
  }

  @Test
  void asksForContentItself() {
    String head =
        post("/", "a=evil")
            .replace("Host: a", "Host: a\r\nExpect: 100-continue")
            .replace("a=evil", "");
    Outcome outcome = run(head + "a=evil", head.length());
    assertThat(text(outcome.toClient()))
        .startsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 Forbidden\r\n");
    Outcome good = run(head + "a=good", head.length());
    assertThat(text(good.toClient()))
        .startsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n");
    assertThat(text(good.toBackend().getFirst())).doesNotContainIgnoringCase("expect");
  }

  @Test
  void answersTheNextRequestOfTheConnectionToo() {
    Outcome outcome = run(post("/", "a=evil") + get("/?b=1"), 1000);
    assertThat(text(outcome.toClient())).contains("403 Forbidden").contains("200 OK");
    Outcome late = run(post("/", "p=" + "a".repeat(70_000)) + get("/?a=evil"), 1 << 20);
    assertThat(text(late.toClient())).contains("200 OK").contains("403 Forbidden");
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 200_000})
  void forgetsTheRequestWhenItsClientLeaves(int length) {
    String whole = post("/", "p=" + "a".repeat(length));
    Outcome outcome =
        proxy.runAndLeave(
            whole.substring(0, whole.length() - (length == 10 ? 1 : 0)).getBytes(ISO_8859_1),
            (connection, received) -> null);
    assertThat(outcome.toBackend()).isEmpty();
  }

  @Test
  void refusesContentWhenTooMuchIsHeldAlready() {
    long taken = proxy.leaveRoom(1000);
    assertThat(status(run(post("/", "p=" + "a".repeat(900)), 100))).isEqualTo(200);
    assertThat(status(run(post("/", "p=" + "a".repeat(2000)), 100))).isEqualTo(503);
    assertThat(status(run(get("/"), 100))).isEqualTo(200);
    proxy.giveRoom(taken);
  }

  // ------------------------------------------------------------------ responses

  @Test
  void keepsResponsesBackByHeadAndContent() {
    use(true, true);
    String type = "Content-Type: text/plain\r\n";
    assertThat(status(run(get("/"), 1000, type + "X-Secret: yes\r\n", ""))).isEqualTo(502);
    for (int padding : List.of(0, 100_000)) {
      Outcome outcome = run(get("/"), 1000, type, "a".repeat(padding) + "classified");
      assertThat(status(outcome)).isEqualTo(502);
      assertThat(text(outcome.toClient())).doesNotContain("classified");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 10, 100_000, 3_000_000})
  void passesResponsesOnWhole(int length) {
    use(true, true);
    String answer = "b".repeat(length);
    Outcome outcome = run(get("/"), 1000, "Content-Type: text/plain\r\n", answer);
    assertThat(text(outcome.toClient())).endsWith("\r\n\r\n" + answer);
  }

  @Test
  void doesNotLookAtMediaThatRulesCannotRead() {
    use(true, true);
    Outcome outcome = run(get("/"), 1000, "Content-Type: image/png\r\n", "classified");
    assertThat(status(outcome)).isEqualTo(200);
  }
}
