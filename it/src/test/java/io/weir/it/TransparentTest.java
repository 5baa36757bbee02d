package io.weir.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients on one machine, Weir on a second, backends on a third whose way back leads through Weir:
 * the backend's socket sees the client's own address.
 */
class TransparentTest {
  private static final int PORT = 8080;
  private static final int BACKEND = 9080;

  private static final String CONFIGURATION =
      """
      listeners:
        - { name: web, addresses: ["192.0.2.1:8080", "[2001:db8:1::1]:8080"] }
      routes:
        - { name: v4, match: { clients: ["0.0.0.0/0"] }, pool: v4 }
        - { name: v6, match: { clients: ["::/0"], path: { prefix: /same } }, pool: v6 }
        - { name: other, pool: v4 }
      pools:
        - { name: v4, transparent: true, backends: [{ address: "198.51.100.10:9080" }], health_check: { interval: 1s, timeout: 1s } }
        - { name: v6, transparent: true, backends: [{ address: "[2001:db8:2::10]:9080" }] }
      """;

  @TempDir private Path folder;
  private Namespaces networks;
  private Process backend;
  private WeirProcess weir;

  @BeforeEach
  void makeNetworks() throws IOException {
    networks = new Namespaces();
    networks.connect("cl", "192.0.2", "2001:db8:1", 10, 11);
    networks.connect("be", "198.51.100", "2001:db8:2", 10);
    backend =
        new ProcessBuilder(
                networks.java(
                    "be",
                    PeerEcho.class,
                    "198.51.100.10",
                    "2001:db8:2::10",
                    Integer.toString(BACKEND)))
            .start();
    BufferedReader said = backend.inputReader();
    assertThat(said.readLine()).isEqualTo("listening");
  }

  @AfterEach
  void removeNetworks() {
    if (weir != null) {
      weir.close();
    }
    if (backend != null) {
      backend.destroyForcibly();
    }
    if (networks != null) {
      networks.close();
    }
  }

  private void route(int family) {
    networks.in("gw", "-" + family + " route add local default dev lo table 100");
    networks.in(
        "gw",
        "-%d rule add iif %s ipproto tcp sport %d lookup 100"
            .formatted(family, networks.gatewayLink("be"), BACKEND));
  }

  /** What {@code weir check} says on the gateway. */
  private Tools.Output check(String... wrapper) throws IOException {
    Path file = Files.writeString(folder.resolve("check.yaml"), CONFIGURATION);
    List<String> command = new ArrayList<>(networks.exec("gw"));
    command.addAll(List.of(wrapper));
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("java.class.path"),
            "io.weir.app.Main",
            "check",
            file.toString()));
    return Tools.run(command);
  }

  private String curl(String... words) {
    List<String> command = new ArrayList<>(networks.exec("cl"));
    command.addAll(List.of(Tools.find("curl"), "-sS", "--max-time", "20"));
    command.addAll(List.of(words));
    return Tools.run(command).ok();
  }

  @Test
  void refusesToServeWithoutThePrivilegeAndTheRoutesThatItNeeds() throws IOException {
    Tools.Output none = check();
    assertThat(none.exit()).isEqualTo(1);
    assertThat(none.text())
        .contains("pools[0].transparent: true, but no IPv4 route hands the answers of these")
        .contains("pools[1].transparent: true, but no IPv6 route hands the answers of these")
        .contains("ip -6 rule add iif INTERFACE ipproto tcp sport BACKEND_PORT lookup 100");
    route(4);
    assertThat(check().text())
        .doesNotContain("pools[0].transparent")
        .contains("pools[1].transparent");
    route(6);
    assertThat(check().exit()).isZero();
    Tools.Output unprivileged =
        check(Tools.find("setpriv"), "--bounding-set=-net_admin", "--inh-caps=-net_admin");
    assertThat(unprivileged.exit()).isEqualTo(1);
    assertThat(unprivileged.text())
        .contains("pools[0].transparent: true, but this process may not use other addresses");
  }

  /**
   * IPv4 and IPv6; one client's requests share a connection to the backend, two clients' never do;
   * a client that cannot be shown to the backend is refused by name.
   */
  @Test
  void showsTheBackendEachClientsOwnAddress() {
    route(4);
    route(6);
    weir = WeirProcess.start(folder, CONFIGURATION, networks.exec("gw"));
    String v4 = "http://192.0.2.1:" + PORT + "/";
    String v6 = "http://[2001:db8:1::1]:" + PORT + "/same";
    for (int host : new int[] {10, 11, 10}) {
      assertThat(curl("--interface", "192.0.2." + host, v4, v4, v4))
          .isEqualTo("192.0.2.%1$d 0192.0.2.%1$d 1192.0.2.%1$d 2".formatted(host));
      assertThat(curl("--interface", "2001:db8:1::" + host, v6, v6))
          .isEqualTo("2001:db8:1:0:0:0:0:%1$d 02001:db8:1:0:0:0:0:%1$d 1".formatted(host));
    }
    String other = "http://[2001:db8:1::1]:" + PORT + "/other";
    assertThat(curl("-o", "/dev/null", "-w", "%{http_code}", other)).isEqualTo("502");
    assertThat(weir.awaitEntry("/other").path("reason").asText())
        .isEqualTo("upstream.family_mismatch");
  }
}
