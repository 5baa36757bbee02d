package io.weir.packet;

import static io.weir.packet.Packets.ACK;
import static io.weir.packet.Packets.CLIENT;
import static io.weir.packet.Packets.CLIENT6;
import static io.weir.packet.Packets.SYN;
import static io.weir.packet.Packets.bytes;
import static io.weir.packet.Packets.icmp;
import static io.weir.packet.Packets.ip;
import static io.weir.packet.Packets.join;
import static io.weir.packet.Packets.shorts;
import static io.weir.packet.Packets.slice;
import static io.weir.packet.Packets.tcp;
import static io.weir.packet.Packets.udp;
import static io.weir.packet.Packets.vlan;
import static io.weir.packet.Packets.with;
import static org.assertj.core.api.Assertions.assertThat;

import io.weir.net.IpAddress;
import io.weir.packet.VirtualService.Backend;
import io.weir.packet.VirtualService.Method;
import io.weir.packet.VirtualService.Protocol;
import io.weir.packet.VirtualService.State;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What becomes of packets to virtual addresses; the routes are those of a namespace of the test's
 * own.
 */
@Privileged
class BalanceTest {

  private static final IpAddress VIP = IpAddress.parse("192.0.2.10");
  private static final IpAddress VIP6 = IpAddress.parse("2001:db8:9::10");
  private static final byte[] NONE = new byte[0];

  private Namespace here;
  private Namespace there;

  @BeforeEach
  void open() throws Exception {
    here = new Namespace();
    there = new Namespace();
    here.connect(there, "veth", 1);
    here.sh("sysctl -q net.ipv4.conf.lo.forwarding=1 net.ipv6.conf.lo.forwarding=1");
    for (int i = 2; i < 10; i++) {
      here.sh(
          "ip neigh replace 10.1.0.%1$d lladdr 02:00:00:00:01:0%1$d dev veth nud permanent"
              .formatted(i));
      here.sh(
          "ip neigh replace fd00:1::%1$d lladdr 02:00:00:00:06:0%1$d dev veth nud permanent"
              .formatted(i));
    }
  }

  @AfterEach
  void close() throws Exception {
    here.close();
    there.close();
  }

  private interface Trial {
    void on(Desk desk) throws Exception;
  }

  private void balance(List<VirtualService> services, Trial trial) throws Exception {
    Callable<String> task =
        () -> {
          try (Desk desk = new Desk(PacketPolicy.MINIMAL, AddressLists.EMPTY)) {
            desk.balance(balancing(services));
            trial.on(desk);
          }
          return "";
        };
    here.run(task);
  }

  private static Balancing balancing(List<VirtualService> services) {
    return new Balancing(services, IpAddress.parse("10.1.0.1"), IpAddress.parse("fd00:1::1"));
  }

  private static Backend backend(int i, Method method) {
    return Backend.of(IpAddress.parse("10.1.0." + i), method);
  }

  private static VirtualService http(IpAddress address, Backend... backends) {
    return new VirtualService(address, 80, Protocol.TCP, false, List.of(backends));
  }

  private static byte[] to(IpAddress vip, int port, int flags) {
    return ip(vip.isIpv4() ? CLIENT : CLIENT6, vip, 6, tcp(port, 80, flags, NONE, new byte[7]));
  }

  @Test
  void wrapsIpv4IntoIpv4() throws Exception {
    balance(
        List.of(http(VIP, backend(2, Method.IP_IN_IP))),
        desk -> {
          byte[] frame = to(VIP, 1000, SYN);
          assertThat(desk.judge(frame)).isEqualTo(Reason.FORWARD_SENT);
          byte[] sent = desk.frame();
          assertThat(sent).hasSize(frame.length + 20);
          assertThat(slice(sent, 0, 6)).isEqualTo(bytes("020000000102"));
          assertThat(slice(sent, 12, 14)).isEqualTo(bytes("0800"));
          assertThat(Packets.checksum(sent, 14, 34)).isZero();
          assertThat(slice(sent, 16, 18)).isEqualTo(shorts(frame.length - 14 + 20));
          assertThat(sent[23]).isEqualTo((byte) 4);
          assertThat(slice(sent, 26, 34)).isEqualTo(bytes("0a010001 0a010002"));
          assertThat(slice(sent, 34, sent.length))
              .as("as the client sent it")
              .isEqualTo(slice(frame, 14, frame.length));
        });
  }

  @Test
  void wrapsEitherFamilyIntoEither() throws Exception {
    Backend over6 = Backend.of(IpAddress.parse("fd00:1::2"), Method.IP_IN_IP);
    balance(
        List.of(
            http(VIP, over6),
            http(VIP6, backend(3, Method.IP_IN_IP)),
            new VirtualService(VIP6, 81, Protocol.TCP, false, List.of(over6))),
        desk -> {
          byte[] four = to(VIP, 1000, SYN);
          assertThat(desk.judge(four)).isEqualTo(Reason.FORWARD_SENT);
          checkIpv6Outer(desk.frame(), four, 4);
          byte[] six = ip(CLIENT6, VIP6, 6, tcp(1000, 81, SYN, NONE, NONE));
          assertThat(desk.judge(six)).isEqualTo(Reason.FORWARD_SENT);
          checkIpv6Outer(desk.frame(), six, 41);
          byte[] sixOverFour = to(VIP6, 1000, SYN);
          assertThat(desk.judge(sixOverFour)).isEqualTo(Reason.FORWARD_SENT);
          assertThat(desk.frame()[23]).isEqualTo((byte) 41);
          assertThat(slice(desk.frame(), 34, desk.frame().length))
              .isEqualTo(slice(sixOverFour, 14, sixOverFour.length));
        });
  }

  private static void checkIpv6Outer(byte[] sent, byte[] frame, int next) {
    assertThat(slice(sent, 0, 6)).isEqualTo(bytes("020000000602"));
    assertThat(slice(sent, 12, 14)).isEqualTo(bytes("86dd"));
    assertThat(slice(sent, 18, 20)).isEqualTo(shorts(frame.length - 14));
    assertThat(sent[20]).isEqualTo((byte) next);
    assertThat(slice(sent, 22, 54))
        .isEqualTo(bytes("fd000001000000000000000000000001 fd000001000000000000000000000002"));
    assertThat(slice(sent, 54, sent.length)).isEqualTo(slice(frame, 14, frame.length));
  }

  @Test
  void wrapsIntoUdpWithAPortForEachFlow() throws Exception {
    balance(
        List.of(http(VIP, backend(2, Method.GUE))),
        desk -> {
          byte[] frame = to(VIP, 1000, SYN);
          assertThat(desk.judge(frame)).isEqualTo(Reason.FORWARD_SENT);
          byte[] sent = desk.frame();
          assertThat(sent[23]).isEqualTo((byte) 17);
          assertThat(slice(sent, 36, 40)).isEqualTo(shorts(6080, frame.length - 14 + 8));
          assertThat(slice(sent, 42, sent.length)).isEqualTo(slice(frame, 14, frame.length));
          byte[] port = slice(sent, 34, 36);
          desk.judge(to(VIP, 1000, ACK));
          assertThat(slice(desk.frame(), 34, 36)).isEqualTo(port);
          desk.judge(to(VIP, 1001, SYN));
          assertThat(slice(desk.frame(), 34, 36)).isNotEqualTo(port);
        });
  }

  @Test
  void handsOverOnTheSameLinkByMacAloneAndWithoutTheVlanTagOfTheClientsSide() throws Exception {
    balance(
        List.of(
            http(VIP, backend(4, Method.LAYER_2)),
            http(VIP6, Backend.of(IpAddress.parse("fd00:1::5"), Method.LAYER_2))),
        desk -> {
          byte[] frame = to(VIP, 1000, SYN);
          assertThat(desk.judge(frame)).isEqualTo(Reason.FORWARD_SENT);
          assertThat(slice(desk.frame(), 0, 6)).isEqualTo(bytes("020000000104"));
          assertThat(slice(desk.frame(), 12, frame.length))
              .isEqualTo(slice(frame, 12, frame.length));
          assertThat(desk.judge(vlan(frame, 0x8100))).isEqualTo(Reason.FORWARD_SENT);
          assertThat(slice(desk.frame(), 12, frame.length))
              .isEqualTo(slice(frame, 12, frame.length));
          byte[] six = to(VIP6, 1000, SYN);
          assertThat(desk.judge(six)).isEqualTo(Reason.FORWARD_SENT);
          assertThat(slice(desk.frame(), 0, 6)).isEqualTo(bytes("020000000605"));
        });
  }

  @Test
  void leavesOtherPortsAndAddressesToTheStack() throws Exception {
    balance(
        List.of(http(VIP, backend(2, Method.IP_IN_IP))),
        desk -> {
          assertThat(desk.judge(ip(CLIENT, VIP, 6, tcp(1000, 81, SYN, NONE, NONE))))
              .isEqualTo(Reason.PASS);
          assertThat(desk.judge(ip(CLIENT, VIP, 17, udp(1000, 80, NONE)))).isEqualTo(Reason.PASS);
          assertThat(desk.judge(to(VIP6, 1000, SYN))).isEqualTo(Reason.PASS);
        });
  }

  @Test
  void saysWhenThereIsNobodyToSendTo() throws Exception {
    balance(
        List.of(
            http(VIP, backend(2, Method.IP_IN_IP).in(State.DOWN)),
            http(VIP6, Backend.of(IpAddress.parse("10.99.0.1"), Method.IP_IN_IP))),
        desk -> {
          assertThat(desk.judge(to(VIP, 1000, SYN))).isEqualTo(Reason.FORWARD_NO_BACKEND);
          assertThat(desk.judge(to(VIP6, 1000, SYN))).isEqualTo(Reason.FORWARD_NO_ROUTE);
        });
  }

  private static int backendOf(byte[] sent) {
    return sent[33];
  }

  private static List<Integer> placement(Desk desk, int flows, int flags) {
    List<Integer> placed = new ArrayList<>();
    for (int port = 1; port <= flows; port++) {
      placed.add(
          desk.judge(to(VIP, port, flags)) == Reason.FORWARD_SENT ? backendOf(desk.frame()) : -1);
    }
    return placed;
  }

  @Test
  void movesOnlyTheFlowsOfABackendThatFailed() throws Exception {
    Backend[] backends = {
      backend(2, Method.IP_IN_IP),
      backend(3, Method.IP_IN_IP),
      backend(4, Method.IP_IN_IP),
      backend(5, Method.IP_IN_IP)
    };
    balance(
        List.of(http(VIP, backends)),
        desk -> {
          List<Integer> before = placement(desk, 8000, ACK);
          assertThat(before).containsOnly(2, 3, 4, 5);
          backends[1] = backends[1].in(State.DOWN);
          desk.balance(balancing(List.of(http(VIP, backends))));
          List<Integer> after = placement(desk, 8000, ACK);
          assertThat(after).doesNotContain(3, -1);
          for (int i = 0; i < before.size(); i++) {
            if (before.get(i) != 3) {
              assertThat(after.get(i)).isEqualTo(before.get(i));
            }
          }
        });
  }

  @Test
  void keepsFlowsWhereTheyAreWhileABackendDrainsAndThroughReloads() throws Exception {
    Backend[] backends = {backend(2, Method.IP_IN_IP), backend(3, Method.IP_IN_IP)};
    balance(
        List.of(http(VIP, backends)),
        desk -> {
          List<Integer> before = placement(desk, 60_000, ACK);
          backends[0] = backends[0].in(State.DRAINING);
          desk.balance(
              balancing(List.of(http(VIP, backends[0], backends[1], backend(6, Method.IP_IN_IP)))));
          desk.replace(PacketPolicy.MINIMAL);
          desk.engine.replace(AddressLists.EMPTY);
          assertThat(placement(desk, 60_000, ACK)).isEqualTo(before);
          List<Integer> fresh = new ArrayList<>();
          for (int port = 60_001; port < 61_000; port++) {
            desk.judge(to(VIP, port, SYN));
            fresh.add(backendOf(desk.frame()));
          }
          assertThat(fresh).as("new flows").containsOnly(3, 6);
        });
  }

  @Test
  void remembersNothingOfASynAndNothingDuringAnAttack() throws Exception {
    balance(
        List.of(http(VIP, backend(2, Method.IP_IN_IP))),
        desk -> {
          placement(desk, 100, SYN);
          assertThat(desk.engine.map("connections").keys()).isEmpty();
          placement(desk, 100, ACK);
          assertThat(desk.engine.map("connections").keys()).hasSize(100);
        });
  }

  @Test
  void givesAnotherBackendsOldSlotNoneOfItsFlows() throws Exception {
    balance(
        List.of(http(VIP, backend(2, Method.IP_IN_IP))),
        desk -> {
          placement(desk, 50, ACK);
          desk.balance(
              balancing(
                  List.of(http(VIP, backend(3, Method.IP_IN_IP), backend(4, Method.IP_IN_IP)))));
          assertThat(placement(desk, 50, ACK)).contains(3).contains(4).doesNotContain(2, -1);
        });
  }

  @Test
  void bringsIcmpErrorsToTheBackendOfTheFlowTheyQuote() throws Exception {
    List<VirtualService> services = new ArrayList<>();
    for (IpAddress vip : List.of(VIP, VIP6)) {
      services.add(
          http(
              vip,
              backend(2, Method.IP_IN_IP),
              backend(3, Method.IP_IN_IP),
              backend(4, Method.IP_IN_IP)));
    }
    balance(
        services,
        desk -> {
          for (int port = 1; port < 40; port++) {
            desk.judge(to(VIP, port, ACK));
            int chosen = backendOf(desk.frame());
            byte[] quoted = slice(ip(VIP, CLIENT, 6, tcp(80, port, ACK, NONE, NONE)), 14, 14 + 28);
            byte[] error = join(bytes("03040000 00000514"), quoted);
            assertThat(desk.judge(ip(IpAddress.parse("203.0.113.200"), VIP, 1, error)))
                .isEqualTo(Reason.FORWARD_SENT);
            assertThat(backendOf(desk.frame())).isEqualTo(chosen);
            desk.judge(to(VIP6, port, ACK));
            chosen = backendOf(desk.frame());
            byte[] quoted6 =
                slice(ip(VIP6, CLIENT6, 6, tcp(80, port, ACK, NONE, NONE)), 14, 14 + 48);
            byte[] error6 = join(bytes("02000000 00000500"), quoted6);
            assertThat(desk.judge(ip(IpAddress.parse("2001:db8:77::1"), VIP6, 58, error6)))
                .isEqualTo(Reason.FORWARD_SENT);
            assertThat(backendOf(desk.frame())).isEqualTo(chosen);
          }
          assertThat(desk.judge(ip(CLIENT, VIP, 1, icmp(8, 0))))
              .as("not an error")
              .isEqualTo(Reason.PASS);
        });
  }

  @Test
  void keepsQuicConnectionsOnTheBackendThatTheirIdsName() throws Exception {
    List<Backend> backends = new ArrayList<>();
    for (int i = 2; i < 6; i++) {
      backends.add(
          new Backend(IpAddress.parse("10.1.0." + i), Method.IP_IN_IP, 1, State.UP, 0x100 + i));
    }
    balance(
        List.of(new VirtualService(VIP, 443, Protocol.UDP, true, backends)),
        desk -> {
          for (int i = 2; i < 6; i++) {
            byte[] shortHeader = join(bytes("40 07 01"), new byte[] {(byte) i}, new byte[20]);
            byte[] handshake =
                join(bytes("e0 00000001 08 07 01"), new byte[] {(byte) i}, new byte[20]);
            for (int port = 1; port < 9; port++) {
              assertThat(desk.judge(ip(CLIENT, VIP, 17, udp(port, 443, shortHeader))))
                  .isEqualTo(Reason.FORWARD_SENT);
              assertThat(backendOf(desk.frame())).isEqualTo(i);
              desk.judge(ip(CLIENT, VIP, 17, udp(port, 443, handshake)));
              assertThat(backendOf(desk.frame())).isEqualTo(i);
            }
          }
          byte[] unknown = join(bytes("40 07 ffff"), new byte[20]);
          assertThat(desk.judge(ip(CLIENT, VIP, 17, udp(1, 443, unknown))))
              .isEqualTo(Reason.FORWARD_SENT);
        });
  }

  @Test
  void tellsAClientWhosePacketsAreTooBigForTheTunnel() throws Exception {
    balance(
        List.of(http(VIP, backend(2, Method.IP_IN_IP)), http(VIP6, backend(2, Method.IP_IN_IP))),
        desk -> {
          byte[] big = ip(CLIENT, VIP, 6, tcp(1, 80, ACK, NONE, new byte[1460]));
          assertThat(desk.judge(big)).isEqualTo(Reason.FORWARD_TOO_BIG);
          assertThat(desk.action()).isEqualTo(Desk.SEND_BACK);
          byte[] told = desk.frame();
          assertThat(Packets.checksum(told, 14, 34)).isZero();
          assertThat(Packets.checksum(told, 34, told.length)).isZero();
          assertThat(slice(told, 34, 36)).isEqualTo(bytes("0304"));
          assertThat(slice(told, 40, 42)).isEqualTo(shorts(1480));
          assertThat(slice(told, 42, 70)).isEqualTo(slice(big, 14, 42));
          byte[] big6 = ip(CLIENT6, VIP6, 6, tcp(1, 80, ACK, NONE, new byte[1440]));
          assertThat(desk.judge(big6)).isEqualTo(Reason.FORWARD_TOO_BIG);
          byte[] told6 = desk.frame();
          assertThat(slice(told6, 54, 62))
              .isEqualTo(join(bytes("0200"), slice(told6, 56, 58), shorts(0, 1480)));
          byte[] pseudo =
              join(
                  slice(told6, 22, 54),
                  shorts(58, told6.length - 54),
                  slice(told6, 54, told6.length));
          assertThat(Packets.checksum(pseudo, 0, pseudo.length)).isZero();
          byte[] fits = with(ip(CLIENT, VIP, 6, tcp(1, 80, ACK, NONE, new byte[1440])), 0, 2);
          assertThat(desk.judge(fits)).isEqualTo(Reason.FORWARD_SENT);
        });
  }
}
