package io.weir.proxy.route;

import static io.weir.proxy.route.Requests.ACTION;
import static io.weir.proxy.route.Requests.CLIENT;
import static io.weir.proxy.route.Requests.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.proxy.http.Head;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RouteTableTest {
  private static Route route(String name, List<String> hosts, RoutePredicate... conditions) {
    return Route.named(name).hosts(hosts.toArray(String[]::new)).when(conditions).then(ACTION);
  }

  private static Route prefix(String name, String host, String prefix) {
    return route(name, List.of(host), RoutePredicate.pathPrefix(prefix));
  }

  private static @Nullable String match(RouteTable table, Head head) {
    Route route = table.match(head, CLIENT, Handshake.NONE);
    return route == null ? null : route.name();
  }

  private static @Nullable String match(RouteTable table, String host, String path) {
    return match(table, get(host, path));
  }

  @Test
  void matchesNothingWhenEmpty() {
    assertThat(match(RouteTable.EMPTY, "example.com", "/")).isNull();
  }

  @Test
  void takesTheFirstRouteOfAHostThatMatches() {
    RouteTable table =
        new RouteTable(
            List.of(
                prefix("v1", "example.com", "/api/v1"),
                prefix("api", "example.com", "/api"),
                prefix("late", "example.com", "/api/v2"),
                prefix("rest", "example.com", "/")));
    assertThat(match(table, "example.com", "/api/v1/x")).isEqualTo("v1");
    assertThat(match(table, "example.com", "/api/v2/x")).isEqualTo("api");
    assertThat(match(table, "example.com", "/apix")).isEqualTo("rest");
  }

  @Test
  void comparesHostsWithoutCasePortAndTrailingDot() {
    RouteTable table = new RouteTable(List.of(route("r", List.of("WWW.Example.com."))));
    for (String host :
        List.of(
            "www.example.com",
            "wWw.eXample.COM",
            "www.example.com:8443",
            "www.example.com.",
            "www.example.com.:80")) {
      assertThat(match(table, host, "/")).as(host).isEqualTo("r");
    }
    for (String host :
        List.of("example.com", "xwww.example.com", "www.example.com.x", "ww.example.com")) {
      assertThat(match(table, host, "/")).as(host).isNull();
    }
  }

  @Test
  void findsAddressesAsHosts() {
    RouteTable table =
        new RouteTable(
            List.of(
                route("v4", List.of("192.0.2.7")),
                route("v6", List.of("2001:db8::1")),
                route("bracketed", List.of("[2001:DB8::2]"))));
    assertThat(match(table, "192.0.2.7:80", "/")).isEqualTo("v4");
    assertThat(match(table, "[2001:DB8::1]:443", "/")).isEqualTo("v6");
    assertThat(match(table, "[2001:db8::2]", "/")).isEqualTo("bracketed");
  }

  @Test
  void prefersExactHostsThenLongerWildcardsThenAnyHost() {
    RouteTable table =
        new RouteTable(
            List.of(
                route("any", List.of()),
                route("short", List.of("*.example.com")),
                route("long", List.of("*.eu.example.com")),
                route("exact", List.of("www.eu.example.com"))));
    assertThat(match(table, "www.eu.example.com", "/")).isEqualTo("exact");
    assertThat(match(table, "ftp.eu.example.com", "/")).isEqualTo("long");
    assertThat(match(table, "a.b.eu.example.com", "/")).isEqualTo("long");
    assertThat(match(table, "eu.example.com", "/")).isEqualTo("short");
    assertThat(match(table, "example.com", "/")).isEqualTo("any");
    assertThat(match(table, "198.51.100.1", "/")).isEqualTo("any");
  }

  @Test
  void needsALabelBeforeAWildcardsSuffix() {
    RouteTable table = new RouteTable(List.of(route("wild", List.of("*.example.com"))));
    assertThat(match(table, "aexample.com", "/")).isNull();
    assertThat(match(table, "a.example.com", "/")).isEqualTo("wild");
  }

  @Test
  void fallsToTheNextGroupWhenNoRouteOfTheFirstMatches() {
    RouteTable table =
        new RouteTable(
            List.of(
                prefix("health", "*", "/health"),
                prefix("short", "*.example.com", "/short"),
                prefix("long", "*.eu.example.com", "/long"),
                prefix("exact", "www.eu.example.com", "/exact")));
    assertThat(match(table, "www.eu.example.com", "/exact")).isEqualTo("exact");
    assertThat(match(table, "www.eu.example.com", "/long")).isEqualTo("long");
    assertThat(match(table, "www.eu.example.com", "/short")).isEqualTo("short");
    assertThat(match(table, "www.eu.example.com", "/health")).isEqualTo("health");
    assertThat(match(table, "www.eu.example.com", "/")).isNull();
  }

  @Test
  void putsOneRouteIntoEachOfItsHostsGroups() {
    RouteTable table =
        new RouteTable(List.of(route("r", List.of("a.example", "*.b.example", "a.example"))));
    assertThat(match(table, "a.example", "/")).isEqualTo("r");
    assertThat(match(table, "x.b.example", "/")).isEqualTo("r");
    assertThat(match(table, "b.example", "/")).isNull();
  }

  @Test
  void givesRequestsWithoutHostTheRoutesForAnyHost() {
    RouteTable table =
        new RouteTable(List.of(route("named", List.of("a.example")), route("any", List.of())));
    assertThat(match(table, Requests.parse("GET / HTTP/1.0\r\n\r\n"))).isEqualTo("any");
  }

  @Test
  void findsEachOfManyHosts() {
    List<Route> routes = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      routes.add(prefix("exact" + i, "host" + i + ".example.com", "/"));
      routes.add(prefix("wild" + i, "*.w" + i + ".example.com", "/"));
    }
    RouteTable table = new RouteTable(routes);
    for (int i = 0; i < 500; i++) {
      assertThat(match(table, "host" + i + ".example.com", "/x")).isEqualTo("exact" + i);
      assertThat(match(table, "a.b.w" + i + ".example.com", "/x")).isEqualTo("wild" + i);
    }
    assertThat(match(table, "host500.example.com", "/x")).isNull();
  }

  @Test
  void agreesWithAModelThatTriesEveryRouteOnRandomTables() {
    Random random = new Random(4711);
    String[] labels = {"a", "b", "aa", "ab"};
    for (int n = 0; n < 2_000; n++) {
      List<String> patterns = new ArrayList<>();
      List<Route> routes = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        String pattern = (random.nextBoolean() ? "*." : "") + randomHost(random, labels);
        patterns.add(pattern);
        routes.add(prefix("r" + i, pattern, random.nextBoolean() ? "/" : "/x"));
      }
      RouteTable table = new RouteTable(routes);
      for (int i = 0; i < 8; i++) {
        String host = randomHost(random, labels);
        String path = random.nextBoolean() ? "/" : "/x";
        assertThat(match(table, host, path))
            .as("%s%s in %s", host, path, patterns)
            .isEqualTo(slow(patterns, routes, host, get(host, path)));
      }
    }
  }

  private static String randomHost(Random random, String[] labels) {
    String host = labels[random.nextInt(labels.length)];
    for (int i = random.nextInt(3); i > 0; i--) {
      host = labels[random.nextInt(labels.length)] + "." + host;
    }
    return host;
  }

  /** Exact hosts first, then wildcards by length, and the configured order among equals. */
  private static @Nullable String slow(
      List<String> patterns, List<Route> routes, String host, Head head) {
    int best = -1;
    int bestRank = -1;
    for (int i = 0; i < routes.size(); i++) {
      String pattern = patterns.get(i);
      boolean wildcard = pattern.startsWith("*.");
      boolean covers = wildcard ? host.endsWith(pattern.substring(1)) : host.equals(pattern);
      int rank = wildcard ? pattern.length() : 1000;
      if (covers && rank > bestRank && routes.get(i).matches(head, CLIENT, Handshake.NONE)) {
        best = i;
        bestRank = rank;
      }
    }
    return best < 0 ? null : "r" + best;
  }

  @Test
  void explainsWhatWasTriedAndWhatFailed() {
    RouteTable table =
        new RouteTable(
            List.of(
                route("rest", List.of(), RoutePredicate.pathPrefix("/")),
                route(
                    "admin",
                    List.of("www.example.com"),
                    RoutePredicate.pathPrefix("/admin"),
                    RoutePredicate.methods(List.of("POST"))),
                prefix("wild", "*.example.com", "/w")));
    List<String> trail = new ArrayList<>();
    table.explain(get("www.example.com", "/admin"), CLIENT, Handshake.NONE, trail::add);
    assertThat(trail)
        .containsExactly(
            "host www.example.com: route admin: no, not so: method is one of [POST]",
            "host *.example.com: route wild: no, not so: path is or lies below /w",
            "host *: route rest: matches");
  }

  @Test
  void explainsThatNothingMatches() {
    RouteTable table = new RouteTable(List.of(prefix("only", "a.example", "/x")));
    List<String> trail = new ArrayList<>();
    table.explain(get("a.example", "/"), CLIENT, Handshake.NONE, trail::add);
    assertThat(trail)
        .containsExactly(
            "host a.example: route only: no, not so: path is or lies below /x",
            "host *: no routes",
            "no route matches");
  }

  @Test
  void refusesTwoRoutesOfOneName() {
    Route route = route("same", List.of());
    assertThatThrownBy(() -> new RouteTable(List.of(route, route)))
        .hasMessage("routes[1].name: same (expected: a name used once)");
  }

  @Test
  void refusesHostsThatCannotMatch() {
    for (String host :
        List.of(
            "",
            ".",
            "a..b",
            "example.com:80",
            "*.*.example",
            "a.*.b",
            "*.",
            "*.192.0.2.1:1",
            "münchen.example",
            "a b",
            "[2001:db8::1",
            "2001:db8::g",
            "a".repeat(64))) {
      assertThatThrownBy(() -> route("r", List.of(host)))
          .as(host)
          .hasMessageStartingWith("hosts: " + host + " (expected: a host without port");
    }
  }

  @Test
  void refusesNamesThatWouldGarbleTheLog() {
    for (String name : List.of("", "a b", "a\n", "ü")) {
      assertThatThrownBy(() -> Route.named(name)).hasMessageStartingWith("name: ");
    }
  }
}
