package io.weir.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.net.IpPrefix;
import io.weir.packet.Attachment.Mode;
import io.weir.packet.bpf.BpfFileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A plane that persists, taken over or ended. */
@Privileged
class PlanePinsTest {

  @TempDir private Path folder;

  @Test
  void letAPlaneStayInForceOnInterfacesOfAnyName() throws Exception {
    try (Namespace here = new Namespace();
        Namespace there = new Namespace()) {
      here.connect(there, "ve.th-1", 1);
      PlaneSettings settings =
          new PlaneSettings(
                  List.of("ve.th-1"),
                  PacketPolicy.MINIMAL,
                  AddressLists.EMPTY.withBlocked(List.of(IpPrefix.parse("10.1.0.2"))),
                  Set.of(Mode.NATIVE),
                  true,
                  65536,
                  Balancing.NONE)
              .persisting(true);
      PlaneRecord record = here.run(() -> PlaneRecord.in(folder));
      PacketPlane plane = here.run(() -> PacketPlane.start(settings, Handover.NONE, record));
      assertThat(plane.problems()).isEmpty();
      here.run(() -> {
        plane.leave();
        return "";
      });
      there.sh("! ping -q -c1 -W1 10.1.0.1");
      PlaneRecord found = here.run(() -> PlaneRecord.in(folder));
      Handover left = here.run(found::left);
      assertThat(left.summary()).contains("link ve.th-1 NATIVE", "map counters", "somaxconn");
      PacketPlane next = here.run(() -> PacketPlane.start(settings, left, found));
      here.run(() -> {
        next.settle();
        return "";
      });
      there.sh("! ping -q -c1 -W1 10.1.0.1");
      assertThat(here.run(next::counters).packets(Reason.LIST_BLOCKED)).isEqualTo(2);
      here.close(next);
      there.sh("ping -q -c1 -W2 10.1.0.1");
      assertThat(here.run(found::left).isEmpty()).isTrue();
      String number = here.sh("readlink /proc/self/ns/net").replaceAll("[^0-9]", "");
      assertThat(Files.exists(BpfFileSystem.ROOT.resolve("weir").resolve(number))).isFalse();
    }
  }

  @Test
  void leaveNoFolderBehindInWhichThereIsNothing() throws Exception {
    Path all = BpfFileSystem.ROOT.resolve("weir-test-" + ProcessHandle.current().pid());
    PlanePins one = new PlanePins(all.resolve("1"));
    PlanePins other = new PlanePins(all.resolve("2"));
    try (XdpEngine engine =
        new XdpEngine(PacketPolicy.MINIMAL, AddressLists.EMPTY, CookieSettings.ETHERNET)) {
      one.replace(new Handover(engine.handover()));
      other.replace(new Handover(engine.handover()));
      one.remove();
      assertThat(all.resolve("1")).doesNotExist();
      assertThat(all.resolve("2").resolve("map-counters")).exists();
      other.remove();
      assertThat(all).doesNotExist();
      other.remove();
    }
  }

  @Test
  void refuseNamesThatNoPlaneGives() {
    assertThat(PlanePins.words("link-GENERIC-eth0:100")).isEqualTo("link eth0.100 GENERIC");
    for (String name : List.of("", "link", "link-eth0", "link-NONE-eth0", "map-a-b", "prog-x")) {
      assertThatThrownBy(() -> PlanePins.words(name)).isInstanceOf(IllegalArgumentException.class);
    }
  }
}
