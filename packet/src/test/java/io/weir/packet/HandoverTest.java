package io.weir.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.net.IpPrefix;
import io.weir.packet.Attachment.Mode;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One plane takes the place of another. */
@Privileged
class HandoverTest {
  private static final AddressLists BLOCKING =
      AddressLists.EMPTY.withBlocked(List.of(IpPrefix.parse("10.1.0.2")));

  private Namespace here;
  private Namespace there;

  @BeforeEach
  void open() throws Exception {
    here = new Namespace();
    there = new Namespace();
    here.connect(there, "veth", 1);
    here.connect(there, "second", 2);
  }

  @AfterEach
  void close() throws Exception {
    here.close();
    there.close();
  }

  private static PlaneSettings on(List<String> interfaces, AddressLists lists, Mode... modes) {
    return new PlaneSettings(
        interfaces, PacketPolicy.MINIMAL, lists, Set.of(modes), true, 65536, Balancing.NONE);
  }

  private long blocked(PacketPlane plane) throws Exception {
    there.sh("! ping -q -c1 -W1 10.1.0.1");
    return here.run(plane::counters).packets(Reason.LIST_BLOCKED);
  }

  private PacketPlane startAgain(PacketPlane old, PlaneSettings next) throws Exception {
    return here.run(() -> old.startAgain(next));
  }

  @Test
  void goesOnCountingInEveryWayAndUndoesAllInTheEnd() throws Exception {
    here.sh("sysctl -q net.core.somaxconn=4000");
    PlaneSettings one = on(List.of("veth"), BLOCKING, Mode.NATIVE);
    PacketPlane plane = here.run(() -> PacketPlane.start(one));
    assertThat(blocked(plane)).isEqualTo(1);
    plane = startAgain(plane, on(List.of("veth", "second"), BLOCKING, Mode.NATIVE));
    assertThat(here.sh("ip link show veth")).contains("prog/xdp");
    assertThat(here.sh("ip link show second")).contains("prog/xdp");
    assertThat(blocked(plane)).isEqualTo(2);
    plane = startAgain(plane, on(List.of("veth"), BLOCKING, Mode.GENERIC));
    assertThat(here.sh("ip link show veth")).contains("xdpgeneric");
    assertThat(here.sh("ip link show second")).doesNotContain("prog/xdp");
    assertThat(blocked(plane)).isEqualTo(3);
    plane = startAgain(plane, on(List.of("veth"), BLOCKING, Mode.NFTABLES));
    assertThat(here.sh("ip link show veth")).doesNotContain("prog/xdp");
    assertThat(blocked(plane)).as("of its own").isEqualTo(1);
    plane = startAgain(plane, on(List.of("veth"), BLOCKING, Mode.NFTABLES));
    assertThat(blocked(plane)).isEqualTo(2);
    plane = startAgain(plane, on(List.of("veth"), BLOCKING, Mode.NATIVE));
    assertThat(here.sh("nft list tables")).isEmpty();
    assertThat(here.sh("sysctl -n net.core.somaxconn")).isEqualTo("65536\n");
    here.close(plane);
    assertThat(here.sh("sysctl -n net.core.somaxconn")).isEqualTo("4000\n");
    assertThat(here.sh("ip link show veth")).doesNotContain("prog/xdp");
    there.sh("ping -q -c1 -W2 10.1.0.1");
  }

  @Test
  void leavesTheOldOneAsItWasIfTheNewOneCannotBe() throws Exception {
    PlaneSettings one = on(List.of("veth"), BLOCKING, Mode.NATIVE);
    PacketPlane plane = here.run(() -> PacketPlane.start(one));
    PlaneSettings impossible = on(List.of("veth", "nothere"), AddressLists.EMPTY, Mode.NATIVE);
    assertThatThrownBy(() -> startAgain(plane, impossible))
        .isInstanceOf(PacketPlaneException.class);
    assertThat(blocked(plane)).isEqualTo(1);
    assertThat(here.sh("sysctl -n net.core.somaxconn")).isEqualTo("65536\n");
    here.close(plane);
  }

  @Test
  void giveBackWhatTheyTookIfTheyEndBeforeTheOldOneDoes() throws Exception {
    PlaneSettings one = on(List.of("veth"), BLOCKING, Mode.NATIVE);
    PacketPlane plane = here.run(() -> PacketPlane.start(one));
    Handover handover = plane.handover().duplicate();
    PlaneSettings open = on(List.of("veth"), AddressLists.EMPTY, Mode.NATIVE);
    PacketPlane other = here.run(() -> PacketPlane.start(open, handover, PlaneRecord.NONE));
    there.sh("ping -q -c1 -W2 10.1.0.1");
    here.close(other);
    there.sh("ping -q -c1 -W2 10.1.0.1");
    here.run(() -> {
      plane.reassert();
      return "";
    });
    assertThat(blocked(plane)).isEqualTo(1);
    assertThat(here.sh("sysctl -n net.core.somaxconn")).isEqualTo("65536\n");
    here.close(plane);
  }

  @Test
  void canBeEndedByWhoWantsNoPlane() throws Exception {
    PlaneSettings one = on(List.of("veth"), BLOCKING, Mode.NATIVE);
    PacketPlane plane = here.run(() -> PacketPlane.start(one));
    Handover handover = plane.handover().duplicate();
    plane.release();
    assertThat(here.sh("ip link show veth")).as("held by the handover").contains("prog/xdp");
    here.run(() -> {
      handover.end();
      return "";
    });
    assertThat(here.sh("ip link show veth")).doesNotContain("prog/xdp");
    assertThat(here.sh("sysctl -n net.core.somaxconn")).isNotEqualTo("65536\n");
  }

  @Test
  void refusesWordsThatNoPlaneSays() {
    for (String words :
        List.of("", "link\nmap", "link a b c d", "other", "link " + "x".repeat(65))) {
      assertThatThrownBy(() -> new Handover.Part(words, -1))
          .isInstanceOf(IllegalArgumentException.class);
    }
    Handover wrong = new Handover(List.of(new Handover.Part("setting ../../etc/passwd 0 1", -1)));
    assertThatThrownBy(
            () -> new KernelSettings(java.nio.file.Path.of("/proc/sys"), wrong, PlaneRecord.NONE))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
