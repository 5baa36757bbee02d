package io.weir.app.demo;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Three backends on loopback and, in a folder for temporary files, a configuration that puts Weir
 * before them. Ends with all it made.
 */
public final class Demo implements AutoCloseable {
  /** Name of the takeover's socket beside the configuration: a demo meets only itself. */
  public static final String CONTROL_SOCKET = "control.sock";

  /** A few rules in place of a whole rule set, which a machine need not have. */
  private static final String RULES =
      """
      SecRuleEngine On
      SecRule ARGS "@detectSQLi" "id:1001,phase:2,deny,status:403,t:none,t:urlDecodeUni,\\
          msg:'SQL injection',tag:'attack-sqli'"
      SecRule ARGS|REQUEST_HEADERS:User-Agent "@detectXSS" "id:1002,phase:2,deny,status:403,\\
          t:none,t:utf8toUnicode,t:urlDecodeUni,t:htmlEntityDecode,t:jsDecode,t:removeNulls,\\
          msg:'script in a value',tag:'attack-xss'"
      SecRule ARGS|REQUEST_FILENAME "@rx (?i)(?:/etc/(?:passwd|shadow)|\\.\\.[/\\\\]){1,8}" \\
          "id:1003,phase:2,deny,status:403,capture,t:none,t:normalizePath,t:lowercase,\\
          msg:'file of the system',tag:'attack-lfi'"
      SecRule ARGS "@pm cat wget curl nc bash" "id:1004,phase:2,deny,status:403,t:none,t:cmdLine,\\
          msg:'command of a shell',tag:'attack-rce',chain"
          SecRule MATCHED_VARS "@rx [;|&`]"
      """;

  private static final int HTTP = 8080;
  private static final int HTTPS = 8443;
  private static final int MANAGEMENT = 9901;

  private final Path folder;
  private final List<DemoBackend> backends = new ArrayList<>();
  private final boolean ipv6 = canBind("::1", 0);
  private final int http;
  private final int https;
  private final int management;

  private Demo(int http, int https, int management) throws IOException {
    this.http = http;
    this.https = https;
    this.management = management;
    folder = Files.createTempDirectory("weir-demo-");
    for (String name : List.of("alder", "birch", "cedar")) {
      backends.add(new DemoBackend(name));
    }
    SelfSignedCertificate.write(certificate(), folder.resolve("demo.key"));
    Files.writeString(folder.resolve("rules.conf"), RULES);
    Files.writeString(config(), text());
  }

  /**
   * Starts the backends and writes the configuration.
   *
   * @param port for HTTP, the next two for HTTPS and management; 0 for 8080, 8443 and 9901
   * @param tell hears of ports that are taken, and which one is used instead
   */
  public static Demo prepare(int port, Consumer<String> tell) throws IOException {
    return new Demo(
        free(port == 0 ? HTTP : port, tell),
        free(port == 0 ? HTTPS : port + 1, tell),
        free(port == 0 ? MANAGEMENT : port + 2, tell));
  }

  /** As {@link #prepare}, on any free ports. */
  public static Demo onFreePorts() throws IOException {
    return new Demo(anyFree(), anyFree(), anyFree());
  }

  // ------------------------------------------------------------------ ports

  private static int free(int wanted, Consumer<String> tell) throws IOException {
    boolean free = canBind("127.0.0.1", wanted) && (canBind("::1", wanted) || !canBind("::1", 0));
    if (free) {
      return wanted;
    }
    int other = anyFree();
    tell.accept("port " + wanted + " is taken, using " + other + " instead");
    return other;
  }

  private static boolean canBind(String host, int port) {
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(new InetSocketAddress(InetAddress.ofLiteral(host), port));
      return true;
    } catch (IOException taken) {
      return false;
    }
  }

  private static int anyFree() throws IOException {
    try (ServerSocket probe = new ServerSocket()) {
      probe.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
      return probe.getLocalPort();
    }
  }

  // ------------------------------------------------------------------ what there is

  /** The configuration, ready for {@code weir run}. */
  public Path config() {
    return folder.resolve("weir.yaml");
  }

  /** Where a takeover of the demo's process would meet it. */
  public Path controlSocket() {
    return folder.resolve(CONTROL_SOCKET);
  }

  Path certificate() {
    return folder.resolve("demo.pem");
  }

  Path accessLog() {
    return folder.resolve("access.log");
  }

  List<DemoBackend> backends() {
    return backends;
  }

  boolean hasIpv6() {
    return ipv6;
  }

  int http() {
    return http;
  }

  int https() {
    return https;
  }

  int management() {
    return management;
  }

  private String text() {
    return """
    # What `weir demo` runs; every key is explained in docs/reference/configuration.md.
    instance: demo
    drain_timeout: 5s
    management: { address: "127.0.0.1:%d" }
    access_log: { path: access.log }

    # Made at the start and signed by itself, so browsers are not to be told to insist on it.
    certificates:
      - { name: demo, certificate: demo.pem, key: demo.key }
    tls: { hsts: { enabled: false } }

    # All clients of the demo have one address.
    slowloris_protection: { max_connections_per_ip: 0, max_new_connections_per_ip_per_second: 0 }

    listeners:
      - name: web
        addresses: %s
      - name: secure
        addresses: %s
        protocol: https
        sni_routing:
          - default: { action: serve, certificate: demo }

    routes:
      - name: admin                   # the backends' switches are not for clients
        match: { path: { prefix: /admin } }
        respond: { status: 403, body: "not through Weir\\n" }
      - name: search
        match: { path: { prefix: /search } }
        pool: trees
        waf: { rule_sets: [], files: [rules.conf] }
      - name: trees
        pool: trees
        retries: { attempts: 2, on: [connect_failure, reset, 503] }

    pools:
      - name: trees
        backends:
    %s
        health_check: { type: http, path: /health, interval: 1s, timeout: 1s, rise: 1, fall: 2 }
    """
        .formatted(
            management,
            addresses(http),
            addresses(https),
            backends.stream()
                .map(b ->
                    "      - { name: %s, address: \"127.0.0.1:%d\" }".formatted(b.name(), b.port()))
                .collect(Collectors.joining("\n")));
  }

  private String addresses(int port) {
    return ipv6
        ? "[\"127.0.0.1:%d\", \"[::1]:%d\"]".formatted(port, port)
        : "[\"127.0.0.1:%d\"]".formatted(port);
  }

  @Override
  public void close() throws IOException {
    for (DemoBackend backend : backends) {
      backend.close();
    }
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.deleteIfExists(file);
      }
    }
    Files.deleteIfExists(folder);
  }
}
