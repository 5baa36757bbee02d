package io.weir.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The spoof matrix of the module proxy against the running program: real sockets, both families,
 * clients and backends on one machine and Weir on another.
 */
class SpoofMatrixTest {
  private static final Path MATRIX =
      Path.of("../proxy/src/test/resources/io/weir/proxy/identity/spoof-matrix.tsv");

  @TempDir private Path folder;
  private Namespaces networks;
  private WeirProcess weir;

  @BeforeEach
  void makeNetworks() {
    networks = new Namespaces();
    networks.connect("cl", "192.0.2", "2001:db8:1", 10, 20, 30, 40, 200);
    for (int family : new int[] {4, 6}) {
      networks.in("gw", "-" + family + " route add local default dev lo table 100");
      networks.in(
          "gw",
          "-%d rule add iif %s ipproto tcp dport %d lookup 100"
              .formatted(family, networks.gatewayLink("cl"), SpoofDriver.PORTS.get("transparent")));
    }
  }

  @AfterEach
  void removeNetworks() {
    if (weir != null) {
      weir.close();
    }
    if (networks != null) {
      networks.close();
    }
  }

  private String configuration() {
    StringBuilder yaml =
        new StringBuilder(
            """
            trusted_proxies: [192.0.2.20/32, "2001:db8:1::20/128", 198.51.100.0/24, "2001:db8:ffff::/48"]
            identity_header: { key_id: it, key: identity.key }
            certificates: [{ name: www, certificate: www.pem, key: www.key }]
            pools:
              - { name: app, backends: [{ address: "192.0.2.200:%d" }] }
              - name: tls
                backends: [{ address: "192.0.2.200:%d" }]
                send_proxy_protocol: { version: 2, tlvs: [authority, crc32c] }
            listeners:
            """
                .formatted(SpoofDriver.BACKEND, SpoofDriver.TLS_BACKEND));
    String rules =
        """
            proxy_protocol:
              - { networks: [192.0.2.30/32, "2001:db8:1::30/128"], mode: required }
              - { networks: [192.0.2.40/32, "2001:db8:1::40/128"], mode: optional }
            slowloris_protection: { header_timeout_seconds: 1 }
        """;
    String https = "    protocol: https\n    certificates: [www]\n    pool: app\n";
    String passthrough =
        "    protocol: tls_passthrough\n    sni_routing: [{ sni: \"*.example.com\", pool: tls }]\n";
    listener(yaml, "http", "    pool: app\n");
    listener(yaml, "https", https);
    listener(
        yaml, "xff", "    pool: app\n    forwarded_headers: { trusted_field: x_forwarded_for }\n");
    listener(yaml, "fwd", "    pool: app\n    forwarded_headers: { trusted_field: forwarded }\n");
    listener(yaml, "transparent", "    pool: app\n    transparent: true\n");
    listener(yaml, "proxied", "    pool: app\n" + rules);
    listener(yaml, "secured", https + rules);
    listener(yaml, "passthrough", passthrough + rules);
    return yaml.toString();
  }

  private static void listener(StringBuilder yaml, String name, String more) {
    String addresses =
        name.equals("transparent")
            ? "[\"0.0.0.0:%1$d\", \"[::]:%1$d\"]"
            : "[\"192.0.2.1:%1$d\", \"[2001:db8:1::1]:%1$d\"]";
    yaml.append("  - name: ").append(name).append("\n    addresses: ");
    yaml.append(addresses.formatted(SpoofDriver.PORTS.get(name))).append("\n").append(more);
  }

  @Test
  void tellsBackendsTheOneRightAnswerOfEachRow() throws IOException {
    Files.writeString(folder.resolve("identity.key"), "0123456789abcdef".repeat(4) + "\n");
    Tools.certificate(folder, "www", "www.example.com");
    weir = WeirProcess.start(folder, configuration(), networks.exec("gw"));
    String output =
        Tools.run(
                networks.java(
                    "cl",
                    SpoofDriver.class,
                    MATRIX.toString(),
                    folder.resolve("identity.key").toString()))
            .ok();
    Map<String, String> answers = new HashMap<>();
    output
        .lines()
        .forEach(line -> answers.put(line.substring(0, line.indexOf(9)), line.split("\t", 2)[1]));

    List<String> lines = Files.readAllLines(MATRIX);
    List<String> wrong = new ArrayList<>();
    Map<String, Long> refused = new TreeMap<>();
    int rows = 0;
    for (int i = 0; i < lines.size(); i++) {
      if (!lines.get(i).startsWith("#")) {
        rows++;
        String expected = lines.get(i).split("\t", -1)[5];
        String answer = String.valueOf(answers.get(Integer.toString(i + 1)));
        if (!answers(expected, answer)) {
          wrong.add("line " + (i + 1) + ": " + lines.get(i) + " was " + answer);
        }
        if (expected.startsWith("refused")) {
          refused.merge(expected.substring(8), 1L, Long::sum);
        }
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(answers).hasSize(rows).hasSizeGreaterThan(300);
    await()
        .atMost(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS)
        .untilAsserted(() -> assertThat(reasons()).isEqualTo(refused));
  }

  /**
   * A backend behind passed-through TLS is told the address; a refused client sees nothing else.
   */
  private static boolean answers(String expected, String answer) {
    return expected.startsWith("refused")
        ? answer.equals("refused")
        : answer.equals(expected) || answer.equals(expected.replaceFirst(" .*", " passed through"));
  }

  /** How often each reason for refusing is in the access log. */
  private Map<String, Long> reasons() {
    Map<String, Long> counts = new TreeMap<>();
    for (JsonNode entry : weir.accessLog()) {
      String reason = entry.path("reason").asText();
      if (!reason.equals("ok")) {
        counts.merge(reason, 1L, Long::sum);
      }
    }
    return counts;
  }
}
