package io.weir.packet;

import static io.weir.packet.Packets.ACK;
import static io.weir.packet.Packets.CLIENT;
import static io.weir.packet.Packets.CLIENT6;
import static io.weir.packet.Packets.SERVER;
import static io.weir.packet.Packets.SERVER6;
import static io.weir.packet.Packets.SYN;
import static io.weir.packet.Packets.bytes;
import static io.weir.packet.Packets.ip;
import static io.weir.packet.Packets.join;
import static io.weir.packet.Packets.shorts;
import static io.weir.packet.Packets.slice;
import static io.weir.packet.Packets.syn;
import static io.weir.packet.Packets.tcp;
import static org.assertj.core.api.Assertions.assertThat;

import io.weir.net.IpAddress;
import io.weir.net.IpPrefix;
import io.weir.packet.bpf.BpfMap;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Privileged
class SynTest {

  /** One packet in a thousand seconds: no test takes long enough to see a bucket leak. */
  private static Rate only(int burst) {
    return new Rate(0.001, burst);
  }

  private static PacketPolicy policy(Rate perSource, Rate total, Rate attack) {
    return PacketPolicy.MINIMAL.withSyn(
        new SynLimits(perSource, total, attack, Duration.ofHours(1)));
  }

  private static IpAddress source(int i) {
    return IpAddress.ofIpv4(0xcb007100 + i);
  }

  @Test
  void limitsEachSource() {
    try (Desk desk =
        new Desk(policy(only(3), Rate.UNLIMITED, Rate.UNLIMITED), AddressLists.EMPTY)) {
      for (int i = 0; i < 3; i++) {
        assertThat(desk.judge(syn(CLIENT, SERVER))).isEqualTo(Reason.PASS);
      }
      assertThat(desk.judge(syn(CLIENT, SERVER))).isEqualTo(Reason.SYN_SOURCE_RATE);
      assertThat(desk.judge(syn(source(99), SERVER))).isEqualTo(Reason.PASS);
      assertThat(desk.judge(ip(CLIENT, SERVER, 6, tcp(ACK)))).isEqualTo(Reason.PASS);
      assertThat(desk.judge(ip(CLIENT, SERVER, 6, tcp(SYN | ACK)))).isEqualTo(Reason.PASS);
    }
  }

  @Test
  void takesAnIpv6NetworkOf64BitsForOneSource() {
    try (Desk desk =
        new Desk(policy(only(3), Rate.UNLIMITED, Rate.UNLIMITED), AddressLists.EMPTY)) {
      for (int i = 0; i < 3; i++) {
        assertThat(desk.judge(syn(IpAddress.ofIpv6(CLIENT6.high(), i), SERVER6)))
            .isEqualTo(Reason.PASS);
      }
      assertThat(desk.judge(syn(IpAddress.ofIpv6(CLIENT6.high(), 77), SERVER6)))
          .isEqualTo(Reason.SYN_SOURCE_RATE);
      assertThat(desk.judge(syn(IpAddress.ofIpv6(CLIENT6.high() + 1, 77), SERVER6)))
          .isEqualTo(Reason.PASS);
    }
  }

  @Test
  void keepsTheDebtOfASourceThroughAChangeOfPolicyAndOfLists() {
    PacketPolicy policy = policy(only(1), Rate.UNLIMITED, Rate.UNLIMITED);
    try (Desk desk = new Desk(policy, AddressLists.EMPTY)) {
      assertThat(desk.judge(syn(CLIENT, SERVER))).isEqualTo(Reason.PASS);
      desk.replace(policy);
      desk.engine.replace(AddressLists.EMPTY);
      assertThat(desk.judge(syn(CLIENT, SERVER))).isEqualTo(Reason.SYN_SOURCE_RATE);
    }
  }

  /**
   * Enough at once for the small first row to be asked alone, half full, and then with the others.
   */
  @Test
  void countsALargeBurstExactly() {
    try (Desk desk =
        new Desk(policy(only(100), Rate.UNLIMITED, Rate.UNLIMITED), AddressLists.EMPTY)) {
      for (int round = 0; round < 100; round++) {
        assertThat(desk.judge(syn(CLIENT, SERVER))).isEqualTo(Reason.PASS);
        assertThat(desk.judge(syn(CLIENT6, SERVER6))).isEqualTo(Reason.PASS);
      }
      assertThat(desk.judge(syn(CLIENT, SERVER))).isEqualTo(Reason.SYN_SOURCE_RATE);
      assertThat(desk.judge(syn(CLIENT6, SERVER6))).isEqualTo(Reason.SYN_SOURCE_RATE);
    }
  }

  /** Ten thousand over their limit share the small first row's buckets with everybody. */
  @Test
  void isNotMisledByManySourcesOverTheirLimit() {
    try (Desk desk =
        new Desk(policy(only(10), Rate.UNLIMITED, Rate.UNLIMITED), AddressLists.EMPTY)) {
      for (int i = 0; i < 10_000; i++) {
        byte[] syn = syn(IpAddress.ofIpv4(0x2000_0000 + i * 7919), SERVER);
        for (int j = 0; j < 12; j++) {
          desk.judge(syn);
        }
        assertThat(desk.judge(syn)).isEqualTo(Reason.SYN_SOURCE_RATE);
      }
      int refused = 0;
      for (int i = 0; i < 1000; i++) {
        IpAddress other = IpAddress.ofIpv4(0x5000_0000 + i * 7919);
        refused += desk.judge(syn(other, SERVER)) == Reason.PASS ? 0 : 1;
      }
      assertThat(refused).as("one in two hundred is expected").isLessThan(30);
    }
  }

  @Test
  void exemptsTheAllowList() {
    AddressLists lists =
        AddressLists.EMPTY.withAllowed(
            List.of(IpPrefix.parse("203.0.113.7"), IpPrefix.parse("2001:db8:1::/48")));
    try (Desk desk = new Desk(policy(only(1), only(1), Rate.UNLIMITED), lists)) {
      for (int i = 0; i < 5; i++) {
        assertThat(desk.judge(syn(CLIENT, SERVER))).isEqualTo(Reason.PASS_ALLOWED);
        assertThat(desk.judge(syn(CLIENT6, SERVER6))).isEqualTo(Reason.PASS_ALLOWED);
      }
    }
  }

  @Test
  void limitsAllSourcesTogether() {
    try (Desk desk =
        new Desk(policy(Rate.UNLIMITED, only(5), Rate.UNLIMITED), AddressLists.EMPTY)) {
      for (int i = 0; i < 5; i++) {
        assertThat(desk.judge(syn(source(i), SERVER))).isEqualTo(Reason.PASS);
      }
      assertThat(desk.judge(syn(source(6), SERVER))).isEqualTo(Reason.SYN_GLOBAL_RATE);
      assertThat(desk.judge(syn(CLIENT6, SERVER6))).isEqualTo(Reason.SYN_GLOBAL_RATE);
    }
  }

  @Test
  void isNotMisledByAFloodOfForgedSources() {
    try (Desk desk =
        new Desk(policy(only(20), Rate.UNLIMITED, Rate.UNLIMITED), AddressLists.EMPTY)) {
      for (int i = 0; i < 50_000; i++) {
        desk.judge(syn(IpAddress.ofIpv4(0x2000_0000 + i * 7919), SERVER));
      }
      assertThat(desk.engine.counters().packets(Reason.SYN_SOURCE_RATE)).isZero();
      assertThat(desk.judge(syn(CLIENT, SERVER))).isEqualTo(Reason.PASS);
    }
  }

  private interface Cookies {
    void on(ServerSocket server, Desk desk) throws Exception;
  }

  /**
   * With a socket that listens, for the programs answer for no other, and a stack that takes
   * cookies so.
   */
  private static void inNamespace(boolean ipv6, int syncookies, Cookies test) throws Exception {
    try (Namespace namespace = new Namespace()) {
      namespace.sh("sysctl -q net.ipv4.tcp_syncookies=" + syncookies);
      namespace.run(() -> {
        try (ServerSocket server = listen(ipv6, 0);
            Desk desk = underAttack()) {
          test.on(server, desk);
        }
        return "";
      });
    }
  }

  private static ServerSocket listen(boolean ipv6, int port) throws Exception {
    return new ServerSocket(port, 5, InetAddress.getByName(ipv6 ? "::1" : "127.0.0.1"));
  }

  private static final byte[] LINUX = bytes("020405b4 0402 080a 11223344 00000000 01 030307");
  private static final byte[] WINDOWS = bytes("020405b4 01 030308 01 01 0402");

  private static byte[] synTo(ServerSocket server, byte[] options) {
    IpAddress to = IpAddress.of(server.getInetAddress());
    return ip(
        to.isIpv4() ? CLIENT : CLIENT6,
        to,
        6,
        tcp(40000, server.getLocalPort(), SYN, options, new byte[0]));
  }

  private static Desk underAttack() {
    Desk desk = new Desk(policy(Rate.UNLIMITED, Rate.UNLIMITED, only(2)), AddressLists.EMPTY);
    for (int i = 0; i < 5; i++) {
      desk.judge(syn(source(i), SERVER));
    }
    assertThat(desk.engine.isUnderAttack()).isTrue();
    return desk;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void answersSynsWithCookiesDuringAnAttack(boolean ipv6) throws Exception {
    inNamespace(
        ipv6,
        2,
        (server, desk) -> {
          assertThat(desk.judge(synTo(server, LINUX))).isEqualTo(Reason.SYN_COOKIE_SENT);
          assertThat(desk.action()).isEqualTo(Desk.SEND_BACK);
          int transport = ipv6 ? 54 : 34;
          byte[] reply = desk.frame();
          assertThat(reply).hasSize(transport + 40);
          assertThat(slice(reply, 0, 12)).isEqualTo(bytes("020000000002 020000000001"));
          assertThat(checksumOfTcp(reply, transport, ipv6)).isZero();
          byte[] tcp = slice(reply, transport, reply.length);
          assertThat(slice(tcp, 0, 4)).isEqualTo(shorts(server.getLocalPort(), 40000));
          assertThat(slice(tcp, 8, 12)).as("acknowledges the SYN").isEqualTo(bytes("01020305"));
          assertThat(tcp[13]).isEqualTo((byte) (SYN | ACK));
          assertThat(slice(tcp, 20, 28))
              .isEqualTo(bytes((ipv6 ? "020405a0" : "020405b4") + "0402080a"));
          assertThat(tcp[31] & 0x3f)
              .as("window scale 7 and SACK, in the timestamp")
              .isEqualTo(0x17);
          assertThat(slice(tcp, 32, 40)).isEqualTo(bytes("11223344 01030307"));
        });
  }

  private static int checksumOfTcp(byte[] frame, int transport, boolean ipv6) {
    byte[] addresses = slice(frame, ipv6 ? 22 : 26, transport);
    byte[] pseudo =
        join(addresses, shorts(6, frame.length - transport), slice(frame, transport, frame.length));
    return Packets.checksum(pseudo, 0, pseudo.length);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void promisesAClientWithoutTimestampsNoMoreThanACookieHolds(boolean ipv6) throws Exception {
    inNamespace(
        ipv6,
        2,
        (server, desk) -> {
          assertThat(desk.judge(synTo(server, WINDOWS))).isEqualTo(Reason.SYN_COOKIE_SENT);
          int transport = ipv6 ? 54 : 34;
          byte[] reply = desk.frame();
          assertThat(reply).hasSize(transport + 24);
          assertThat(checksumOfTcp(reply, transport, ipv6)).isZero();
          assertThat(slice(reply, transport + 20, reply.length))
              .isEqualTo(bytes(ipv6 ? "020405a0" : "020405b4"));
        });
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void letsOnlyAnAckPassThatBringsTheCookieBack(boolean ipv6) throws Exception {
    inNamespace(
        ipv6,
        2,
        (server, desk) -> {
          desk.judge(synTo(server, LINUX));
          int cookie = ByteBuffer.wrap(desk.frame()).getInt((ipv6 ? 54 : 34) + 4);
          assertThat(desk.judge(ackTo(server, cookie + 1))).isEqualTo(Reason.PASS);
          assertThat(desk.judge(ackTo(server, cookie + 1000))).isEqualTo(Reason.SYN_COOKIE_INVALID);
          assertThat(desk.judge(ackTo(server, 12345))).isEqualTo(Reason.SYN_COOKIE_INVALID);
        });
  }

  private static byte[] ackTo(ServerSocket server, int acknowledged) {
    byte[] segment = tcp(40000, server.getLocalPort(), ACK, new byte[0], new byte[0]);
    ByteBuffer.wrap(segment).putInt(4, 0x01020305).putInt(8, acknowledged);
    IpAddress to = IpAddress.of(server.getInetAddress());
    return ip(to.isIpv4() ? CLIENT : CLIENT6, to, 6, segment);
  }

  /**
   * The second SYN of a stranger needs no socket, so it is answered though nobody listens any more;
   * whoever has a connection is looked up each time.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void asksForNoSocketOfAStrangerOnceAllClientsAreKnown(boolean ipv6) throws Exception {
    inNamespace(
        ipv6,
        2,
        (server, desk) -> {
          byte[] syn = synTo(server, LINUX);
          server.close();
          assertThat(desk.judge(syn)).as("never seen to listen").isEqualTo(Reason.PASS);
        });
    inNamespace(
        ipv6,
        2,
        (server, desk) -> {
          byte[] syn = synTo(server, LINUX);
          assertThat(desk.judge(syn)).isEqualTo(Reason.SYN_COOKIE_SENT);
          server.close();
          assertThat(desk.judge(syn)).as("clients unknown").isEqualTo(Reason.PASS);
        });
    inNamespace(
        ipv6,
        2,
        (server, desk) -> {
          byte[] syn = synTo(server, LINUX);
          desk.engine.learnClients();
          byte[] elsewhere = synTo(server, LINUX);
          ByteBuffer.wrap(elsewhere).putShort((ipv6 ? 54 : 34) + 2, (short) 9);
          assertThat(desk.judge(elsewhere)).as("makes nobody known").isEqualTo(Reason.PASS);
          assertThat(desk.judge(syn)).isEqualTo(Reason.SYN_COOKIE_SENT);
          int transport = ipv6 ? 54 : 34;
          byte[] asked = desk.frame();
          assertThat(desk.judge(syn)).isEqualTo(Reason.SYN_COOKIE_SENT);
          byte[] unasked = desk.frame();
          assertThat(checksumOfTcp(unasked, transport, ipv6)).isZero();
          assertThat(slice(unasked, 0, transport + 16)).isEqualTo(slice(asked, 0, transport + 16));
          int cookie = ByteBuffer.wrap(unasked).getInt(transport + 4);
          server.close();
          assertThat(desk.judge(syn)).as("still taken to listen").isEqualTo(Reason.SYN_COOKIE_SENT);
          try (ServerSocket again = listen(ipv6, server.getLocalPort())) {
            assertThat(desk.judge(syn)).isEqualTo(Reason.SYN_COOKIE_SENT);
            assertThat(desk.judge(ackTo(again, cookie + 1))).isEqualTo(Reason.PASS);
          }
          assertThat(desk.judge(syn)).as("no stranger any more").isEqualTo(Reason.PASS);
        });
  }

  @Test
  void answersNoSynForAPortWhereNobodyListens() throws Exception {
    inNamespace(
        false,
        2,
        (server, desk) -> {
          server.close();
          assertThat(desk.judge(synTo(server, LINUX))).isEqualTo(Reason.PASS);
        });
  }

  /**
   * Dropped while the stack is about to be told, for else each SYN of the flood would be half open.
   */
  @Test
  void sendsNoCookieBeforeTheStackIsReadyToTakeItBack() throws Exception {
    inNamespace(
        false,
        1,
        (server, desk) -> {
          beginAttackAt(desk, System.nanoTime());
          assertThat(desk.judge(synTo(server, LINUX))).isEqualTo(Reason.SYN_COOKIE_PENDING);
          beginAttackAt(desk, System.nanoTime() - 3_600_000_000_000L);
          assertThat(desk.judge(synTo(server, LINUX))).isEqualTo(Reason.PASS);
          server.close();
          beginAttackAt(desk, System.nanoTime());
          assertThat(desk.judge(synTo(server, LINUX))).isEqualTo(Reason.PASS);
        });
  }

  /**
   * {@code attack_since} of {@code struct syn_state}; a minute more, so that the test may take it.
   */
  private static void beginAttackAt(Desk desk, long nanoTime) {
    BpfMap map = desk.engine.map("syn_state");
    ByteBuffer state =
        ByteBuffer.wrap(Objects.requireNonNull(map.get(BpfMap.key(0))))
            .order(ByteOrder.LITTLE_ENDIAN);
    map.put(BpfMap.key(0), state.putLong(24, nanoTime + 60_000_000_000L).array());
  }

  @Test
  void readsOptionsOfEveryShapeWithoutStumbling() throws Exception {
    java.util.Random random = new java.util.Random(3);
    inNamespace(
        false,
        2,
        (server, desk) -> {
          for (int i = 0; i < 5000; i++) {
            byte[] options = new byte[4 * random.nextInt(11)];
            for (int at = 0; at < options.length; at++) {
              options[at] = (byte) (random.nextBoolean() ? random.nextInt(12) : random.nextInt());
            }
            assertThat(desk.judge(synTo(server, options))).isEqualTo(Reason.SYN_COOKIE_SENT);
            assertThat(checksumOfTcp(desk.frame(), 34, false)).isZero();
          }
        });
  }
}
