package io.weir.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where requests go and what becomes of them on the way, by a configuration file. */
class RoutingTest {
  @TempDir private static Path folder;
  private static final int PORT = Tools.freePort();
  private static final int LIMITED = Tools.freePort();
  private static RawBackend one;
  private static RawBackend two;
  private static RawBackend heads;
  private static RawBackend mirror;
  private static WeirProcess weir;

  @BeforeAll
  static void start() {
    one = RawBackend.answering("one");
    two = RawBackend.answering("two");
    heads = RawBackend.echoingHeads();
    mirror = RawBackend.answering("nobody sees this");
    weir =
        WeirProcess.start(
            folder,
            """
            listeners:
              - { name: web, address: "127.0.0.1:%d" }
              - name: limited
                address: "127.0.0.1:%d"
                pool: one
                client_limits: { requests_per_second: 1, burst: 5 }
            routes:
              - { name: exact, listeners: [web], match: { hosts: [www.example.com], path: { exact: /exact } }, pool: one }
              - { name: wild, listeners: [web], match: { hosts: ["*.example.com"], path: { exact: /exact } }, pool: two }
              - { name: redirect, match: { path: { prefix: /old } }, redirect: { status: 301, scheme: https, host: new.example.com, port: 8443 } }
              - { name: rewrite, match: { path: { prefix: /api } }, rewrite: { prefix: /v2, host: inner.example.com }, pool: heads }
              - { name: regex, match: { path: { regex: "/item/[0-9]+" } }, rewrite: { regex: "^/item/([0-9]+)$", replacement: "/i/$1" }, pool: heads }
              - name: edits
                match: { path: { exact: /edits } }
                pool: heads
                request_headers: { set: { X-Set: new }, add: { X-Add: more }, remove: [X-Remove] }
                response_headers: { set: { X-Answer: "yes" } }
              - { name: respond, match: { path: { exact: /health } }, respond: { status: 203, content_type: application/json, body: '{"up":true}', headers: { X-By: weir } } }
              - { name: split, match: { path: { exact: /split } }, split: [{ pool: one, weight: 1 }, { pool: two, weight: 1 }] }
              - { name: mirror, match: { path: { exact: /mirror } }, pool: one, mirror: { pool: mirror } }
              - { name: method, match: { path: { exact: /method }, methods: [DELETE] }, pool: one }
              - { name: header, match: { path: { exact: /choose }, headers: [{ name: X-Canary, exact: "yes" }] }, pool: two }
              - { name: query, match: { path: { exact: /choose }, queries: [{ name: v, exact: "2" }] }, pool: two }
              - { name: elsewhere, match: { path: { exact: /choose }, clients: [192.0.2.0/24] }, pool: two }
              - { name: choose, match: { path: { exact: /choose } }, pool: one }
              - { name: sticky, match: { path: { exact: /sticky } }, pool: sticky }
            pools:
              - { name: one, backends: [{ address: "%3$s" }] }
              - { name: two, backends: [{ address: "%4$s" }] }
              - { name: heads, backends: [{ address: "%5$s" }] }
              - { name: mirror, backends: [{ address: "%6$s" }] }
              - { name: sticky, sticky: { cookie: SRV, ttl: 1h }, backends: [{ address: "%3$s" }, { address: "%4$s" }] }
            """
                .formatted(
                    PORT,
                    LIMITED,
                    one.address(),
                    two.address(),
                    heads.address(),
                    mirror.address()));
  }

  @AfterAll
  static void stop() {
    weir.close();
    one.close();
    two.close();
    heads.close();
    mirror.close();
  }

  private static Message ask(String method, String host, String target, String... fields) {
    String more = fields.length == 0 ? "" : String.join("\r\n", fields) + "\r\n";
    return Wire.ask(
        PORT, method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\n" + more + "\r\n");
  }

  private static Message get(String target, String... fields) {
    return ask("GET", "any.example.net", target, fields);
  }

  @Test
  void prefersTheExactHostToTheWildcard() {
    assertThat(ask("GET", "www.example.com", "/exact").text()).isEqualTo("one");
    assertThat(ask("GET", "WWW.EXAMPLE.COM:80", "/exact").text()).isEqualTo("one");
    assertThat(ask("GET", "a.b.example.com", "/exact").text()).isEqualTo("two");
    assertThat(ask("GET", "example.com", "/exact").status()).isEqualTo(404);
  }

  @Test
  void answers404WhereNoRouteMatches() {
    assertThat(get("/nowhere").status()).isEqualTo(404);
    assertThat(weir.awaitEntry("/nowhere").path("reason").asText()).isEqualTo("route.none");
  }

  @Test
  void redirects() {
    Message answer = get("/old/page?a=b");
    assertThat(answer.status()).isEqualTo(301);
    assertThat(answer.field("Location")).isEqualTo("https://new.example.com:8443/old/page?a=b");
  }

  @Test
  void rewritesPathAndHost() {
    String head = get("/api/users?q=1").text();
    assertThat(head)
        .startsWith("GET /v2/users?q=1 HTTP/1.1\r\n")
        .containsIgnoringCase("\r\nhost: inner.example.com\r\n");
  }

  @Test
  void sendsTheNormalisedPathByWhichItDecided() {
    assertThat(get("/x/../api/./%75sers").text()).startsWith("GET /v2/users HTTP/1.1\r\n");
  }

  @Test
  void rewritesByRegularExpression() {
    assertThat(get("/item/42").text()).startsWith("GET /i/42 HTTP/1.1\r\n");
  }

  @Test
  void editsHeaderFields() {
    Message answer = get("/edits", "X-Set: old", "X-Remove: me", "X-Add: first");
    Message request = new Message(answer.text(), "", true);
    assertThat(request.fields("X-Set")).containsExactly("new");
    assertThat(request.fields("X-Add")).containsExactly("first", "more");
    assertThat(request.fields("X-Remove")).isEmpty();
    assertThat(answer.fields("X-Answer")).containsExactly("yes");
  }

  @Test
  void answersByItself() {
    Message answer = get("/health");
    assertThat(answer.status()).isEqualTo(203);
    assertThat(answer.field("Content-Type")).isEqualTo("application/json");
    assertThat(answer.field("X-By")).isEqualTo("weir");
    assertThat(answer.text()).isEqualTo("{\"up\":true}");
  }

  @Test
  void splitsByWeight() {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 100; i++) {
      seen.add(get("/split").text());
    }
    assertThat(seen).containsExactlyInAnyOrder("one", "two"); // missing one: once in 2^99 runs
  }

  @Test
  void copiesRequestsToTheMirror() {
    assertThat(ask("POST", "any.example.net", "/mirror", "Content-Length: 0").text())
        .isEqualTo("one");
    await()
        .atMost(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS)
        .until(() -> mirror.heads().stream().anyMatch(head -> head.startsWith("POST /mirror ")));
  }

  @Test
  void choosesByMethodHeaderQueryAndClient() {
    assertThat(ask("DELETE", "any.example.net", "/method").status()).isEqualTo(200);
    assertThat(get("/method").status()).isEqualTo(404);
    assertThat(get("/choose").text()).isEqualTo("one");
    assertThat(get("/choose", "X-Canary: yes").text()).isEqualTo("two");
    assertThat(get("/choose?a=1&v=2").text()).isEqualTo("two");
    assertThat(get("/choose?v=3").text()).isEqualTo("one");
  }

  @Test
  void keepsAClientOnItsBackendByCookie() {
    Message first = get("/sticky");
    String cookie = first.field("Set-Cookie").split(";", 2)[0];
    assertThat(cookie).startsWith("SRV=").doesNotContain("127.0.0.1");
    assertThat(first.field("Set-Cookie")).contains("HttpOnly", "Max-Age=3600");
    for (int i = 0; i < 20; i++) {
      assertThat(get("/sticky", "Cookie: " + cookie).text()).isEqualTo(first.text());
    }
  }

  @Test
  void limitsAClientsRate() throws IOException {
    int refused = 0;
    try (Wire wire = Wire.to(LIMITED)) {
      for (int i = 0; i < 30; i++) {
        wire.send("GET /limited HTTP/1.1\r\nHost: www.example.com\r\n\r\n");
        Message answer = wire.readResponse();
        if (answer.status() == 429) {
          refused++;
          assertThat(Integer.parseInt(answer.field("Retry-After"))).isPositive();
        }
      }
    }
    assertThat(refused).isPositive();
    var entry = weir.awaitEntry(line -> line.path("rate_limited").asBoolean());
    assertThat(entry.path("reason").asText()).isEqualTo("limit.address");
    assertThat(entry.path("status_code").asInt()).isEqualTo(429);
  }

  @Test
  void tellsAVisitorNothingInternal() {
    Message answer = get("/nowhere/at/all");
    String id = answer.field("X-Request-Id");
    assertThat(answer.text()).contains(id).doesNotContain("127.0.0.1", "weir", "pool", "route");
    assertThat(weir.awaitEntry("/nowhere/at/all").path("request_id").asText()).isEqualTo(id);
  }
}
