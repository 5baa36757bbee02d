package io.weir.proxy.route;

import static io.weir.proxy.route.Requests.get;
import static io.weir.proxy.route.Requests.pool;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.Head;
import io.weir.proxy.http.PathNormaliser;
import io.weir.proxy.upstream.Pool;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ActionTest {
  private static String location(Redirect redirect, Head head, boolean secure) {
    byte[] dst = new byte[3 + redirect.maxLength(head)];
    return Ascii.text(dst, 3, redirect.writeLocation(head, secure, dst, 3));
  }

  private static Redirect toHttps() {
    return new Redirect(308, true, null, 0, PathEdit.KEEP, true);
  }

  @Test
  void splitsByWeightOverAllRandomNumbers() {
    Pool a = pool("a");
    Pool b = pool("b");
    Pool none = pool("none");
    WeightedPools split =
        new WeightedPools(
            List.of(
                new WeightedPools.Share(none, 0),
                new WeightedPools.Share(a, 90),
                new WeightedPools.Share(none, 0),
                new WeightedPools.Share(b, 10),
                new WeightedPools.Share(none, 0)));
    int steps = 1 << 16;
    int toA = 0;
    for (int i = 0; i < steps; i++) {
      Pool chosen = split.choose(i << 16);
      assertThat(chosen).isNotSameAs(none);
      toA += chosen == a ? 1 : 0;
    }
    assertThat(toA / (double) steps).isCloseTo(0.9, within(0.001));
    assertThat(split.choose(0)).isSameAs(a);
    assertThat(split.choose(-1)).isSameAs(b);
  }

  @Test
  void refusesSplitsWithoutWeight() {
    assertThatThrownBy(() -> new WeightedPools(List.of())).hasMessageContaining("a weight above 0");
    assertThatThrownBy(() -> new WeightedPools.Share(pool("a"), -1))
        .hasMessage("weight: -1 (expected: 0 to 1000000)");
  }

  @Test
  void mirrorsTheShareAskedFor() {
    Random random = new Random(4711);
    int taken = 0;
    Mirror mirror = new Mirror(pool("m"), 12.5);
    for (int i = 0; i < 100_000; i++) {
      taken += mirror.takes(random.nextInt()) ? 1 : 0;
    }
    assertThat(taken).isBetween(12_000, 13_000);
    assertThat(new Mirror(pool("m"), 100).takes(-1)).isTrue();
    assertThat(new Mirror(pool("m"), 0).takes(0)).isFalse();
    assertThatThrownBy(() -> new Mirror(pool("m"), 100.1)).hasMessageContaining("0 to 100");
    assertThatThrownBy(() -> new Mirror(pool("m"), Double.NaN)).hasMessageContaining("0 to 100");
  }

  @ParameterizedTest
  @CsvSource({
    "example.com, /a/b?c=d, https://example.com/a/b?c=d",
    "example.com:8080, /, https://example.com/",
    "'[2001:db8::1]:8080', /x?, https://[2001:db8::1]/x?",
  })
  void redirectsToHttpsWithoutTheOldPort(String host, String target, String location) {
    assertThat(location(toHttps(), get(host, target), false)).isEqualTo(location);
  }

  @Test
  void redirectsToHostPortAndPath() {
    Head head = get("old.example:81", "/x/y?q=1");
    assertThat(location(new Redirect(301, null, "new.example", 0, PathEdit.KEEP, true), head, true))
        .isEqualTo("https://new.example/x/y?q=1");
    assertThat(location(new Redirect(302, false, null, 8080, PathEdit.KEEP, false), head, true))
        .isEqualTo("http://old.example:8080/x/y");
    assertThat(
            location(
                new Redirect(303, null, null, 0, PathEdit.replaceAll("/z"), true), head, false))
        .isEqualTo("http://old.example:81/z?q=1");
    assertThat(
            location(
                new Redirect(
                    307, true, "2001:db8::7", 8443, PathEdit.replacePrefix("/x", "/"), true),
                head,
                false))
        .isEqualTo("https://[2001:db8::7]:8443/y?q=1");
  }

  @Test
  void neverSendsAPathThatReadsAsAHost() {
    Head head = Requests.parse("GET //evil.example/x HTTP/1.0\r\n\r\n");
    assertThat(new PathNormaliser(false, false).normalise(head)).isTrue();
    Redirect redirect =
        new Redirect(301, null, null, 0, PathEdit.replacePrefix("/other", "/"), true);
    assertThat(location(redirect, head, false)).isEqualTo("/.//evil.example/x");
  }

  @Test
  void redirectsTheAsteriskToTheRoot() {
    assertThat(location(toHttps(), Requests.request("OPTIONS", "a.example", "*"), false))
        .isEqualTo("https://a.example/");
  }

  @Test
  void refusesRedirectsThatAreNone() {
    assertThatThrownBy(() -> new Redirect(304, true, null, 0, PathEdit.KEEP, true))
        .hasMessage("redirect.status: 304 (expected: 301, 302, 303, 307 or 308)");
    assertThatThrownBy(() -> new Redirect(301, null, null, 0, PathEdit.KEEP, true))
        .hasMessageContaining("redirect: to itself");
    assertThatThrownBy(() -> new Redirect(301, null, "a b", 0, PathEdit.KEEP, true))
        .hasMessage("redirect.host: a b (expected: a host)");
    assertThatThrownBy(() -> new Redirect(301, null, "a\r\nX: y", 0, PathEdit.KEEP, true))
        .hasMessageContaining("expected: a host");
    assertThatThrownBy(() -> new Redirect(301, null, null, 65536, PathEdit.KEEP, true))
        .hasMessage("redirect.port: 65536 (expected: 1 to 65535)");
  }

  private static @Nullable String rewritten(PathEdit edit, String path) {
    Head head = get("a.example", path + "?q=1");
    if (!new Rewrite(edit, null).apply(head, PathNormaliser.STRICT)) {
      assertThat(head.path()).isEqualTo(path);
      return null;
    }
    assertThat(head.query()).isEqualTo("q=1");
    assertThat(head.value("host")).isEqualTo("a.example");
    assertThat(head.pathEnd).isLessThanOrEqualTo(head.length);
    return head.path();
  }

  @ParameterizedTest
  @CsvSource({
    "/api, /v1, /api, /v1",
    "/api, /v1, /api/x, /v1/x",
    "/api, /v1/, /api/x, /v1/x",
    "/api, /, /api/x, /x",
    "/api, /, /api, /",
    "/api, /, /api/, /",
    "/api/, /v1, /api/x, /v1/x",
    "/api/, /, /api/x, /x",
    "/api, /v1, /apix, /apix",
    "/, /v1, /x, /v1/x",
    "/, /v1, /, /v1",
    "/api, /v1, /api;s=1/x, /v1;s=1/x",
    "/a/b, /c, /a;s/b/d, /c/d",
  })
  void replacesPrefixesWithExactlyOneSlash(String prefix, String to, String path, String result) {
    assertThat(rewritten(PathEdit.replacePrefix(prefix, to), path)).isEqualTo(result);
  }

  @ParameterizedTest
  @CsvSource({
    "^/u/([0-9]+)/(.*)$, /$2/of/$1, /u/7/posts/x, /posts/x/of/7",
    "o, 0, /foo/boo, /f00/b00",
    "/none, /x, /foo, /foo",
    "(x)|(y), <$2>, /y, ",
    "(x)|(y), [$2], /x/y, /[]/[y]",
    "/x, /$$1, /x, /$1",
    "$, /end, /x, /x/end",
    "/a/b, /, /a/b/c, /c",
  })
  void replacesMatchesOfExpressions(String regex, String to, String path, @Nullable String result) {
    if (result == null) {
      assertThatThrownBy(() -> PathEdit.replaceRegex(regex, to))
          .hasMessageContaining("characters of a path");
    } else {
      assertThat(rewritten(PathEdit.replaceRegex(regex, to), path)).isEqualTo(result);
    }
  }

  @ParameterizedTest
  @CsvSource({"/x, /../../etc, /x", "a(.*), .$1., /a", "^/, '', /x", "x, %2F, /x", "x, %, /x4"})
  void refusesExpressionsWhoseResultIsUnsafe(String regex, String to, String path) {
    assertThat(rewritten(PathEdit.replaceRegex(regex, to), path)).isNull();
  }

  @Test
  void hasRoomForAMatchBeforeEveryOctet() {
    String path = "/" + "a".repeat(3_000);
    assertThat(rewritten(PathEdit.replaceRegex("(a)", "$1$1-xyz"), path))
        .isEqualTo("/" + "aa-xyz".repeat(3_000));
    assertThat(rewritten(PathEdit.replaceRegex("b*", "~"), "/aa")).isNull();
    assertThat(rewritten(PathEdit.replaceRegex("((a*))", "$1$2$1"), path))
        .isEqualTo("/" + "a".repeat(9_000));
  }

  @Test
  void refusesTemplatesWithUnknownGroups() {
    for (String template : List.of("$", "$2", "$x", "$0", "${1}")) {
      assertThatThrownBy(() -> PathEdit.replaceRegex("(a)", template))
          .hasMessage(
              "replacement: " + template + " (expected: $1 to $9 for a group of the regex, or $$)");
    }
  }

  @Test
  void rewritesTheHostWithoutTouchingTheFields() {
    Head head = get("a.example", "/x");
    assertThat(
            new Rewrite(PathEdit.replaceAll("/y"), "b.example:81")
                .apply(head, PathNormaliser.STRICT))
        .isTrue();
    assertThat(head.authority()).isEqualTo("b.example:81");
    assertThat(head.path()).isEqualTo("/y");
    assertThat(head.value("host")).isEqualTo("a.example");
    assertThatThrownBy(() -> new Rewrite(PathEdit.KEEP, "a b")).hasMessageContaining("a host");
  }

  @Test
  void leavesTheAsteriskToTheBackend() {
    Head head = Requests.request("OPTIONS", "a.example", "*");
    assertThat(new Rewrite(PathEdit.replaceAll("/y"), null).apply(head, PathNormaliser.STRICT))
        .isTrue();
    assertThat(head.path()).isEqualTo("*");
  }

  @Test
  void respondsWithWhatItWasGiven() {
    FieldEdits fields =
        new FieldEdits(List.of(new FieldEdits.Field("Retry-After", "60")), List.of(), List.of());
    byte[] body = Ascii.bytes("gone fishing");
    Respond respond = new Respond(503, "text/plain; charset=utf-8", body, fields);
    body[0] = 'X';
    assertThat(respond.status()).isEqualTo(503);
    assertThat(respond.contentType()).asString().isEqualTo("text/plain; charset=utf-8");
    assertThat(respond.body()).asString().isEqualTo("gone fishing");
    assertThat(respond.fields()).isSameAs(fields);
  }

  @Test
  void refusesResponsesThatHttpDoesNotHave() {
    assertThatThrownBy(() -> new Respond(199, "a/b", new byte[0], FieldEdits.NONE))
        .hasMessage("respond.status: 199 (expected: 200 to 599)");
    assertThatThrownBy(() -> new Respond(204, "a/b", new byte[1], FieldEdits.NONE))
        .hasMessage("respond.body: 1 octets (expected: none with status 204)");
    assertThatThrownBy(() -> new Respond(200, "a/b\r\nX: y", new byte[0], FieldEdits.NONE))
        .hasMessageStartingWith("respond.content_type: ");
  }

  @Test
  void retriesWhatThePolicyNames() {
    RetryPolicy policy = new RetryPolicy(2, true, false, true, Set.of(502, 503));
    assertThat(policy.onStatus(502)).isTrue();
    assertThat(policy.onStatus(504)).isFalse();
    assertThat(policy.onStatus(200)).isFalse();
    assertThatThrownBy(() -> new RetryPolicy(11, true, true, true, Set.of()))
        .hasMessage("retries.attempts: 11 (expected: 0 to 10)");
    assertThatThrownBy(() -> new RetryPolicy(1, true, true, true, Set.of(404)))
        .hasMessage("retries.on: 404 (expected: 500 to 599)");
  }

  @Test
  void refusesNegativeLimitsAndTimeouts() {
    assertThatThrownBy(() -> new RouteLimits(-1, true, null))
        .hasMessageStartingWith("limits.body: -1");
    assertThatThrownBy(() -> new RouteTimeouts(0, 0, 0, -1))
        .hasMessageStartingWith("timeouts.tunnel_idle: -1");
  }
}
