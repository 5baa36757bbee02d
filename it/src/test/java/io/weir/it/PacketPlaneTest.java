package io.weir.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Weir with its packet plane on one machine, clients on another: what the plane refuses does not
 * connect, everybody else does, and nothing of it is left behind.
 */
class PacketPlaneTest {
  private static final String V4 = "http://192.0.2.1:8080/";
  private static final String V6 = "http://[2001:db8:1::1]:8080/";

  private static final String SERVED =
      """
      listeners: [{ name: web, addresses: ["192.0.2.1:8080", "[2001:db8:1::1]:8080"] }]
      routes: [{ name: all, respond: { body: "served" } }]
      """;

  @TempDir private Path folder;
  private Namespaces networks;
  private String link;
  private WeirProcess weir;

  @BeforeEach
  void makeNetworks() {
    networks = new Namespaces();
    networks.connect("cl", "192.0.2", "2001:db8:1", 10, 11);
    link = networks.gatewayLink("cl");
    sh("cl", "ethtool -K " + networks.link("cl") + " tx off");
    sh("gw", "ethtool -K " + link + " tx off");
  }

  @AfterEach
  void removeNetworks() {
    if (weir != null) {
      weir.close();
    }
    networks.close();
  }

  private String sh(String machine, String line) {
    List<String> command = new ArrayList<>(networks.exec(machine));
    command.addAll(List.of("sh", "-ec", "PATH=$PATH:/usr/sbin; " + line));
    return Tools.run(command).ok();
  }

  private boolean reaches(String source, String url) {
    return answers(attempt(source, url)) == 1;
  }

  private boolean allReach(int host) {
    return answersOfBothFamilies(host) == 2;
  }

  private boolean noneReaches(int host) {
    return answersOfBothFamilies(host) == 0;
  }

  /** Both at once, as who gets no answer waits for it to the end. */
  private int answersOfBothFamilies(int host) {
    return answers(
        attempt("192.0.2." + host, V4) + " & " + attempt("2001:db8:1::" + host, V6) + " & wait");
  }

  private static String attempt(String source, String url) {
    return "%s -sS --max-time 3 --interface %s '%s'".formatted(Tools.find("curl"), source, url);
  }

  private int answers(String attempts) {
    List<String> command = new ArrayList<>(networks.exec("cl"));
    command.addAll(List.of("sh", "-c", attempts));
    return Tools.run(command).text().split("served", -1).length - 1;
  }

  private WeirProcess start(String plane) {
    return WeirProcess.start(folder, plane + SERVED, networks.exec("gw"));
  }

  private String plane(String more) {
    return """
    packet_plane:
      interfaces: [%s]
      management: []
      bogons: pass
      %s
    """
        .formatted(link, more);
  }

  private static final String BLOCK = "block: { networks: [192.0.2.11, \"2001:db8:1::11\"] }";

  private String attached() {
    return sh("gw", "ip -d link show " + link);
  }

  private String program() {
    return sh("gw", "ip -d link show " + link + " | grep -o 'prog/xdp id [0-9]*'");
  }

  private String setting(String name) {
    return sh("gw", "sysctl -n " + name).strip();
  }

  @Test
  void refusesABlockedAddressUntilAReloadUnblocksIt() throws IOException {
    weir = start(plane(BLOCK + "\n  sample_every: 2"));
    assertThat(attached()).contains("prog/xdp").doesNotContain("xdpgeneric");
    assertThat(allReach(10)).isTrue();
    assertThat(noneReaches(11)).isTrue();
    double refused = weir.metric("weir_packets_total", "list.blocked", "family=\"ipv6\"");
    assertThat(refused).isPositive();
    weir.awaitLine("sample: list.blocked 192.0.2.11 port");
    assertThat(weir.packet().ok()).contains(link + " ").contains("native").contains("list.blocked");
    weir.reload(plane("") + SERVED);
    assertThat(allReach(11)).isTrue();
    assertThat(weir.metric("weir_packets_total", "list.blocked", "family=\"ipv6\""))
        .as("counted on")
        .isGreaterThanOrEqualTo(refused);
    Path list =
        Files.writeString(
            folder.resolve("blocked.txt"), "192.0.2.0/28 ; the lot\n2001:db8:1::/64\n");
    weir.reload(plane("block: { files: [blocked.txt] }") + SERVED);
    assertThat(noneReaches(11)).isTrue();
    Files.writeString(list, "# nobody\n");
    await().atMost(30, TimeUnit.SECONDS).until(() -> allReach(11));
    Files.writeString(list, "garbage\n");
    weir.awaitLine("blocked.txt: line 1: garbage");
    assertThat(allReach(10)).isTrue();
  }

  private static String quicklyBlocking(String more) {
    return SERVED.replace(
        "name: web,",
        "name: web, slowloris_protection: { header_timeout_seconds: 1, max_slowness_score: 5,"
            + " block_seconds: 15, ipv6_prefix: 128 },"
            + more);
  }

  /** Two connections whose heads are never whole count 6. */
  private void beSlow(String source, String address, String begin) {
    String slow =
        "(printf '%s'; sleep 4) | timeout 5 %s -s --interface %s 'telnet://%s:8080' >/dev/null & "
            .formatted(begin, Tools.find("curl"), source, address);
    sh("cl", slow + slow + "wait");
  }

  private void awaitBans(int number) {
    await().atMost(60, TimeUnit.SECONDS).until(() -> weir.metric("weir_packet_bans") == number);
  }

  @Test
  void bansAClientWhoseSlownessAddsUpUntilItsBlockIsOver() {
    String served = quicklyBlocking("");
    weir = WeirProcess.start(folder, plane("") + served, networks.exec("gw"));
    beSlow("192.0.2.10", "192.0.2.1", "GET / HTTP/1.1\\r\\nHo");
    weir.awaitLine("banned as long as it is blocked: 192.0.2.10/32");
    awaitBans(1);
    double met = weir.metric("weir_packets_total", "list.banned");
    assertThat(reaches("192.0.2.10", V4)).isFalse();
    double banned = weir.metric("weir_packets_total", "list.banned", "family=\"ipv4\"");
    assertThat(banned).as("SYNs").isGreaterThan(met);
    assertThat(allReach(11)).isTrue();
    assertThat(reaches("2001:db8:1::10", V6)).isTrue();
    weir.reload(plane(BLOCK) + served);
    assertThat(reaches("192.0.2.10", V4)).isFalse();
    assertThat(weir.metric("weir_packets_total", "list.banned")).isGreaterThan(banned);
    assertThat(weir.packet().ok()).contains("bans: 1").contains("list.banned");
    awaitBans(0);
    assertThat(reaches("192.0.2.10", V4)).isTrue();
    beSlow("2001:db8:1::10", "[2001:db8:1::1]", "GET / HTTP/1.1\\r\\nHo");
    weir.awaitLine("banned as long as it is blocked: 2001:db8:1::10/128");
    assertThat(reaches("2001:db8:1::10", V6)).isFalse();
    weir.reload(plane("bans: false") + served);
    assertThat(weir.metric("weir_packet_bans")).isZero();
  }

  /** Another mode is another plane in the place of this one, and fills its lists anew. */
  @Test
  void bansAgainInAPlaneThatTakesThePlaceOfAnother() {
    String served = quicklyBlocking("").replace("block_seconds: 15", "block_seconds: 40");
    weir = WeirProcess.start(folder, plane("") + served, networks.exec("gw"));
    beSlow("192.0.2.10", "192.0.2.1", "GET / HTTP/1.1\\r\\nHo");
    beSlow("2001:db8:1::10", "[2001:db8:1::1]", "GET / HTTP/1.1\\r\\nHo");
    awaitBans(2);
    for (String mode : List.of("nftables", "generic")) {
      weir.reload(plane("modes: [%s]".formatted(mode)) + served);
      weir.awaitLine("packet plane on " + link + ": " + mode.toUpperCase(java.util.Locale.ROOT));
      double refused = weir.metric("weir_packets_total", "list.banned");
      assertThat(noneReaches(10)).as(mode).isTrue();
      assertThat(weir.metric("weir_packets_total", "list.banned")).isGreaterThan(refused);
      assertThat(allReach(11)).as(mode).isTrue();
    }
    awaitBans(0);
    assertThat(allReach(10)).isTrue();
  }

  @Test
  void bansNobodyThatAProxyAnnounces() {
    String announced =
        plane("") + quicklyBlocking(" proxy_protocol: [{ networks: [192.0.2.10] }],");
    weir = WeirProcess.start(folder, announced, networks.exec("gw"));
    String header = "PROXY TCP4 192.0.2.11 192.0.2.1 4000 8080\\r\\n";
    beSlow("192.0.2.10", "192.0.2.1", header + "GET / HTTP/1.1\\r\\nHo");
    beSlow("2001:db8:1::11", "[2001:db8:1::1]", "GET / HTTP/1.1\\r\\nHo");
    weir.awaitLine("banned as long as it is blocked: 2001:db8:1::11/128");
    awaitBans(1);
    assertThat(reaches("192.0.2.11", V4)).as("blocked, but not banned").isFalse();
    assertThat(weir.metric("weir_client_connections_ended_total", "admit.slow_client"))
        .isPositive();
    assertThat(weir.metric("weir_packets_total", "list.banned", "family=\"ipv4\"")).isZero();
  }

  @Test
  void leavesNothingBehind() {
    String before = setting("net.ipv4.tcp_syncookies net.ipv4.tcp_timestamps net.core.somaxconn");
    weir = start("syn_flood_protection: {}\n" + plane(""));
    assertThat(setting("net.core.somaxconn")).isEqualTo("65536");
    assertThat(setting("net.ipv4.conf.lo.forwarding")).isEqualTo("1");
    weir.signal("TERM");
    assertThat(weir.awaitExit()).isZero();
    assertThat(attached()).doesNotContain("prog/xdp");
    assertThat(setting("net.ipv4.tcp_syncookies net.ipv4.tcp_timestamps net.core.somaxconn"))
        .isEqualTo(before);
    assertThat(setting("net.ipv4.conf.lo.forwarding")).isEqualTo("0");
  }

  @Test
  void putsBackWhatAKilledProcessChanged() throws IOException {
    String settings = "net.ipv4.tcp_syncookies net.ipv4.tcp_timestamps net.core.somaxconn";
    sh("gw", "sysctl -q net.core.somaxconn=4000 net.ipv4.tcp_syncookies=0");
    String before = setting(settings);
    String rules = "syn_flood_protection: {}\n" + plane("modes: [nftables]\n  " + BLOCK);
    weir = kill(start(rules));
    assertThat(sh("gw", "nft list tables")).contains("weir_packet");
    assertThat(setting("net.core.somaxconn")).isEqualTo("65536");
    weir = kill(start(rules));
    weir = start("syn_flood_protection: {}\n" + plane(BLOCK));
    weir.awaitLine("goes on with what a process left");
    assertThat(sh("gw", "nft list tables")).isEmpty();
    assertThat(noneReaches(11)).isTrue();
    weir.signal("TERM");
    assertThat(weir.awaitExit()).isZero();
    weir.close();
    assertThat(setting(settings)).isEqualTo(before);
    assertThat(records()).isEmpty();
    weir = kill(start(rules));
    weir = start("");
    assertThat(setting(settings)).as("no plane is wanted any more").isEqualTo(before);
    assertThat(sh("gw", "nft list tables")).isEmpty();
    assertThat(records()).isEmpty();
  }

  @Test
  void staysInForceUntilTheNextStartOrDetach() {
    String settings = "net.ipv4.tcp_syncookies net.ipv4.tcp_timestamps net.core.somaxconn";
    sh("gw", "sysctl -q net.core.somaxconn=4000");
    String before = setting(settings);
    String persisting = "syn_flood_protection: {}\n" + plane("persist: true\n  " + BLOCK);
    weir = startHere(persisting);
    weir.signal("TERM");
    assertThat(weir.awaitExit()).isZero();
    weir.close();
    String id = program();
    assertThat(id).as("still attached").isNotEmpty();
    sh(
        "cl",
        "! ping -q -c1 -W1 -I 192.0.2.11 192.0.2.1 && ping -q -c1 -W2 -I 192.0.2.10 192.0.2.1");
    weir = startHere(persisting);
    weir.awaitLine("goes on with what a process left");
    assertThat(program()).as("another program").isNotEqualTo(id);
    assertThat(weir.metric("weir_packets_total", "list.blocked")).as("counted on").isPositive();
    assertThat(detach().exit()).as("in use").isEqualTo(1);
    weir = kill(weir);
    sh(
        "cl",
        "! ping -q -c1 -W1 -I 192.0.2.11 192.0.2.1 && ping -q -c1 -W2 -I 192.0.2.10 192.0.2.1");
    assertThat(detach().ok()).contains("removed: ").contains("link " + link + " NATIVE");
    assertThat(attached()).doesNotContain("prog/xdp");
    assertThat(setting(settings)).isEqualTo(before);
    assertThat(detach().ok()).isEqualTo("nothing is left here\n");
    assertThat(pins()).doesNotExist();
    weir = startHere(persisting);
    assertThat(pins()).isNotEmptyDirectory();
    weir.reload(plane("persist: false\n  " + BLOCK) + SERVED);
    weir.signal("TERM");
    assertThat(weir.awaitExit()).isZero();
    assertThat(attached()).doesNotContain("prog/xdp");
    assertThat(setting(settings)).isEqualTo(before);
    assertThat(detach().ok()).isEqualTo("nothing is left here\n");
  }

  /**
   * In the network of the gateway, but with the file systems of all: {@code ip netns exec} has /sys
   * anew.
   */
  private List<String> inNetworkOnly() {
    List<String> exec = networks.exec("gw");
    return List.of(Tools.find("nsenter"), "--net=/run/netns/" + exec.getLast());
  }

  private Path pins() {
    String number =
        Tools.run(
                Stream.concat(inNetworkOnly().stream(), Stream.of("readlink", "/proc/self/ns/net"))
                    .toList())
            .ok()
            .replaceAll("[^0-9]", "");
    return Path.of("/sys/fs/bpf/weir", number);
  }

  private WeirProcess startHere(String plane) {
    return WeirProcess.start(folder, plane + SERVED, inNetworkOnly());
  }

  private Tools.Output detach() {
    List<String> command = new ArrayList<>(inNetworkOnly());
    command.addAll(List.of(Tools.find("env"), "STATE_DIRECTORY=" + folder));
    command.addAll(WeirProcess.java());
    command.addAll(List.of("packet", "detach"));
    return Tools.run(command);
  }

  private static WeirProcess kill(WeirProcess weir) {
    weir.signal("KILL");
    weir.awaitExit();
    weir.close();
    return weir;
  }

  private List<Path> records() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.getFileName().toString().contains("packet-plane")).toList();
    }
  }

  /** {@code ip netns exec} gives a process /sys anew, without what is mounted in it. */
  @Test
  void mountsABpfFileSystemThatIsMissing() throws IOException {
    weir = start(plane("persist: true\n  " + BLOCK));
    assertThat(Files.readString(Path.of("/proc/" + weir.pid() + "/mounts")))
        .contains(" /sys/fs/bpf bpf ");
    Path pins = Path.of("/proc/" + weir.pid() + "/root/sys/fs/bpf/weir");
    try (Stream<Path> names = Files.walk(pins)) {
      assertThat(names.map(name -> name.getFileName().toString()))
          .contains("link-NATIVE-" + link, "map-counters");
    }
    weir.signal("TERM");
    assertThat(weir.awaitExit()).isZero();
  }

  @Test
  void goesOnThroughATakeover() {
    String before = setting("net.core.somaxconn");
    WeirProcess old = start("syn_flood_protection: {}\n" + plane(BLOCK));
    assertThat(noneReaches(11)).isTrue();
    double refused = old.metric("weir_packets_total", "list.blocked");
    String id = program();
    weir = old.takeOver();
    assertThat(old.awaitExit()).isZero();
    old.close();
    assertThat(program()).as("another program").isNotEqualTo(id);
    assertThat(allReach(10)).isTrue();
    assertThat(noneReaches(11)).isTrue();
    assertThat(weir.metric("weir_packets_total", "list.blocked")).isGreaterThan(refused);
    assertThat(setting("net.core.somaxconn")).isEqualTo("65536");
    weir.signal("TERM");
    assertThat(weir.awaitExit()).isZero();
    assertThat(attached()).doesNotContain("prog/xdp");
    assertThat(setting("net.core.somaxconn")).isEqualTo(before);
  }

  @Test
  void takesALockoutBackUnlessItIsConfirmed() {
    String trial = "confirm_within: 6s";
    String lockout = plane(trial + "\n  block: { networks: [0.0.0.0/0, \"::/0\"] }");
    weir = start(plane(trial));
    weir.reload(lockout + SERVED);
    assertThat(noneReaches(10)).isTrue();
    weir.awaitLine("the change of packet_plane is taken back");
    assertThat(allReach(10)).isTrue();
    assertThat(weir.packet("confirm").exit()).as("too late").isEqualTo(1);
    weir.reload(plane(trial + "\n  " + BLOCK) + SERVED);
    assertThat(weir.packet("confirm").ok()).isEqualTo("confirmed\n");
    assertThat(noneReaches(11)).isTrue();
    weir.reload(lockout + SERVED);
    assertThat(weir.packet("undo").ok()).isEqualTo("undone\n");
    assertThat(allReach(10)).isTrue();
    assertThat(noneReaches(11)).isTrue();
  }

  /**
   * Generic: a veth takes what a driver's program sends back only with a program at its far end.
   */
  @Test
  void startsCookiesInASynFloodAndServesOn() {
    weir =
        start(
            "syn_flood_protection: { attack_syn_rate: 500, attack_hold_seconds: 2 }\n"
                + plane("reverse_path: off\n  modes: [generic]"));
    assertThat(setting("net.ipv4.tcp_syncookies")).isEqualTo("1");
    Thread flood =
        Thread.ofPlatform()
            .start(() ->
                sh(
                    "cl",
                    "timeout 8 hping3 -q -i u100 --rand-source -S -p 8080 192.0.2.1 >/dev/null 2>&1 || true"));
    weir.awaitLine("SYN flood: answered with cookies");
    for (int i = 0; i < 10; i++) {
      assertThat(allReach(10)).as("during the flood").isTrue();
    }
    assertThat(weir.metric("weir_packets_total", "syn.cookie_sent")).isGreaterThan(1000);
    assertThat(setting("net.ipv4.tcp_syncookies")).isEqualTo("2");
    join(flood);
    weir.awaitLine("SYN flood: over");
    assertThat(allReach(10)).isTrue();
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }

  @Test
  void saysHowItGuardsAndWhyNotBetter() {
    for (String mode : List.of("native", "generic", "nftables")) {
      weir = start(plane("modes: [%s]\n  %s".formatted(mode, BLOCK)));
      weir.awaitLine("packet plane on " + link + ": " + mode.toUpperCase(java.util.Locale.ROOT));
      assertThat(weir.metric("weir_packet_plane", "mode=\"" + mode + "\"")).isOne();
      assertThat(noneReaches(11)).as(mode).isTrue();
      assertThat(allReach(10)).as(mode).isTrue();
      weir.signal("TERM");
      assertThat(weir.awaitExit()).isZero();
      weir.close();
      assertThat(sh("gw", "nft list tables")).isEmpty();
      assertThat(attached()).doesNotContain("prog/xdp");
    }
    String[] without = {"-bpf", "-perfmon", "-net_admin"};
    weir = withoutCapabilities(plane("required: false"), without[0], without[1], without[2]);
    weir.awaitLine("NONE (XDP: missing [CAP_NET_ADMIN, CAP_PERFMON, CAP_BPF]");
    assertThat(allReach(11)).isTrue();
    weir.close();
    weir = withoutCapabilities(plane(""), without[0], without[1]);
    weir.awaitLine("NFTABLES (XDP: missing [CAP_PERFMON, CAP_BPF]");
  }

  private WeirProcess withoutCapabilities(String plane, String... capabilities) {
    return WeirProcess.start(folder, plane + SERVED, without(capabilities));
  }

  private List<String> without(String... capabilities) {
    List<String> wrapper = new ArrayList<>(networks.exec("gw"));
    String list = String.join(",", capabilities);
    wrapper.addAll(List.of(Tools.find("setpriv"), "--bounding-set=" + list, "--inh-caps=" + list));
    return wrapper;
  }

  @Test
  void saysBeforehandWhatIsMissing() {
    List<String> unprivileged = without("-bpf", "-perfmon", "-net_admin");
    assertThat(WeirProcess.check(folder, plane("") + SERVED, unprivileged))
        .satisfies(
            said -> assertThat(said.exit()).isEqualTo(1),
            said ->
                assertThat(said.text())
                    .contains(
                        "packet_plane: cannot work here: XDP: missing [CAP_NET_ADMIN, CAP_PERFMON, CAP_BPF]")
                    .contains("nftables: missing [CAP_NET_ADMIN]")
                    .contains("hint: AmbientCapabilities="));
    assertThat(WeirProcess.check(folder, plane("required: false") + SERVED, unprivileged).ok())
        .contains("packets  " + link + ": native, else generic, else nftables, else none")
        .contains("XDP: missing");
    assertThat(
            WeirProcess.check(folder, plane("persist: true") + SERVED, without("-sys_admin"))
                .text())
        .as("ip netns exec mounts /sys anew")
        .contains("persist: /sys/fs/bpf: no bpf file system (expected: mounted, or CAP_SYS_ADMIN");
    String lost = SERVED.replace("respond: { body: \"served\" }", "pool: app");
    String pools = "pools: [{ name: app, backends: [{ address: \"192.0.2.10:80\" }] }]\n";
    String elsewhere = plane("").replace(link, "nothere");
    assertThat(WeirProcess.check(folder, elsewhere + SERVED, networks.exec("gw")).text())
        .contains("interfaces: nothere (expected: an interface of this host)");
    String bogons = plane("").replace("bogons: pass", "bogons: refuse");
    assertThat(WeirProcess.check(folder, bogons + lost + pools, networks.exec("gw")).text())
        .contains(
            "packet_plane.bogons: refuses backend 192.0.2.10:80, whose answers come by " + link);
    assertThat(
            WeirProcess.check(folder, "syn_flood_protection: {}\n" + SERVED, networks.exec("gw"))
                .text())
        .contains("syn_flood_protection: no default route tells which interfaces");
  }
}
