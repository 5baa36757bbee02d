package io.weir.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.net.HostPort;
import io.weir.net.IpPrefix;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ConfigReaderTest {
  private static final String MINIMAL =
      """
      listeners:
        - name: web
          address: "127.0.0.1:0"
          pool: app
      pools:
        - name: app
          backends: [{ address: "[2001:DB8::1]:80" }]
      """;

  private static Config accepted(String yaml) {
    return switch (ConfigReader.read(yaml.getBytes(StandardCharsets.UTF_8), "weir.yaml")) {
      case ConfigResult.Accepted accepted -> accepted.config();
      case ConfigResult.Refused refused -> throw new AssertionError(refused.problems().toString());
    };
  }

  private static List<Problem> refused(byte[] bytes) {
    return switch (ConfigReader.read(bytes, "weir.yaml")) {
      case ConfigResult.Accepted accepted -> throw new AssertionError("accepted");
      case ConfigResult.Refused refused -> refused.problems();
    };
  }

  private static String refused(String yaml) {
    return refused(yaml.getBytes(StandardCharsets.UTF_8)).stream()
        .map(Problem::toString)
        .collect(Collectors.joining("\n"));
  }

  @Test
  void fillsInTheDefaults() {
    Config config = accepted(MINIMAL);
    assertThat(config.drainTimeout()).isEqualTo(Duration.ofMinutes(5));
    assertThat(config.management()).map(m -> m.address().toString()).contains("127.0.0.1:9901");
    assertThat(config.accessLog()).map(AccessLog::toStdout).contains(true);
    assertThat(config.clientLimits()).isEmpty();
    Listener listener = config.listeners().getFirst();
    assertThat(listener.slowlorisProtection())
        .isEqualTo(
            new SlowlorisProtection(
                Duration.ofSeconds(10),
                Duration.ofSeconds(30),
                Duration.ofMinutes(1),
                100,
                100,
                20,
                List.of(),
                64,
                60,
                Duration.ofMinutes(1)));
    assertThat(listener.limits())
        .isEqualTo(new Limits(new ByteSize(8192), new ByteSize(4096), 100, new ByteSize(10 << 20)));
    assertThat(listener.tls().ecdhCurves().getFirst()).isEqualTo(Curve.X25519MLKEM768);
    assertThat(listener.tls().cipherSuites()).hasSize(7);
    assertThat(listener.tls().ocspStapling()).isFalse();
    assertThat(listener.forwardedHeaders().mode()).isEqualTo(ForwardedHeaders.Mode.OVERWRITE);
    Pool pool = config.pools().getFirst();
    assertThat(pool.backends().getFirst().address()).isEqualTo(new HostPort("2001:db8::1", 80));
    assertThat(pool.backends().getFirst().id()).isEqualTo("[2001:db8::1]:80");
    assertThat(pool.healthCheck()).isEmpty();
    assertThat(pool.outlierEjection()).map(Pool.OutlierEjection::maxPercent).contains(50);
    assertThat(pool.backendTls()).isEmpty();
  }

  @Test
  void takesFromTheTopLevelWhatTheListenerDoesNotSay() {
    Config config =
        accepted(
            """
            tls: { session_timeout: 60, hsts: { max_age: 5, preload: false } }
            slowloris_protection: { header_timeout_seconds: 3, max_connections_per_ip: 7 }
            client_limits: { requests_per_second: 5 }
            trusted_proxies: [192.0.2.0/24]
            backend_tls: { verify_certificate: false }
            listeners:
              - name: one
                address: "127.0.0.1:1"
                pool: app
                slowloris_protection: { header_timeout_seconds: 4 }
                client_limits: off
                trusted_proxies: []
              - name: two
                address: "127.0.0.1:2"
                protocol: https
                certificates: [c]
                tls: { hsts: { max_age: 6 } }
                client_limits: { burst: 9 }
                pool: app
            certificates: [{ name: c, certificate: c.pem, key: c.key }]
            pools:
              - name: app
                backends: [{ address: "192.0.2.1:80" }]
                backend_tls: { sni_hostname: a.example.com }
            """);
    Listener one = config.listeners().get(0);
    Listener two = config.listeners().get(1);
    assertThat(one.slowlorisProtection().headerTimeout()).isEqualTo(Duration.ofSeconds(4));
    assertThat(one.slowlorisProtection().maxConnectionsPerIp()).isEqualTo(7);
    assertThat(two.slowlorisProtection().headerTimeout()).isEqualTo(Duration.ofSeconds(3));
    assertThat(one.clientLimits()).isEmpty();
    assertThat(two.clientLimits()).contains(new ClientLimits(5, 9, 64, 131072));
    assertThat(one.trustedProxies()).isEmpty();
    assertThat(two.trustedProxies()).containsExactly(IpPrefix.parse("192.0.2.0/24"));
    assertThat(two.tls().sessionTimeout()).isEqualTo(Duration.ofMinutes(1));
    assertThat(two.tls().hsts()).isEqualTo(new Tls.Hsts(true, Duration.ofSeconds(6), true, false));
    BackendTls backendTls = config.pools().getFirst().backendTls().orElseThrow();
    assertThat(backendTls.verifyCertificate()).isFalse();
    assertThat(backendTls.sniHostname()).contains("a.example.com");
  }

  @Test
  void tellsTheActionsOfRoutesApart() {
    List<Route> routes =
        accepted(
                MINIMAL
                    + """
                    routes:
                      - { name: a, match: { path: { exact: /a }, headers: [{ name: X, present: true }] }, pool: app }
                      - { name: b, match: { path: { regex: /b+ } }, split: [{ pool: app, weight: 3 }] }
                      - { name: c, match: { path: { prefix: /c } }, redirect: { scheme: https } }
                      - { name: d, respond: { body: "" } }
                    """)
            .routes();
    assertThat(routes)
        .extracting(Route::action)
        .containsExactly(
            new Route.ToPool("app"),
            new Route.Split(List.of(new Route.Target("app", 3))),
            new Route.Redirect(
                308,
                Optional.of(Route.Scheme.HTTPS),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                true),
            new Route.Respond(200, "text/plain; charset=utf-8", "", java.util.Map.of()));
    assertThat(routes.getFirst().match().path()).contains(new PathMatch.Exact("/a"));
    assertThat(routes.getFirst().match().headers())
        .containsExactly(new Route.HeaderMatch("X", new ValueMatch.Present(true)));
  }

  @Test
  void letsAnAliasStandForWhatItsAnchorMarks() {
    Config config =
        accepted(
            """
            listeners:
              - { name: a, address: "127.0.0.1:1", pool: app, limits: &small { body: 1KiB } }
              - { name: b, address: "127.0.0.1:2", pool: app, limits: *small }
            pools: [{ name: app, backends: [{ address: "192.0.2.1:80" }] }]
            """);
    assertThat(config.listeners().get(1).limits().body()).isEqualTo(new ByteSize(1024));
  }

  @Test
  void refusesAliasesThatMultiply() {
    StringBuilder bomb = new StringBuilder("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < 20; i++) {
      String alias = "*a" + (i - 1);
      bomb.append(
          "a%d: &a%d [%s]\n"
              .formatted(i, i, String.join(",", java.util.Collections.nCopies(9, alias))));
    }
    assertThat(refused(bomb.toString())).contains("more than 262144 values");
  }

  @Test
  void refusesAnAliasInsideItsOwnAnchor() {
    assertThat(refused("listeners: &a [*a]"))
        .contains("weir.yaml:1:16: *a: no such anchor before this line");
  }

  @Test
  void refusesWhatIsNestedTooDeeply() {
    assertThat(refused("a: " + "[".repeat(100_000)))
        .contains("weir.yaml:1:36: nested deeper than 32");
    assertThat(refused("- ".repeat(100_000))).contains("nested deeper than 32");
  }

  @Test
  void refusesFilesThatAreTooLarge() {
    assertThat(refused(new byte[ConfigReader.MAX_BYTES + 1]))
        .singleElement()
        .hasToString("weir.yaml:1:1: 4194305 bytes (expected: at most 4MiB)");
  }

  @Test
  void refusesOtherEncodingsThanUtf8() {
    assertThat(refused("a: b\nc: \u00fc".getBytes(StandardCharsets.ISO_8859_1)))
        .singleElement()
        .hasToString("weir.yaml:2:4: byte 0xFC (expected: UTF-8)");
    assertThat(refused("a: b".getBytes(StandardCharsets.UTF_16)).getFirst().hint()).isPresent();
    assertThat(refused("\uFEFF" + MINIMAL)).contains("byte order mark");
    assertThat(refused(new byte[] {'a', ':', ' ', (byte) 0xe2, (byte) 0x82})).hasSize(1);
  }

  @Test
  void refusesEmptyFiles() {
    assertThat(refused("")).startsWith("weir.yaml:1:1: the file is empty");
    assertThat(refused("# nothing\n---\n")).startsWith("weir.yaml:1:1: the file is empty");
    assertThat(refused("{}")).contains("listeners: none (expected: at least one)");
  }

  @Test
  void refusesTabsAsIndentation() {
    assertThat(refused("limits:\n\theaders: 1\n"))
        .contains("weir.yaml:2:1")
        .contains("indent with spaces");
  }

  @Test
  void refusesSecondDocumentsAndTags() {
    assertThat(refused(MINIMAL + "---\nworkers: 1\n")).contains("a second document begins");
    assertThat(refused("workers: !!int 1\n")).contains("tags are not understood");
    assertThat(refused("? [a]\n: b\n")).contains("a list or map as key");
  }

  @Test
  void refusesControlCharacters() {
    assertThat(refused("instance: \"a\u0000b\"\n")).contains("weir.yaml:1:13: character U+0000");
  }

  @Test
  void countsColumnsInCharacters() {
    assertThat(refused("\uD83D\uDE00\uD83D\uDE00: 1\nworkrs: 1\n"))
        .contains("weir.yaml:2:1: workrs");
    assertThat(refused("{ \"\uD83D\uDE00\": 1, workrs: 1 }")).contains("weir.yaml:1:11: workrs");
  }

  @Test
  void boundsTheNumberOfProblems() {
    String many =
        IntStream.range(0, 100_000).mapToObj(i -> "k" + i + ": 1\n").collect(Collectors.joining());
    List<Problem> problems = refused(many.getBytes(StandardCharsets.UTF_8));
    assertThat(problems).hasSize(1001);
    assertThat(problems.getLast().message()).isEqualTo("and 99001 more problems");
  }

  @Test
  void refusesRegularExpressionsThatWouldTakeAllMemory() {
    String regex = "((((a{100}){100}){100}){100}){100}";
    assertThat(
            refused(
                MINIMAL
                    + "routes: [{ name: r, match: { path: { regex: \""
                    + regex
                    + "\" } }, pool: app }]"))
        .contains("expected: a regular expression");
  }
}
