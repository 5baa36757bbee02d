package io.weir.packet;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.net.IpPrefix;
import io.weir.packet.Attachment.Mode;
import io.weir.packet.PacketPolicy.ReversePath;
import io.weir.packet.bpf.BpfLink;
import java.io.IOException;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Real packets between namespaces: a server guarded by the plane, and who talks to it. */
@Privileged
class LiveTest {

  private static final int PORT = 8080;

  private Namespace server;
  private Namespace client;
  private XdpEngine spare;
  private BpfLink far;

  @BeforeEach
  void open() throws Exception {
    server = new Namespace();
    client = new Namespace();
    client.connect(server, "veth", 1); // the client is .1, the server .2
    // A veth takes frames that a program sends only if its far end has a program too.
    spare = new XdpEngine(PacketPolicy.MINIMAL, AddressLists.EMPTY, CookieSettings.ETHERNET);
    far =
        client.run(() ->
            BpfLink.attach(
                spare.loadEmpty(),
                NetworkInterface.getByName("veth").getIndex(),
                BpfLink.Mode.NATIVE));
  }

  @AfterEach
  void close() throws Exception {
    far.close();
    spare.close();
    server.close();
    client.close();
  }

  private PacketPlane guard(PacketPolicy policy, AddressLists lists) throws Exception {
    PlaneSettings settings =
        new PlaneSettings(
            List.of("veth"), policy, lists, Set.of(Mode.NATIVE), true, 4096, Balancing.NONE);
    return server.run(() -> PacketPlane.start(settings));
  }

  private static PacketPolicy underAttackAtOnce() {
    Rate any = new Rate(0.001, 1);
    return PacketPolicy.MINIMAL.withSyn(
        new SynLimits(Rate.UNLIMITED, Rate.UNLIMITED, any, Duration.ofHours(1)));
  }

  /** Answers each connection with a page and ends it first, until its socket is closed. */
  private ServerSocket serve() throws Exception {
    return serveIn(server);
  }

  private static ServerSocket serveIn(Namespace namespace) throws Exception {
    ServerSocket socket = namespace.run(() -> new ServerSocket(PORT, 1024));
    Thread.ofPlatform().daemon().start(() -> acceptAll(socket));
    return socket;
  }

  private static void acceptAll(ServerSocket listening) {
    byte[] page =
        "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello\n".getBytes(StandardCharsets.US_ASCII);
    while (true) {
      try (Socket accepted = listening.accept()) {
        int _ = accepted.getInputStream().read(new byte[4096]);
        accepted.getOutputStream().write(page);
      } catch (IOException e) {
        if (listening.isClosed()) {
          return;
        }
      }
    }
  }

  private static void awaitCookies(PacketPlane plane, Namespace server) throws Exception {
    for (int i = 0; i < 100; i++) {
      if (plane.isUnderAttack()
          && server.sh("sysctl -n net.ipv4.tcp_syncookies").strip().equals("2")) {
        return;
      }
      Thread.sleep(50);
    }
    throw new AssertionError("no attack seen");
  }

  private String fetch(String address) throws Exception {
    return client.sh("curl -sS -m 5 http://%s:%d/".formatted(address, PORT));
  }

  private long halfOpen() throws Exception {
    return server.sh("ss -Hnt state syn-recv").lines().filter(line -> !line.isBlank()).count();
  }

  @Test
  void makesConnectionsThroughItsOwnCookiesOverBothFamilies() throws Exception {
    try (ServerSocket _ = serve();
        PacketPlane plane = guard(underAttackAtOnce(), AddressLists.EMPTY)) {
      client.sh("hping3 -q -c 5 --fast -S -p %d 10.1.0.2 >/dev/null 2>&1 || true".formatted(PORT));
      awaitCookies(plane, server);
      long before = plane.counters().packets(Reason.SYN_COOKIE_SENT);
      for (int i = 0; i < 5; i++) {
        assertThat(fetch("10.1.0.2")).isEqualTo("hello\n");
        assertThat(fetch("[fd00:1::2]")).isEqualTo("hello\n");
      }
      assertThat(plane.counters().packets(Reason.SYN_COOKIE_SENT) - before)
          .isGreaterThanOrEqualTo(10);
      server.close(plane);
    }
  }

  /**
   * A client may use a port again whose last connection the server holds in TIME_WAIT: only that
   * socket can let it in.
   */
  @Test
  void letsAClientUseItsPortAgainAtOnceWhileStrangersFlood() throws Exception {
    String again = "curl -sS -m 5 --local-port %d http://%s:" + PORT + "/";
    try (ServerSocket _ = serve();
        PacketPlane plane = guard(underAttackAtOnce(), AddressLists.EMPTY)) {
      client.sh(again.formatted(40001, "10.1.0.2")); // before the attack
      client.sh("hping3 -q -c 5 --fast -S -p %d 10.1.0.2 >/dev/null 2>&1 || true".formatted(PORT));
      awaitCookies(plane, server);
      client.sh(
          "ip route add default via 10.1.0.2; timeout 5 hping3 -q -c 2000 -i u10 --rand-source -S -p %d 10.1.0.2 >/dev/null 2>&1 || true"
              .formatted(PORT));
      for (int i = 0; i < 3; i++) {
        assertThat(server.sh("ss -Hnt state time-wait")).contains(":40001");
        assertThat(client.sh(again.formatted(40001, "10.1.0.2"))).isEqualTo("hello\n");
        assertThat(client.sh(again.formatted(40002, "[fd00:1::2]"))).isEqualTo("hello\n");
      }
      server.close(plane);
    }
  }

  /** Asked of the ACK in the end, and of a SYN that no cookie answers. */
  @Test
  void asksForAWayBackDuringAnAttackToo() throws Exception {
    String forged =
        "hping3 -q -c 3 --fast -S -p %d -a 198.51.100.9 10.1.0.2 >/dev/null 2>&1 || true";
    PacketPolicy policy = underAttackAtOnce().withReversePath(ReversePath.LOOSE);
    server.sh("for i in all veth; do sysctl -q net.ipv4.conf.$i.rp_filter=0; done");
    try (ServerSocket _ = serve();
        PacketPlane plane = guard(policy, AddressLists.EMPTY)) {
      client.sh("hping3 -q -c 5 --fast -S -p %d 10.1.0.2 >/dev/null 2>&1 || true".formatted(PORT));
      awaitCookies(plane, server);
      client.sh(forged.formatted(9));
      assertThat(plane.counters().packets(Reason.BOGON_NO_RETURN_ROUTE)).isEqualTo(3);
      long cookies = plane.counters().packets(Reason.SYN_COOKIE_SENT);
      client.sh(forged.formatted(PORT));
      assertThat(plane.counters().packets(Reason.SYN_COOKIE_SENT)).isEqualTo(cookies + 3);
      client.sh(forged.formatted(PORT).replace("-S", "-A"));
      assertThat(plane.counters().packets(Reason.BOGON_NO_RETURN_ROUTE)).isEqualTo(6);
      server.run(() -> {
        plane.apply(policy.withReversePath(ReversePath.STRICT), AddressLists.EMPTY);
        return "";
      });
      client.sh(forged.formatted(PORT));
      assertThat(plane.counters().packets(Reason.BOGON_NO_RETURN_ROUTE)).isEqualTo(9);
      server.close(plane);
    }
  }

  @Test
  void keepsNothingOfAHundredThousandHalfOpenAttempts() throws Exception {
    try (ServerSocket _ = serve();
        PacketPlane plane = guard(underAttackAtOnce(), AddressLists.EMPTY)) {
      client.sh("hping3 -q -c 5 --fast -S -p %d 10.1.0.2 >/dev/null 2>&1 || true".formatted(PORT));
      awaitCookies(plane, server);
      client.sh(
          "ip route add default via 10.1.0.2; timeout 20 hping3 -q -c 100000 -i u1 --rand-source -S -p %d 10.1.0.2 >/dev/null 2>&1 || true"
              .formatted(PORT));
      assertThat(plane.counters().packets(Reason.SYN_COOKIE_SENT)).isGreaterThan(90_000);
      assertThat(halfOpen()).isZero();
      assertThat(fetch("10.1.0.2")).isEqualTo("hello\n");
      server.close(plane);
    }
  }

  /** As the guide has it. */
  private static final String SYN_PROXY =
      """
      sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
      nft -f - <<RULES
      table inet forwarded {
        chain before { type filter hook prerouting priority raw; iifname veth tcp flags & (fin | syn | rst | ack) == syn notrack; }
        chain through {
          type filter hook forward priority filter
          iifname veth ct state invalid,untracked synproxy mss 1440 wscale 7 timestamp sack-perm
          ct state invalid drop
        }
      }
      RULES
      sysctl -q net.netfilter.nf_conntrack_tcp_loose=0
      """;

  @Test
  void leavesConnectionsThatTheHostForwardsToTheKernelsSynProxy() throws Exception {
    try (Namespace behind = new Namespace()) {
      behind.connect(server, "back", 3); // .1 behind, .2 the server, which forwards
      behind.sh("ip route add default via 10.3.0.2; ip -6 route add default via fd00:3::2");
      client.sh("ip route add default via 10.1.0.2; ip -6 route add fd00:3::/64 via fd00:1::2");
      server.sh("for i in all veth back; do sysctl -q net.ipv4.conf.$i.rp_filter=0; done");
      server.sh(SYN_PROXY);
      try (ServerSocket _ = serveIn(behind);
          PacketPlane plane = guard(underAttackAtOnce(), AddressLists.EMPTY)) {
        client.sh(
            "hping3 -q -c 5 --fast -S -p %d 10.3.0.1 >/dev/null 2>&1 || true".formatted(PORT));
        awaitCookies(plane, server);
        client.sh(
            "timeout 20 hping3 -q -c 5000 -i u10 --rand-source -S -p %d 10.3.0.1 >/dev/null 2>&1 || true"
                .formatted(PORT));
        assertThat(behind.sh("ss -Hnt state syn-recv")).as("none reached it").isEmpty();
        String tracked = server.sh("sysctl -n net.netfilter.nf_conntrack_count").strip();
        assertThat(Integer.parseInt(tracked)).as("nor is any remembered").isLessThan(50);
        assertThat(fetch("10.3.0.1")).isEqualTo("hello\n");
        // This kernel's synproxy drops IPv6 whose checksum no card has vouched for.
        client.sh("ethtool -K veth tx on >/dev/null");
        assertThat(fetch("[fd00:3::1]")).isEqualTo("hello\n");
        server.close(plane);
      }
    }
  }

  @Test
  void refusesAFloodFromOneSourceAndServesAnother() throws Exception {
    PacketPolicy policy =
        PacketPolicy.MINIMAL.withSyn(
            new SynLimits(new Rate(1, 20), Rate.UNLIMITED, Rate.UNLIMITED, Duration.ofSeconds(1)));
    try (ServerSocket _ = serve();
        PacketPlane plane = guard(policy, AddressLists.EMPTY)) {
      client.sh(
          "timeout 20 hping3 -q -c 20000 -i u1 -a 10.1.0.77 -S -p %d 10.1.0.2 >/dev/null 2>&1 || true"
              .formatted(PORT));
      assertThat(plane.counters().packets(Reason.SYN_SOURCE_RATE)).isGreaterThan(19_000);
      assertThat(fetch("10.1.0.2")).isEqualTo("hello\n");
      server.close(plane);
    }
  }

  @Test
  void checksTheReversePathLooselyOrStrictlyAlsoWhereRoutesAreAsymmetric() throws Exception {
    client.connect(server, "second", 2);
    server.sh("ip route add 10.77.0.0/16 dev second; ip -6 route add fd00:77::/32 dev second");
    server.sh("for i in all veth second; do sysctl -q net.ipv4.conf.$i.rp_filter=0; done");
    String forged = "hping3 -q -c 3 --fast -S -p 9 -a %s 10.1.0.2 >/dev/null 2>&1 || true";
    try (PacketPlane plane =
        guard(PacketPolicy.MINIMAL.withReversePath(ReversePath.LOOSE), AddressLists.EMPTY)) {
      assertThat(plane.problems()).isEmpty();
      client.sh(forged.formatted("10.1.0.9"));
      client.sh(forged.formatted("10.77.0.9"));
      assertThat(plane.counters().packets(Reason.BOGON_NO_RETURN_ROUTE)).isZero();
      client.sh(forged.formatted("198.51.100.9"));
      assertThat(plane.counters().packets(Reason.BOGON_NO_RETURN_ROUTE))
          .as("no route back")
          .isEqualTo(3);
      client.sh("ping -q -c1 -W2 10.1.0.2 && ping -q -c1 -W2 fd00:1::2");
      client.sh(
          "ip -6 addr add 2001:db8:5::1/128 dev veth nodad; ! ping -q -c1 -W1 -I 2001:db8:5::1 fd00:1::2");
      assertThat(plane.counters().packets(Reason.BOGON_NO_RETURN_ROUTE))
          .as("IPv6 too")
          .isEqualTo(4);
      server.run(() -> {
        plane.apply(PacketPolicy.MINIMAL.withReversePath(ReversePath.STRICT), AddressLists.EMPTY);
        return "";
      });
      client.sh(forged.formatted("10.77.0.9"));
      assertThat(plane.counters().packets(Reason.BOGON_OTHER_INTERFACE))
          .as("the route back is another")
          .isEqualTo(3);
      client.sh("ping -q -c1 -W2 10.1.0.2 && ping -q -c1 -W2 fd00:1::2");
      client.sh(
          "ip -6 addr add fd00:77::1/128 dev veth nodad; ! ping -q -c1 -W1 -I fd00:77::1 fd00:1::2");
      assertThat(plane.counters().packets(Reason.BOGON_OTHER_INTERFACE)).isEqualTo(4);
      server.close(plane);
    }
  }

  @Test
  void takesAChangeBackThatNobodyConfirms() throws Exception {
    AddressLists lockout =
        AddressLists.EMPTY.withBlocked(
            List.of(IpPrefix.parse("0.0.0.0/0"), IpPrefix.parse("::/0")));
    String reached = "ping -q -c1 -W1 10.1.0.2 >/dev/null && echo yes || echo no";
    try (PacketPlane plane = guard(PacketPolicy.MINIMAL, AddressLists.EMPTY)) {
      PacketPlane.Change change =
          plane.propose(PacketPolicy.MINIMAL, lockout, Duration.ofSeconds(3));
      assertThat(client.sh(reached)).isEqualTo("no\n");
      CountDownLatch back = new CountDownLatch(1);
      Thread.ofVirtual().start(() -> awaitEnd(change, back));
      back.await();
      assertThat(client.sh(reached)).as("taken back by itself").isEqualTo("yes\n");
      assertThat(change.confirm()).as("too late").isFalse();
      PacketPlane.Change confirmed =
          plane.propose(PacketPolicy.MINIMAL, lockout, Duration.ofHours(1));
      assertThat(confirmed.confirm()).isTrue();
      assertThat(confirmed.takeBack()).isFalse();
      assertThat(client.sh(reached)).isEqualTo("no\n");
      server.close(plane);
    }
    assertThat(client.sh(reached)).as("detached").isEqualTo("yes\n");
  }

  private static void awaitEnd(PacketPlane.Change change, CountDownLatch back) {
    while (change.isOnTrial()) {
      Thread.onSpinWait();
      java.util.concurrent.locks.LockSupport.parkNanos(10_000_000);
    }
    back.countDown();
  }
}
