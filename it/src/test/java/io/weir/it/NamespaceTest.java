package io.weir.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A client, Weir and a backend on machines of their own, as far as the kernel's network namespaces
 * go: the backend is told the address that the client has on its own interface.
 */
class NamespaceTest {
  private static final String CLIENT_V4 = "192.0.2.10";
  private static final String WEIR_V4 = "192.0.2.1";
  private static final String CLIENT_V6 = "2001:db8:1::10";
  private static final String WEIR_V6 = "2001:db8:1::1";

  @TempDir private Path folder;
  private final String suffix = Long.toString(ProcessHandle.current().pid() % 100_000);
  private final String client = "weir-c" + suffix;
  private final String gateway = "weir-g" + suffix;
  private WeirProcess weir;

  @BeforeEach
  void makeNetworks() {
    assumeThat(Tools.run("id", "-u").ok().strip())
        .as("network namespaces need root")
        .isEqualTo("0");
    String near = "wc" + suffix;
    String far = "wg" + suffix;
    ip("netns add " + client);
    ip("netns add " + gateway);
    ip(
        "link add "
            + near
            + " netns "
            + client
            + " type veth peer name "
            + far
            + " netns "
            + gateway);
    setUp(client, near, CLIENT_V4 + "/24", CLIENT_V6 + "/64");
    setUp(gateway, far, WEIR_V4 + "/24", WEIR_V6 + "/64");
  }

  private static void setUp(String namespace, String link, String v4, String v6) {
    ip("-n " + namespace + " addr add " + v4 + " dev " + link);
    ip("-n " + namespace + " addr add " + v6 + " dev " + link + " nodad");
    ip("-n " + namespace + " link set " + link + " up");
    ip("-n " + namespace + " link set lo up");
  }

  private static void ip(String words) {
    Tools.run("ip", words.split(" ")).ok();
  }

  @AfterEach
  void removeNetworks() {
    if (weir != null) {
      weir.close();
    }
    for (String namespace : List.of(client, gateway)) {
      Tools.run("ip", "netns", "delete", namespace);
    }
  }

  @Test
  void tellsTheBackendWhoTheClientIs() {
    int port = Tools.freePort();
    int backend = Tools.freePort();
    weir =
        WeirProcess.start(
            folder,
            """
            listeners:
              - { name: web, addresses: ["%s:%d", "[%s]:%d"], pool: app }
              - { name: backend, address: "127.0.0.1:%d" }
            routes:
              - { name: told, listeners: [backend], match: { headers: [{ name: X-Real-IP, exact: "%s" }] }, respond: { body: "IPv4 client" } }
              - { name: told6, listeners: [backend], match: { headers: [{ name: X-Real-IP, exact: "%s" }] }, respond: { body: "IPv6 client" } }
            pools: [{ name: app, backends: [{ address: "127.0.0.1:%d" }] }]
            """
                .formatted(WEIR_V4, port, WEIR_V6, port, backend, CLIENT_V4, CLIENT_V6, backend),
            List.of(Tools.find("ip"), "netns", "exec", gateway));
    assertThat(curl("http://" + WEIR_V4 + ":" + port + "/")).isEqualTo("IPv4 client");
    assertThat(curl("http://[" + WEIR_V6 + "]:" + port + "/")).isEqualTo("IPv6 client");
  }

  private String curl(String url) {
    List<String> command =
        new ArrayList<>(List.of(Tools.find("ip"), "netns", "exec", client, Tools.find("curl")));
    command.addAll(List.of("-sS", "--max-time", "30", "-H", "X-Real-IP: 203.0.113.7", url));
    return Tools.run(command).ok();
  }
}
