package io.weir.it;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The web application firewall with real rules before real sockets: the Core Rule Set 4 where its
 * folder is there (see {@link #coreRuleSet4}), else the one of Debian's package.
 */
class WafTest {
  private static final String SQL = "1 union select 1,2--";
  private static final String SQL_ENCODED = "1%20union%20select%201,2--";
  private static final Path DEBIAN = Path.of("/usr/share/modsecurity-crs/rules");

  @TempDir private static Path folder;
  private static final int PORT = Tools.freePort();
  private static final int DETECT = Tools.freePort();
  private static RawBackend backend;
  private static WeirProcess weir;

  /** Given by the system property weir.crs, or in a folder "shared" beside the checkout. */
  private static Optional<Path> coreRuleSet4() {
    String given = System.getProperty("weir.crs", System.getenv().getOrDefault("WEIR_CRS", ""));
    Path beside = Path.of("../../shared/crs-4.28.0");
    Path found = given.isEmpty() ? beside : Path.of(given);
    return Files.isDirectory(found.resolve("rules"))
        ? Optional.of(found.toAbsolutePath())
        : Optional.empty();
  }

  private static String ruleSet() throws IOException {
    if (coreRuleSet4().isEmpty()) {
      assumeTrue(
          Files.isDirectory(DEBIAN), "neither CRS 4 nor the package modsecurity-crs is here");
      return "owasp_crs_v3";
    }
    Path link = folder.resolve("rules").resolve("owasp_crs_v4");
    if (!Files.exists(link)) {
      Files.createDirectories(folder.resolve("rules"));
      Files.createSymbolicLink(link, coreRuleSet4().get());
    }
    return "owasp_crs_v4";
  }

  private static String configuration(String ruleSet, String ownFile) {
    return """
    waf:
      rule_sets: [%s]
      files: [%s]
      body_size_limit: 2MiB
      exclusions:
        - { path: "/webhooks/*", rules: [sql_injection] }
        - { path: /search, rules: [sql_injection], parameters: [q] }
        - { path: /upload, rules: [body_size_limit] }
    listeners:
      - { name: web, address: "127.0.0.1:%d", pool: app }
      - { name: detect, address: "127.0.0.1:%d", pool: app, waf: { mode: DETECT } }
    routes:
      - { name: off, match: { path: { prefix: /off } }, pool: app, waf: { enabled: false } }
      - { name: rewritten, match: { path: { prefix: /old } }, rewrite: { prefix: /new }, pool: app }
      - { name: leaks, match: { path: { prefix: /leaks } }, pool: app, waf: { inspect_responses: true } }
      - { name: retries, match: { path: { prefix: /retries } }, pool: app, retries: { attempts: 3, on: [reset] }, waf: { rule_sets: [] } }
    pools:
      - { name: app, backends: [{ address: "%s" }], outlier_ejection: off }
    """
        .formatted(ruleSet, ownFile, PORT, DETECT, backend.address());
  }

  @BeforeAll
  static void start() throws IOException {
    backend = RawBackend.of(WafTest::tellWhatCame);
    Files.writeString(
        folder.resolve("own.conf"),
        """
        SecRule ARGS:forbidden "@streq yes" "id:100001,phase:2,deny,status:418,log,msg:'own rule'"
        SecRule RESPONSE_BODY "@contains secret-of-the-house" "id:100002,phase:4,deny,log,msg:'leak'"
        """);
    weir = WeirProcess.start(folder, configuration(ruleSet(), "own.conf"));
  }

  /** Answers with how much content came, and how the request began. */
  private static void tellWhatCame(Wire wire) throws IOException {
    for (Message got = wire.readRequest(); got != null; got = wire.readRequest()) {
      String path = got.startLine().split(" ", 3)[1];
      String leak = path.startsWith("/leaks/yes") ? " secret-of-the-house" : "";
      String padding = path.endsWith("/long") ? "x".repeat(300_000) : "";
      wire.answer(
          "200 OK",
          got.text().length() + " " + got.startLine() + padding + leak,
          "Content-Type: text/plain");
    }
  }

  @AfterAll
  static void stop() {
    if (weir != null) {
      weir.close();
    }
    backend.close();
  }

  private static Message get(int port, String target) {
    return Wire.ask(port, head("GET", target) + "\r\n");
  }

  private static Message get(String target) {
    return get(PORT, target);
  }

  private static String head(String method, String target) {
    return method
        + " "
        + target
        + " HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: test\r\nAccept: */*\r\n";
  }

  private static Message post(int port, String target, String type, String body) {
    return Wire.ask(
        port,
        head("POST", target)
            + "Content-Type: "
            + type
            + "\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body);
  }

  private static String multipart(String value) {
    return "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n" + value + "\r\n--b--\r\n";
  }

  // ------------------------------------------------------------------ block

  @Test
  void letsWhatIsHarmlessPass() {
    assertThat(get("/harmless?q=hello").text()).isEqualTo("0 GET /harmless?q=hello HTTP/1.1");
    assertThat(post(PORT, "/harmless", "application/json", "{\"a\": [1, 2]}").text())
        .isEqualTo("13 POST /harmless HTTP/1.1");
    assertThat(weir.awaitEntry("/harmless").path("waf_action").asText()).isEqualTo("none");
  }

  @Test
  void refusesAnAttackInTheQueryAndSaysWhatItSaw() {
    Message answer = get("/query?a=b&q=" + SQL_ENCODED);
    assertThat(answer.status()).isEqualTo(403);
    assertThat(answer.text()).doesNotContain("942").contains("Request");
    JsonNode entry = weir.awaitEntry("/query");
    assertThat(entry.path("reason").asText()).isEqualTo("inspect.blocked");
    assertThat(entry.path("waf_action").asText()).isEqualTo("blocked");
    assertThat(entry.path("waf_rules_matched").toString()).contains("\"942100\"");
    assertThat(entry.path("waf_score").asInt()).isGreaterThanOrEqualTo(5);
    assertThat(entry.path("waf_variable").asText()).isEqualTo("ARGS:q");
    assertThat(entry.path("waf_value").asText()).contains("union select");
    assertThat(backend.received()).doesNotContain("/query");
    assertThat(
            weir.metric(
                "weir_waf_findings_total", "action=\"blocked\"", "category=\"sql_injection\""))
        .isGreaterThanOrEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1_000_000})
  void refusesAnAttackInEveryKindOfContentHoweverFarBehind(int padding) {
    String far = "a".repeat(padding);
    String form = "p=" + far + "&q=" + SQL;
    String json = "{\"p\": \"" + far + "\", \"q\": {\"r\": \"" + SQL + "\"}}";
    assertThat(post(PORT, "/form", "application/x-www-form-urlencoded", form).status())
        .isEqualTo(403);
    assertThat(post(PORT, "/json", "application/json", json).status()).isEqualTo(403);
    assertThat(
            post(PORT, "/multi", "multipart/form-data; boundary=b", multipart(far + " " + SQL))
                .status())
        .isEqualTo(403);
    assertThat(weir.awaitEntry("/json").path("waf_variable").asText()).contains("json.q.r");
  }

  @Test
  void judgesLongHeadsToo() {
    String far = "X-Far: " + "a".repeat(6000) + "\r\n";
    String form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\nq=1";
    assertThat(Wire.ask(PORT, head("GET", "/far?q=" + SQL_ENCODED) + far + "\r\n").status())
        .isEqualTo(403);
    assertThat(Wire.ask(PORT, head("GET", "/far?q=1") + far + "\r\n").text())
        .isEqualTo("0 GET /far?q=1 HTTP/1.1");
    assertThat(Wire.ask(PORT, head("POST", "/far?q=" + SQL_ENCODED) + far + form).status())
        .isEqualTo(403);
    assertThat(Wire.ask(PORT, head("POST", "/far?q=1") + far + form).text())
        .isEqualTo("3 POST /far?q=1 HTTP/1.1");
  }

  @Test
  void forwardsLongContentWhole() {
    String form = "p=" + "a".repeat(1_000_000) + "&q=hello";
    assertThat(post(PORT, "/long", "application/x-www-form-urlencoded", form).text())
        .startsWith(form.length() + " POST /long");
  }

  @Test
  void refusesAnAttackInChunks() throws IOException {
    try (Wire wire = Wire.to(PORT)) {
      wire.send(
          head("POST", "/chunks")
              + "Content-Type: application/x-www-form-urlencoded\r\n"
              + "Transfer-Encoding: chunked\r\n\r\n");
      for (String piece : List.of("q=1 un", "ion sel", "ect 1,2--")) {
        wire.send(Integer.toHexString(piece.length()) + "\r\n" + piece + "\r\n");
      }
      wire.send("0\r\n\r\n");
      assertThat(wire.readResponse().status()).isEqualTo(403);
    }
  }

  @Test
  void judgesTheTargetAsItCameAndForwardsTheRewrittenOne() {
    assertThat(get("/old/%61?q=1").text()).isEqualTo("0 GET /new/a?q=1 HTTP/1.1");
    assertThat(get("/old/a?q=" + SQL_ENCODED).status()).isEqualTo(403);
  }

  @Test
  void answersWithTheStatusThatAnOwnRuleNames() {
    assertThat(get("/own?forbidden=yes").status()).isEqualTo(418);
  }

  /** The form forbidden=yes in each coding. */
  @ParameterizedTest
  @CsvSource({
    "zstd, KLUv/QBYaQAAZm9yYmlkZGVuPXllcw==, 418",
    "br, DwaAZm9yYmlkZGVuPXllcwM=, 418",
    "br, KLUv/QBYaQAAZm9yYmlkZGVuPXllcw==, 415",
    "zstd, DwaAZm9yYmlkZGVuPXllcwM=, 415"
  })
  void looksIntoContentThatComesInACoding(String coding, String content, int status) {
    String body = new String(Base64.getDecoder().decode(content), ISO_8859_1);
    String type = "application/x-www-form-urlencoded\r\nContent-Encoding: " + coding;
    assertThat(post(PORT, "/retries/coded", type, body).status()).isEqualTo(status);
  }

  @Test
  void judgesTheHeadOfWebSocketHandshakesOnly() {
    String upgrade =
        String.join(
            "\r\n",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "\r\n");
    assertThat(Wire.ask(PORT, head("GET", "/socket?q=" + SQL_ENCODED) + upgrade).status())
        .isEqualTo(403);
    assertThat(Wire.ask(PORT, head("GET", "/socket?q=1") + upgrade).text())
        .startsWith("0 GET /socket");
  }

  // ------------------------------------------------------------------ detect, exclude, reload

  @Test
  void onlyNotesInDetectionMode() {
    assertThat(get(DETECT, "/detect?q=" + SQL_ENCODED).status()).isEqualTo(200);
    JsonNode entry = weir.awaitEntry("/detect");
    assertThat(entry.path("reason").asText()).isEqualTo("ok");
    assertThat(entry.path("waf_action").asText()).isEqualTo("detected");
    assertThat(entry.path("waf_rules_matched").toString()).contains("\"942100\"");
    String long3MiB = "p=" + "a".repeat(3 << 20) + "&q=" + SQL;
    assertThat(post(DETECT, "/detect-long", "application/x-www-form-urlencoded", long3MiB).text())
        .startsWith(long3MiB.length() + " POST");
    assertThat(weir.awaitEntry("/detect-long").path("waf_action").asText()).isEqualTo("detected");
  }

  @Test
  void leavesOutWhatIsExcluded() {
    assertThat(get("/webhooks/a?q=" + SQL_ENCODED).status()).isEqualTo(200);
    assertThat(get("/webhooks").status()).isEqualTo(200);
    assertThat(get("/search?q=" + SQL_ENCODED).status()).isEqualTo(200);
    assertThat(get("/search?r=" + SQL_ENCODED).status()).isEqualTo(403);
    assertThat(get("/off?q=" + SQL_ENCODED).status()).isEqualTo(200);
  }

  @Test
  void theExclusionInTheLogLetsJustThatPass(@TempDir Path other) throws IOException {
    assertThat(get("/shown?comment=" + SQL_ENCODED).status()).isEqualTo(403);
    String exclusion = weir.awaitEntry("/shown").path("waf_exclusion").asText();
    int port = Tools.freePort();
    String text =
        configuration(ruleSet(), folder.resolve("own.conf").toString())
            .replace("exclusions:\n", "exclusions:\n    - " + exclusion + "\n")
            .replace("  body_size", "  rules_folder: " + folder.resolve("rules") + "\n  body_size")
            .replace(":" + PORT + "\"", ":" + port + "\"")
            .replace(":" + DETECT + "\"", ":" + Tools.freePort() + "\"");
    try (WeirProcess another = WeirProcess.start(other, text)) {
      assertThat(get(port, "/shown?comment=" + SQL_ENCODED).status()).isEqualTo(200);
      assertThat(get(port, "/shown?other=" + SQL_ENCODED).status()).isEqualTo(403);
      assertThat(get(port, "/elsewhere?comment=" + SQL_ENCODED).status()).isEqualTo(403);
      assertThat(another.isAlive()).isTrue();
    }
  }

  @Test
  void takesUpChangedRulesWithoutLoss(@TempDir Path other) throws Exception {
    Path own = Files.writeString(other.resolve("own.conf"), "# nothing yet\n");
    int port = Tools.freePort();
    String text =
        configuration(ruleSet(), "own.conf")
            .replace("  body_size", "  rules_folder: " + folder.resolve("rules") + "\n  body_size")
            .replace(":" + PORT + "\"", ":" + port + "\"")
            .replace(":" + DETECT + "\"", ":" + Tools.freePort() + "\"");
    try (WeirProcess changing = WeirProcess.start(other, text);
        Wire held = Wire.to(port)) {
      held.send(
          head("POST", "/held")
              + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n\r\na=");
      assertThat(get(port, "/new?token=abc").status()).isEqualTo(200);
      Files.writeString(own, "SecRule ARGS:token \"@streq abc\" \"id:100003,phase:1,deny,log\"\n");
      await()
          .atMost(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS)
          .until(() -> get(port, "/new?token=abc").status() == 403);
      Files.writeString(own, "SecRule ARGS:token \"@rx (\" \"id:100003,phase:1,deny,log\"\n");
      changing.awaitLine("own.conf:1: SecRule: ");
      assertThat(get(port, "/new?token=abc").status()).isEqualTo(403);
      // What was begun under the first rules ends under them.
      held.send("hello");
      assertThat(held.readResponse().text()).startsWith("7 POST /held");
    }
  }

  // ------------------------------------------------------------------ limits and pace

  @Test
  void refusesContentBeyondTheLimitUnlessExcluded() {
    String body = "p=" + "a".repeat(3 << 20);
    String form = "application/x-www-form-urlencoded";
    String announced = head("POST", "/limit") + "Content-Length: " + body.length() + "\r\n\r\n";
    assertThat(Wire.ask(PORT, announced).status()).isEqualTo(413);
    assertThat(weir.awaitEntry("/limit").path("reason").asText())
        .isEqualTo("inspect.body_too_large");
    assertThat(post(PORT, "/upload", form, body).text()).startsWith(body.length() + " POST");
    assertThat(weir.awaitEntry("/upload").path("waf_action").asText()).isEqualTo("head_only");
    // The head is enough, and as the answer comes at once, sending all that content could fail.
    String attack = announced.replace("/limit", "/upload?q=" + SQL_ENCODED);
    assertThat(Wire.ask(PORT, attack).status()).isEqualTo(403);
  }

  @Test
  void refusesWhatTheRulesOwnLimitCutsOff(@TempDir Path other) throws IOException {
    Files.writeString(other.resolve("own.conf"), "SecRequestBodyLimit 1000");
    int port = Tools.freePort();
    String text =
        """
        waf: { rule_sets: [], files: [own.conf] }
        listeners: [{ name: web, address: "127.0.0.1:%d", pool: app }]
        pools: [{ name: app, backends: [{ address: "%s" }] }]
        """
            .formatted(port, backend.address());
    try (WeirProcess limited = WeirProcess.start(other, text)) {
      String form = "application/x-www-form-urlencoded";
      assertThat(post(port, "/", form, "p=" + "a".repeat(998)).status()).isEqualTo(200);
      assertThat(post(port, "/", form, "p=" + "a".repeat(999)).status()).isEqualTo(413);
      assertThat(limited.isAlive()).isTrue();
    }
  }

  @Test
  void refusesChunksBeyondTheLimitUnlessExcluded() throws IOException {
    for (String path : List.of("/limit-chunks", "/upload")) {
      try (Wire wire = Wire.to(PORT)) {
        wire.send(
            head("POST", path)
                + "Content-Type: application/x-www-form-urlencoded\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n");
        String piece = "a".repeat(64 << 10);
        for (int i = 0; i < 36; i++) {
          wire.send("10000\r\n" + piece + "\r\n");
        }
        wire.send("0\r\n\r\n");
        assertThat(wire.readResponse().status()).isEqualTo(path.equals("/upload") ? 200 : 413);
      }
    }
  }

  @Test
  void refusesWhatItCannotDecode() {
    String request =
        head("POST", "/coded")
            + "Content-Type: application/json\r\nContent-Encoding: br\r\n"
            + "Content-Length: 4\r\n\r\nabcd";
    assertThat(Wire.ask(PORT, request).status()).isEqualTo(415);
  }

  @Test
  void asksForContentThatTheClientHoldsBack() throws IOException {
    try (Wire wire = Wire.to(PORT)) {
      wire.send(
          head("POST", "/expect")
              + "Content-Type: application/x-www-form-urlencoded\r\n"
              + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n");
      assertThat(wire.readInterim().status()).isEqualTo(100);
      wire.send("a=bcd");
      assertThat(wire.readResponse().text()).startsWith("5 POST /expect");
    }
    assertThat(backend.heads()).noneMatch(head -> head.contains("Expect:"));
    try (Wire wire = Wire.to(PORT)) {
      wire.send(
          head("POST", "/expect?q=" + SQL_ENCODED)
              + "Content-Type: application/x-www-form-urlencoded\r\n"
              + "Expect: 100-continue\r\nContent-Length: 3000000\r\n\r\n");
      assertThat(wire.readInterim().status()).isNotEqualTo(100);
    }
  }

  @Test
  void takesContentAsSlowlyAsItComes() throws Exception {
    try (Wire wire = Wire.to(PORT)) {
      String body = "a=" + "b".repeat(98);
      wire.send(
          head("POST", "/slow")
              + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\n");
      for (int i = 0; i < body.length(); i++) {
        wire.send(body.substring(i, i + 1));
        Thread.sleep(1);
      }
      assertThat(wire.readResponse().text()).startsWith("100 POST /slow");
    }
  }

  @Test
  void forgetsRequestsWhoseClientsLeaveWhileTheyAreJudged() throws Exception {
    String body = "p=" + "a b'c--".repeat(200_000);
    List<Wire> wires = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      Wire wire = Wire.to(PORT);
      wires.add(wire);
      wire.send(
          head("POST", "/left")
              + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "
              + body.length()
              + "\r\n\r\n"
              + body);
    }
    for (Wire wire : wires) {
      wire.reset();
    }
    // Which of them were judged before their clients left is not ours to say.
    await()
        .atMost(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS)
        .until(() ->
            weir.accessLog().stream()
                    .filter(entry -> entry.path("path").asText().equals("/left"))
                    .count()
                == 12);
    // Their memory is given back: as much again is taken, one after the other.
    for (int i = 0; i < 40; i++) {
      String form = "p=" + "a".repeat(1_500_000);
      assertThat(post(PORT, "/again", "application/x-www-form-urlencoded", form).status())
          .isEqualTo(200);
    }
  }

  @Test
  void sendsHeldContentAgainToAnotherConnection() throws IOException {
    RawBackend.Script before = WafTest::tellWhatCame;
    int[] failures = {1};
    backend.resetConnections();
    backend.script(wire -> {
      if (failures[0]-- > 0) {
        wire.readRequest();
        wire.reset();
      } else {
        tellWhatCame(wire);
      }
    });
    try {
      String body = "a".repeat(100_000);
      Message answer =
          Wire.ask(
              PORT,
              head("PUT", "/retries")
                  + "Content-Type: text/plain\r\nContent-Length: 100000\r\n\r\n"
                  + body);
      assertThat(answer.text()).startsWith("100000 PUT /retries");
      assertThat(weir.awaitEntry("/retries").path("retries").asInt()).isPositive();
    } finally {
      backend.script(before);
    }
  }

  // ------------------------------------------------------------------ HTTP/2, responses

  @Test
  void judgesHttp2() throws IOException {
    Path body =
        Files.writeString(folder.resolve("body"), "p=" + "a".repeat(1_000_000) + "&q=" + SQL);
    assertThat(curl("http://127.0.0.1:" + PORT + "/h2?q=" + SQL_ENCODED)).isEqualTo("403");
    assertThat(curl("-d", "@" + body, "http://127.0.0.1:" + PORT + "/h2")).isEqualTo("403");
    Files.writeString(body, "p=" + "a".repeat(1_000_000));
    assertThat(curl("-d", "@" + body, "http://127.0.0.1:" + PORT + "/h2")).isEqualTo("200");
    assertThat(curl("-d", "a=b", "http://127.0.0.1:" + PORT + "/h2")).isEqualTo("200");
  }

  private static String curl(String... words) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "curl",
                "-s",
                "--http2-prior-knowledge",
                "-H",
                "Host: www.example.com",
                "-o",
                "/dev/null",
                "-w",
                "%{http_code}"));
    command.addAll(List.of(words));
    return Tools.run(command).ok();
  }

  @Test
  void keepsBackResponsesThatLeak() {
    assertThat(get("/leaks/no").text()).isEqualTo("0 GET /leaks/no HTTP/1.1");
    assertThat(get("/leaks/no/long").text()).hasSizeGreaterThan(300_000);
    assertThat(get("/leaks/yes").status()).isEqualTo(502);
    Message answer = get("/leaks/yes/long");
    assertThat(answer.status()).isEqualTo(502);
    assertThat(answer.text()).doesNotContain("secret");
    assertThat(weir.awaitEntry("/leaks/yes").path("reason").asText()).isEqualTo("review.blocked");
    assertThat(get("/elsewhere/leaks/yes").status()).isEqualTo(200);
  }

  @Test
  void findsTheSameWithDebiansOlderRules(@TempDir Path other) {
    assumeTrue(Files.isDirectory(DEBIAN), "the package modsecurity-crs is missing");
    int port = Tools.freePort();
    String text =
        configuration("owasp_crs_v3", folder.resolve("own.conf").toString())
            .replace(":" + PORT + "\"", ":" + port + "\"")
            .replace(":" + DETECT + "\"", ":" + Tools.freePort() + "\"");
    try (WeirProcess another = WeirProcess.start(other, text)) {
      assertThat(get(port, "/?q=hello").status()).isEqualTo(200);
      assertThat(get(port, "/?q=" + SQL_ENCODED).status()).isEqualTo(403);
      assertThat(another.isAlive()).isTrue();
    }
  }
}
