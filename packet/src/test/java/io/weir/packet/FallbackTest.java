package io.weir.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.net.IpPrefix;
import io.weir.packet.Attachment.Mode;
import io.weir.packet.bpf.BpfLink;
import java.net.NetworkInterface;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each way of guarding, chosen because the better ones really do not work. */
@Privileged
class FallbackTest {

  private static final Path SYSCTL = Path.of("/proc/sys");

  private Namespace here;
  private Namespace there;

  @BeforeEach
  void open() throws Exception {
    here = new Namespace();
    there = new Namespace();
    here.connect(there, "veth", 1);
  }

  @AfterEach
  void close() throws Exception {
    here.close();
    there.close();
  }

  private static PlaneSettings on(String interfaceName, Mode... modes) {
    PacketPolicy policy = PacketPolicy.DEFAULT.withReversePath(PacketPolicy.ReversePath.OFF);
    return new PlaneSettings(
        List.of(interfaceName),
        policy,
        AddressLists.EMPTY,
        Set.of(modes),
        true,
        65536,
        Balancing.NONE);
  }

  private PacketPlane start(PlaneSettings settings, String nft) throws Exception {
    return here.run(() -> PacketPlane.start(settings, SYSCTL, nft));
  }

  @Test
  void runsInTheDriverWhereThatCan() throws Exception {
    try (PacketPlane plane = start(on("veth", Mode.values()), "nft")) {
      assertThat(plane.attachments()).containsExactly(new Attachment("veth", Mode.NATIVE, ""));
      assertThat(here.sh("ip link show veth")).contains("prog/xdp").doesNotContain("xdpgeneric");
    }
    assertThat(here.sh("ip link show veth")).as("detached when closed").doesNotContain("prog/xdp");
  }

  @Test
  void runsAtTheEntryOfTheStackWhereTheDriverCannot() throws Exception {
    try (PacketPlane plane = start(on("lo", Mode.values()), "nft")) {
      assertThat(plane.attachments().getFirst().mode()).isEqualTo(Mode.GENERIC);
      assertThat(plane.attachments().getFirst().why())
          .startsWith("native XDP: attach to interface 1: ");
      assertThat(here.sh("ip link show lo")).contains("xdpgeneric");
    }
  }

  @Test
  void turnsToNftablesWhereAnotherProgramSits() throws Exception {
    try (XdpEngine other =
            new XdpEngine(PacketPolicy.MINIMAL, AddressLists.EMPTY, CookieSettings.ETHERNET);
        BpfLink _ =
            here.run(() ->
                BpfLink.attach(
                    other.program(),
                    NetworkInterface.getByName("veth").getIndex(),
                    BpfLink.Mode.NATIVE));
        PacketPlane plane = start(on("veth", Mode.values()), "nft")) {
      Attachment attachment = plane.attachments().getFirst();
      assertThat(attachment.mode()).isEqualTo(Mode.NFTABLES);
      assertThat(attachment.why()).contains("XDP: attach to interface").contains("EEXIST");
      assertThat(here.sh("nft list tables")).contains("table inet weir_packet");
      here.close(plane);
    }
    assertThat(here.sh("nft list tables")).doesNotContain("weir_packet");
  }

  @Test
  void goesOnUnguardedOnlyWhereThatIsAllowedAndSaysWhy() throws Exception {
    PlaneSettings allowed = on("nothere", Mode.values());
    try (PacketPlane plane = start(allowed, "/nonexistent/nft")) {
      Attachment attachment = plane.attachments().getFirst();
      assertThat(attachment.mode()).isEqualTo(Mode.NONE);
      assertThat(attachment.why())
          .contains("nothere (expected: an interface of this host)")
          .contains("/nonexistent/nft");
    }
    PlaneSettings refused = on("nothere", Mode.NATIVE, Mode.GENERIC, Mode.NFTABLES);
    assertThatThrownBy(() -> start(refused, "/nonexistent/nft"))
        .isInstanceOf(PacketPlaneException.class)
        .hasMessageContaining("nothere")
        .hasMessageContaining("nft");
  }

  @Test
  void putsTheKernelsSettingsBack() throws Exception {
    here.sh("sysctl -q net.ipv4.tcp_syncookies=0 net.ipv4.tcp_max_syn_backlog=128");
    try (PacketPlane plane = start(on("veth", Mode.values()), "nft")) {
      assertThat(plane.problems()).isEmpty();
      String settings =
          here.sh(
              "sysctl net.ipv4.tcp_syncookies net.ipv4.tcp_max_syn_backlog net.ipv4.tcp_timestamps");
      assertThat(settings)
          .contains("tcp_syncookies = 1")
          .contains("backlog = 65536")
          .contains("timestamps = 2");
      here.close(plane);
    }
    String settings =
        here.sh(
            "sysctl net.ipv4.tcp_syncookies net.ipv4.tcp_max_syn_backlog net.ipv4.tcp_timestamps");
    assertThat(settings)
        .contains("tcp_syncookies = 0")
        .contains("backlog = 128")
        .contains("timestamps = 1");
  }

  private static List<IpPrefix> prefixes(String... texts) {
    return Stream.of(texts).map(IpPrefix::parse).toList();
  }

  /** What the kernel's sets merge into one range. */
  @Test
  void liftsSomeBansOfNeighboursAndOfWhatLiesInsideAnother() throws Exception {
    there.sh("ip addr add 10.1.0.3/24 dev veth; ip addr add fd00:1::3/64 dev veth nodad");
    String reaches =
        "ping -q -c1 -W2 -I 10.1.0.%1$d 10.1.0.1 && ping -q -c1 -W2 -I fd00:1::%1$d fd00:1::1";
    String barred =
        "! ping -q -c1 -W1 -I 10.1.0.%1$d 10.1.0.1 && ! ping -q -c1 -W1 -I fd00:1::%1$d fd00:1::1";
    for (Mode mode : new Mode[] {Mode.NATIVE, Mode.NFTABLES}) {
      PlaneSettings settings = on("veth", mode);
      try (PacketPlane plane = start(settings, "nft")) {
        here.run(() -> {
          plane.ban(prefixes("10.1.0.2", "10.1.0.3", "fd00:1::2", "fd00:1::3"));
          plane.ban(prefixes("10.1.0.0/24", "fd00:1::/64"));
          return "";
        });
        there.sh(barred.formatted(2) + " && " + barred.formatted(3));
        here.run(() -> {
          plane.unban(prefixes("10.1.0.0/24", "fd00:1::/64", "10.1.0.3", "fd00:1::3"));
          plane.unban(prefixes("10.1.0.3", "192.0.2.77"));
          return "";
        });
        there.sh(barred.formatted(2) + " && " + reaches.formatted(3));
        here.run(() -> {
          plane.apply(settings.policy(), AddressLists.EMPTY.withBlocked(prefixes("192.0.2.9")));
          return "";
        });
        there.sh(barred.formatted(2) + " && " + reaches.formatted(3));
        here.run(() -> {
          plane.unban(prefixes("10.1.0.2", "fd00:1::2"));
          return "";
        });
        there.sh(reaches.formatted(2));
        here.close(plane);
      }
    }
  }

  @Test
  void carriesThePolicyOutInEveryWay() throws Exception {
    for (Mode mode : new Mode[] {Mode.NATIVE, Mode.GENERIC, Mode.NFTABLES}) {
      PlaneSettings settings = on("veth", mode);
      try (PacketPlane plane = start(settings, "nft")) {
        assertThat(plane.attachments().getFirst().mode()).isEqualTo(mode);
        there.sh("ping -q -c1 -W2 10.1.0.1 && ping -q -c1 -W2 fd00:1::1");
        here.run(() -> {
          plane.ban(prefixes("10.1.0.2", "fd00:1::2"));
          return "";
        });
        there.sh("! ping -q -c1 -W1 10.1.0.1 && ! ping -q -c1 -W1 fd00:1::1");
        there.sh("hping3 -q -c 3 --fast -F -P -U -p 9 -a 10.1.0.9 10.1.0.1 2>/dev/null || true");
        Counters counters = here.run(plane::counters);
        assertThat(counters.packets(Reason.LIST_BANNED)).as("%s", mode).isGreaterThanOrEqualTo(2);
        assertThat(counters.packets(Reason.INVALID_TCP_FLAGS)).as("%s", mode).isEqualTo(3);
        here.run(() -> {
          plane.unban(prefixes("10.1.0.2", "fd00:1::2"));
          plane.apply(PacketPolicy.DEFAULT, AddressLists.EMPTY);
          plane.apply(settings.policy(), AddressLists.EMPTY);
          return "";
        });
        there.sh("ping -q -c1 -W2 10.1.0.1 && ping -q -c1 -W2 fd00:1::1");
        assertThat(here.run(plane::counters).packets(Reason.INVALID_TCP_FLAGS))
            .as("%s: kept", mode)
            .isEqualTo(3);
        here.close(plane);
      }
    }
  }
}
