package io.weir.packet;

import static io.weir.packet.Packets.CLIENT;
import static io.weir.packet.Packets.CLIENT6;
import static io.weir.packet.Packets.SERVER;
import static io.weir.packet.Packets.SERVER6;
import static io.weir.packet.Packets.ethernet;
import static io.weir.packet.Packets.icmp;
import static io.weir.packet.Packets.ip;
import static io.weir.packet.Packets.ipv4;
import static io.weir.packet.Packets.ipv6;
import static io.weir.packet.Packets.join;
import static io.weir.packet.Packets.shorts;
import static io.weir.packet.Packets.tcp;
import static io.weir.packet.Packets.udp;
import static io.weir.packet.Packets.vlan;
import static org.assertj.core.api.Assertions.assertThat;

import io.weir.net.IpPrefix;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Random and mutated packets, each judged by the kernel and by {@link PacketModel}. {@code
 * -Dweir.packets=10000000} tries as many; {@code -Dweir.seed=N} others.
 */
@Privileged
class ModelTest {

  private static final int PACKETS = Integer.getInteger("weir.packets", 200_000);
  private static final long SEED = Long.getLong("weir.seed", 1);

  private static final AddressLists LISTS =
      new AddressLists(
          prefixes("203.0.113.64/28", "2001:db8:1:1::/64"),
          prefixes("0.0.0.0/8", "224.0.0.0/4", "10.0.0.0/8", "ff00::/8"),
          prefixes("198.51.100.0/24", "2001:db8:2::/48"),
          prefixes("203.0.113.128/25", "2001:db8:1:2::/64", "203.0.113.9"),
          prefixes("203.0.113.0/24", "2001:db8:1:4000::/50", "2001:db8:1::9"));

  private static List<IpPrefix> prefixes(String... texts) {
    return Stream.of(texts).map(IpPrefix::parse).toList();
  }

  private static byte[] extension(int next) {
    return join(new byte[] {(byte) next, 0}, new byte[6]);
  }

  private static final List<byte[]> SEEDS =
      List.of(
          ip(CLIENT, SERVER, 6, tcp(40000, 443, Packets.SYN, new byte[20], new byte[0])),
          ip(CLIENT6, SERVER6, 6, tcp(40000, 443, Packets.ACK, new byte[12], new byte[30])),
          ip(CLIENT, SERVER, 17, udp(123, 123, new byte[48])),
          ip(CLIENT6, SERVER6, 17, udp(53, 40000, new byte[20])),
          ip(CLIENT, SERVER, 1, icmp(8, 0)),
          ip(CLIENT6, SERVER6, 58, icmp(135, 0)),
          ethernet(0x86dd, ipv6(CLIENT6, SERVER6, 58, 255, icmp(133, 0))),
          ethernet(
              0x0800, ipv4(CLIENT, SERVER, 17, 0x2000, new byte[0], udp(1, 11211, new byte[24]))),
          ethernet(0x0800, ipv4(CLIENT, SERVER, 6, 0, new byte[8], tcp(Packets.SYN))),
          ethernet(
              0x86dd,
              ipv6(
                  CLIENT6,
                  SERVER6,
                  0,
                  64,
                  join(extension(60), extension(43), extension(6), tcp(Packets.SYN)))),
          ethernet(
              0x86dd,
              ipv6(
                  CLIENT6,
                  SERVER6,
                  44,
                  64,
                  join(shorts(17 << 8, 1, 0, 7), udp(5, 6, new byte[16])))),
          vlan(vlan(ip(CLIENT, SERVER, 6, tcp(Packets.ACK)), 0x8100), 0x88a8));

  private final Random random = new Random(SEED);

  /**
   * A right packet with a few octets changed, cut or padded; the checksum is mended most of the
   * time, or little else would be seen.
   */
  private byte[] next() {
    byte[] frame = SEEDS.get(random.nextInt(SEEDS.size())).clone();
    int changes = random.nextInt(4);
    for (int i = 0; i < changes; i++) {
      int at =
          random.nextInt(5) == 0
              ? random.nextInt(frame.length)
              : 12 + random.nextInt(Math.min(frame.length - 12, 60));
      frame[at] =
          (byte) (random.nextBoolean() ? random.nextInt() : frame[at] ^ 1 << random.nextInt(8));
    }
    switch (random.nextInt(12)) {
      case 0 -> frame = Arrays.copyOf(frame, 14 + random.nextInt(frame.length - 13));
      case 1 -> frame = Arrays.copyOf(frame, frame.length + random.nextInt(64));
      case 2 -> random.nextBytes(frame);
      default -> {}
    }
    if (frame.length >= 34
        && frame[12] == 8
        && frame[13] == 0
        && (frame[14] & 15) == 5
        && random.nextInt(10) > 0) {
      Packets.setIpv4Checksum(frame, 14);
    }
    return frame;
  }

  @Test
  void decidesEveryPacketAsTheModelDoes() {
    Set<Reason> seen = EnumSet.noneOf(Reason.class);
    PacketModel model = new PacketModel(Desk.POLICY, LISTS);
    try (Desk desk = new Desk(Desk.POLICY, LISTS)) {
      for (int i = 0; i < PACKETS; i++) {
        byte[] frame = next();
        Reason expected = model.judge(frame);
        Reason actual = desk.judge(frame);
        if (actual != expected) {
          assertThat(actual).as("%s: %s", i, HexFormat.of().formatHex(frame)).isEqualTo(expected);
        }
        seen.add(actual);
      }
    }
    assertThat(seen).as("what the packets led to").hasSizeGreaterThanOrEqualTo(20);
  }

  @Test
  void decidesPacketsCutAtEveryLengthAsTheModelDoes() {
    PacketModel model = new PacketModel(Desk.POLICY, LISTS);
    try (Desk desk = new Desk(Desk.POLICY, LISTS)) {
      for (byte[] whole : SEEDS) {
        for (int length = 14; length <= whole.length; length++) {
          byte[] frame = Arrays.copyOf(whole, length);
          assertThat(desk.judge(frame))
              .as("%s octets of %s", length, HexFormat.of().formatHex(whole))
              .isEqualTo(model.judge(frame));
        }
      }
    }
  }
}
