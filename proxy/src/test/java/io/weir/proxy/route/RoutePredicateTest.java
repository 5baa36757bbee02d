package io.weir.proxy.route;

import static io.weir.proxy.route.Requests.CLIENT;
import static io.weir.proxy.route.Requests.client;
import static io.weir.proxy.route.Requests.get;
import static io.weir.proxy.route.Requests.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.net.IpPrefix;
import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.Head;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RoutePredicateTest {
  private static boolean holds(RoutePredicate predicate, Head head) {
    return predicate.test(head, CLIENT, Handshake.NONE);
  }

  private static boolean path(RoutePredicate predicate, String path) {
    return holds(predicate, get("a.example", path));
  }

  @ParameterizedTest
  @CsvSource({
    "/api, /api, true",
    "/api, /api/, true",
    "/api, /api/x, true",
    "/api, /api?q, true",
    "/api, /%61pi/x, true",
    "/api, /apix, false",
    "/api, /ap, false",
    "/api, /API, false",
    "/api, /x/api, false",
    "/api/, /api/, true",
    "/api/, /api/x, true",
    "/api/, /api, false",
    "/, /, true",
    "/, /anything, true",
    "/caf%C3%A9, /caf%c3%a9/x, true",
  })
  void takesPrefixesOfWholeSegments(String prefix, String path, boolean holds) {
    assertThat(path(RoutePredicate.pathPrefix(prefix), path)).isEqualTo(holds);
  }

  @ParameterizedTest
  @CsvSource({
    "/a/b, /a/b, true",
    "/a/b, /a/b?c, true",
    "/a/b, /a/./b, true",
    "/a/b, /a//b, true",
    "/a/b, /a/b/, false",
    "/a/b, /a/bc, false",
    "/a/b, /a, false",
    "/, /, true",
  })
  void takesExactPaths(String exact, String path, boolean holds) {
    assertThat(path(RoutePredicate.pathExact(exact), path)).isEqualTo(holds);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/admin;x/users", "/admin/users;y=z", "/admin;/users;", "/admin;a;b/users"})
  void isNotEvadedByPathParameters(String path) {
    assertThat(path(RoutePredicate.pathExact("/admin/users"), path)).isTrue();
    assertThat(path(RoutePredicate.pathPrefix("/admin/users"), path)).isTrue();
    assertThat(path(RoutePredicate.pathPrefix("/admin"), path)).isTrue();
    assertThat(path(RoutePredicate.pathExact("/admin"), path)).isFalse();
    assertThat(path(RoutePredicate.pathPrefix("/admin/other"), path)).isFalse();
  }

  @Test
  void comparesParametersThatThePatternItselfNames() {
    assertThat(path(RoutePredicate.pathExact("/a;v=1/b"), "/a;v=1/b")).isTrue();
    assertThat(path(RoutePredicate.pathExact("/a;v=1/b"), "/a;v=2/b")).isFalse();
    assertThat(path(RoutePredicate.pathExact("/a;v=1/b"), "/a/b")).isFalse();
  }

  @Test
  void matchesRegularExpressionsAgainstTheWholePath() {
    RoutePredicate users = RoutePredicate.pathRegex("/users/[0-9]+");
    assertThat(path(users, "/users/42")).isTrue();
    assertThat(path(users, "/users/42?x=/y")).isTrue();
    assertThat(path(users, "/users/42/posts")).isFalse();
    assertThat(path(users, "/v1/users/42")).isFalse();
  }

  @Test
  void matchesNestedQuantifiersInLinearTime() {
    assertThat(path(RoutePredicate.pathRegex("/(a+)+b"), "/" + "a".repeat(5_000))).isFalse();
  }

  @Test
  void givesTheAsteriskOnlyToExactAndPathlessRoutes() {
    Head options = request("OPTIONS", "a.example", "*");
    assertThat(holds(RoutePredicate.pathPrefix("/"), options)).isFalse();
    assertThat(holds(RoutePredicate.pathExact("*"), options)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "api, a path that begins with /",
    "/a/../b, the normalised path /b",
    "/caf%c3%a9, the normalised path /caf%C3%A9",
    "/%7Euser, the normalised path /~user",
    "/a b, no unsafe octets",
    "/../a, no unsafe octets",
    "/caf\u00e9, no unsafe octets",
    "/\u20ac, no unsafe octets",
  })
  void refusesPathsThatNoNormalisedRequestHas(String path, String expected) {
    assertThatThrownBy(() -> RoutePredicate.pathPrefix(path))
        .hasMessageStartingWith("path.prefix: " + path + " (expected: ")
        .hasMessageContaining(expected);
    assertThatThrownBy(() -> RoutePredicate.pathExact(path)).hasMessageContaining(expected);
  }

  @Test
  void refusesExpressionsBeyondRe2() {
    assertThatThrownBy(() -> RoutePredicate.pathRegex("/(a)\\1"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("path.regex: /(a)\\1 (expected: RE2 syntax; ");
  }

  @Test
  void comparesMethodsWithCaseAndWithoutGuessing() {
    RoutePredicate methods = RoutePredicate.methods(List.of("GET", "PROPFIND"));
    assertThat(holds(methods, request("GET", "a", "/"))).isTrue();
    assertThat(holds(methods, request("PROPFIND", "a", "/"))).isTrue();
    assertThat(holds(methods, request("HEAD", "a", "/"))).isFalse();
    assertThat(holds(methods, request("get", "a", "/"))).isFalse();
    assertThat(holds(methods, request("PROPPATCH", "a", "/"))).isFalse();
  }

  @Test
  void comparesFieldsInEveryWay() {
    Head head = get("a", "/", "X-Env: blue", "x-env: Green-2", "Accept-Encoding: gzip");
    assertThat(holds(RoutePredicate.header("X-ENV", ValueMatch.exact("blue")), head)).isTrue();
    assertThat(holds(RoutePredicate.header("x-env", ValueMatch.exact("Blue")), head)).isFalse();
    assertThat(holds(RoutePredicate.header("x-env", ValueMatch.exact("blu")), head)).isFalse();
    assertThat(holds(RoutePredicate.header("x-env", ValueMatch.prefix("Green")), head)).isTrue();
    assertThat(holds(RoutePredicate.header("x-env", ValueMatch.prefix("Green-22")), head))
        .isFalse();
    assertThat(holds(RoutePredicate.header("x-env", ValueMatch.regex("Green-[0-9]")), head))
        .isTrue();
    assertThat(holds(RoutePredicate.header("x-env", ValueMatch.regex("[0-9]")), head)).isFalse();
    assertThat(holds(RoutePredicate.header("accept-encoding", ValueMatch.PRESENT), head)).isTrue();
    assertThat(holds(RoutePredicate.header("accept-encoding", ValueMatch.ABSENT), head)).isFalse();
    assertThat(holds(RoutePredicate.header("x-none", ValueMatch.PRESENT), head)).isFalse();
    assertThat(holds(RoutePredicate.header("x-none", ValueMatch.ABSENT), head)).isTrue();
    assertThat(holds(RoutePredicate.header("x-none", ValueMatch.prefix("")), head)).isFalse();
  }

  @Test
  void refusesFieldNamesThatAreNoneAndTheHost() {
    assertThatThrownBy(() -> RoutePredicate.header("a b", ValueMatch.PRESENT))
        .hasMessage("headers.name: a b (expected: a field name)");
    assertThatThrownBy(() -> RoutePredicate.header("Host", ValueMatch.exact("x")))
        .hasMessageContaining("hosts are named in match.hosts");
  }

  @ParameterizedTest
  @CsvSource({
    "/?a=1, true",
    "/?b=2&a=1, true",
    "/?a=2&a=1, true",
    "/?%61=%31, true",
    "/?a=1&, true",
    "/?a=12, false",
    "/?a=, false",
    "/?a, false",
    "/?aa=1, false",
    "/?A=1, false",
    "/?, false",
    "/, false",
    "/?x=a=1, false",
    "/a=1, false",
  })
  void comparesQueryParametersAfterDecoding(String target, boolean holds) {
    assertThat(holds(RoutePredicate.query("a", ValueMatch.exact("1")), get("h", target)))
        .isEqualTo(holds);
  }

  @Test
  void comparesQueryParametersInEveryWay() {
    Head head = get("h", "/?flag&empty=&q=gr%C3%BCn+tea&bad=%4&pct=%");
    assertThat(holds(RoutePredicate.query("flag", ValueMatch.PRESENT), head)).isTrue();
    assertThat(holds(RoutePredicate.query("flag", ValueMatch.exact("")), head)).isTrue();
    assertThat(holds(RoutePredicate.query("empty", ValueMatch.exact("")), head)).isTrue();
    assertThat(holds(RoutePredicate.query("none", ValueMatch.PRESENT), head)).isFalse();
    assertThat(holds(RoutePredicate.query("none", ValueMatch.ABSENT), head)).isTrue();
    assertThat(holds(RoutePredicate.query("flag", ValueMatch.ABSENT), head)).isFalse();
    assertThat(holds(RoutePredicate.query("q", ValueMatch.exact("gr\u00fcn tea")), head)).isTrue();
    assertThat(holds(RoutePredicate.query("q", ValueMatch.prefix("gr\u00fcn")), head)).isTrue();
    assertThat(holds(RoutePredicate.query("q", ValueMatch.prefix("tea")), head)).isFalse();
    assertThat(holds(RoutePredicate.query("q", ValueMatch.regex("gr..n tea")), head)).isTrue();
    assertThat(holds(RoutePredicate.query("bad", ValueMatch.exact("%4")), head)).isTrue();
    assertThat(holds(RoutePredicate.query("pct", ValueMatch.exact("%")), head)).isTrue();
  }

  @Test
  void comparesClientsOfBothFamilies() {
    RoutePredicate office =
        RoutePredicate.clients(
            List.of(IpPrefix.parse("192.0.2.0/25"), IpPrefix.parse("2001:db8:1::/48")));
    Head head = get("h", "/");
    assertThat(office.test(head, client("192.0.2.127"), Handshake.NONE)).isTrue();
    assertThat(office.test(head, client("192.0.2.128"), Handshake.NONE)).isFalse();
    assertThat(office.test(head, client("2001:db8:1::5"), Handshake.NONE)).isTrue();
    assertThat(office.test(head, client("2001:db8:2::5"), Handshake.NONE)).isFalse();
  }

  @Test
  void comparesServerNamesAndNeverHoldsWithoutTls() {
    RoutePredicate sni = RoutePredicate.sni(List.of("api.example.com", "*.internal.example.com"));
    Head head = get("h", "/");
    assertThat(sni.test(head, CLIENT, shook("api.example.com", ""))).isTrue();
    assertThat(sni.test(head, CLIENT, shook("a.internal.example.com", ""))).isTrue();
    assertThat(sni.test(head, CLIENT, shook("internal.example.com", ""))).isFalse();
    assertThat(sni.test(head, CLIENT, shook("www.example.com", ""))).isFalse();
    assertThat(sni.test(head, CLIENT, Handshake.NONE)).isFalse();
  }

  @Test
  void refusesEmptyLists() {
    assertThatThrownBy(() -> RoutePredicate.methods(List.of()))
        .hasMessageStartingWith("methods: []");
    assertThatThrownBy(() -> RoutePredicate.clients(List.of()))
        .hasMessageStartingWith("clients: []");
    assertThatThrownBy(() -> RoutePredicate.sni(List.of())).hasMessageStartingWith("sni: []");
    assertThatThrownBy(() -> RoutePredicate.query("", ValueMatch.PRESENT))
        .hasMessageStartingWith("queries.name: ");
  }

  @Test
  void saysEachConditionInTheOperatorsWords() {
    assertThat(
            List.of(
                    RoutePredicate.pathExact("/x"),
                    RoutePredicate.pathPrefix("/x"),
                    RoutePredicate.pathRegex("/x+"),
                    RoutePredicate.methods(List.of("GET", "HEAD")),
                    RoutePredicate.header("X-A", ValueMatch.PRESENT),
                    RoutePredicate.header("X-A", ValueMatch.ABSENT),
                    RoutePredicate.query("q", ValueMatch.exact("1")),
                    RoutePredicate.query("q", ValueMatch.prefix("1")),
                    RoutePredicate.query("q", ValueMatch.regex("1+")),
                    RoutePredicate.clients(List.of(IpPrefix.parse("192.0.2.0/24"))),
                    RoutePredicate.sni(List.of("*.Example.com")))
                .stream()
                .map(Object::toString))
        .containsExactly(
            "path is /x",
            "path is or lies below /x",
            "path matches /x+",
            "method is one of [GET, HEAD]",
            "header X-A is present",
            "header X-A is absent",
            "query q is 1",
            "query q begins with 1",
            "query q matches 1+",
            "client is in [192.0.2.0/24]",
            "sni is one of [*.Example.com]");
  }

  @Test
  void holdsForTheFingerprintsOfAHandshake() {
    Head head = get("www.example.com", "/");
    RoutePredicate ja4 = RoutePredicate.ja4(List.of("t13d1516h2_8daaf6152771_e5627efa2ab1"));
    assertThat(ja4.test(head, CLIENT, shook("", "t13d1516h2_8daaf6152771_e5627efa2ab1"))).isTrue();
    assertThat(ja4.test(head, CLIENT, shook("", "t12d1516h2_8daaf6152771_e5627efa2ab1"))).isFalse();
    assertThat(ja4.test(head, CLIENT, Handshake.NONE)).isFalse();
    RoutePredicate ja3 = RoutePredicate.ja3(List.of("ja3"));
    assertThat(ja3.test(head, CLIENT, shook("", "other"))).isTrue();
    assertThatThrownBy(() -> RoutePredicate.ja3(List.of())).hasMessageStartingWith("ja3: []");
  }

  private static Handshake shook(String serverName, String ja4) {
    return new Handshake() {
      @Override
      public String serverName() {
        return serverName;
      }

      @Override
      public byte[] ja3() {
        return Ascii.bytes("ja3");
      }

      @Override
      public byte[] ja4() {
        return Ascii.bytes(ja4);
      }
    };
  }
}
