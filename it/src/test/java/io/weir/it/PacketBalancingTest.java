package io.weir.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A client, Weir and two backends, each on a machine of its own. The backends hold the virtual
 * address, are reached by their MAC addresses and answer the client themselves.
 */
class PacketBalancingTest {
  private static final String VIP4 = "203.0.113.5";
  private static final String VIP6 = "2001:db8:5::5";
  private static final int PORT = 9080;

  @TempDir private Path folder;
  private final List<Process> processes = new ArrayList<>();
  private Namespaces networks;
  private WeirProcess weir;

  @BeforeEach
  void makeNetworks() throws IOException {
    networks = new Namespaces();
    networks.connect("cl", "192.0.2", "2001:db8:1", 10);
    networks.connect("b1", "198.51.100", "2001:db8:2", 10);
    networks.connect("b2", "198.18.0", "2001:db8:3", 10);
    for (String machine : List.of("cl", "b1", "b2")) {
      sh(machine, "ethtool -K " + networks.link(machine) + " tx off");
      sh("gw", "ethtool -K " + networks.gatewayLink(machine) + " tx off");
    }
    sh("gw", "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
    sh("gw", "for file in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 >$file; done");
    for (String machine : List.of("b1", "b2")) {
      networks.in(machine, "addr add " + VIP4 + "/32 dev lo");
      networks.in(machine, "addr add " + VIP6 + "/128 dev lo nodad");
      listen(machine, VIP4, VIP6);
    }
  }

  private Process listen(String machine, String v4, String v6) throws IOException {
    Process process =
        new ProcessBuilder(networks.java(machine, PeerEcho.class, v4, v6, Integer.toString(PORT)))
            .start();
    processes.add(process);
    BufferedReader said = process.inputReader();
    assertThat(said.readLine()).isEqualTo("listening");
    return process;
  }

  @AfterEach
  void removeNetworks() {
    if (weir != null) {
      weir.close();
    }
    processes.forEach(Process::destroyForcibly);
    networks.close();
  }

  private String sh(String machine, String line) {
    List<String> command = new ArrayList<>(networks.exec(machine));
    command.addAll(List.of("sh", "-ec", "PATH=$PATH:/usr/sbin; " + line));
    return Tools.run(command).ok();
  }

  private String fetch(String host) {
    return sh("cl", "curl -sS --max-time 5 http://" + host + ":" + PORT + "/");
  }

  @Test
  void sendsClientsToBackendsThatAreWellWhichSeeTheirAddress() throws IOException {
    Process health = listen("b1", "198.51.100.10", "2001:db8:2::10");
    listen("b2", "198.18.0.10", "2001:db8:3::10");
    weir =
        WeirProcess.start(
            folder,
            """
            packet_plane:
              interfaces: [%s]
              modes: [generic]
              management: []
              bogons: pass
              virtual_services:
                - { name: vip4, address: "%s:%d", pool: four, method: layer_2 }
                - { name: vip6, address: "[%s]:%d", pool: six, method: layer_2 }
            listeners: [{ name: web, address: "127.0.0.1:8080", pool: four }]
            pools:
              - name: four
                backends: [{ address: "198.51.100.10:9080" }, { address: "198.18.0.10:9080" }]
                health_check: { type: tcp, interval: 200ms, timeout: 200ms, rise: 1, fall: 2 }
              - name: six
                backends: [{ address: "[2001:db8:2::10]:9080" }, { address: "[2001:db8:3::10]:9080" }]
                health_check: { type: tcp, interval: 200ms, timeout: 200ms, rise: 1, fall: 2 }
            """
                .formatted(networks.gatewayLink("cl"), VIP4, PORT, VIP6, PORT),
            networks.exec("gw"));
    await()
        .atMost(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS)
        .ignoreExceptions()
        .until(() -> !fetch(VIP4).isEmpty());
    for (int i = 0; i < 8; i++) {
      assertThat(fetch(VIP4)).startsWith("192.0.2.10 ");
      assertThat(fetch("[" + VIP6 + "]")).startsWith("2001:db8:1:0:0:0:0:10 ");
    }
    assertThat(weir.packet().ok()).doesNotContain(" down ");
    assertThat(weir.metric("weir_virtual_service_packets_total", "vip4", "198.51.100.10"))
        .isPositive();
    assertThat(weir.metric("weir_virtual_service_packets_total", "vip4", "198.18.0.10"))
        .isPositive();
    health.destroyForcibly();
    weir.awaitLine("pool four: backend 198.51.100.10:9080 is unhealthy");
    weir.awaitLine("pool six: backend [2001:db8:2::10]:9080 is unhealthy");
    assertThat(weir.packet().ok())
        .containsPattern("198.51.100.10 +down")
        .containsPattern("198.18.0.10 +up");
    double before = weir.metric("weir_virtual_service_packets_total", "backend=\"198.51.100.10\"");
    for (int i = 0; i < 8; i++) {
      assertThat(fetch(VIP4)).startsWith("192.0.2.10 ");
      assertThat(fetch("[" + VIP6 + "]")).startsWith("2001:db8:1:0:0:0:0:10 ");
    }
    assertThat(weir.metric("weir_virtual_service_packets_total", "backend=\"198.51.100.10\""))
        .isEqualTo(before);
    listen("b1", "198.51.100.10", "2001:db8:2::10");
    weir.awaitLine("pool four: backend 198.51.100.10:9080 is healthy");
    assertThat(weir.packet().ok()).containsPattern("198.51.100.10 +up");
  }
}
