package io.weir.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.weir.packet.Maglev.Member;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MaglevTest {

  private static List<Member> members(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> new Member(0x9e3779b97f4a7c15L * (i + 1), 1))
        .toList();
  }

  private static long share(int[] slots, int member) {
    return Arrays.stream(slots).filter(slot -> slot == member).count();
  }

  @Test
  void sharesEvenly() {
    int[] slots = Maglev.place(members(100));
    for (int i = 0; i < 100; i++) {
      assertThat(share(slots, i)).isBetween(655L, 656L);
    }
  }

  @Test
  void sharesByWeight() {
    List<Member> members = List.of(new Member(12345678901234L, 1), new Member(-98765432109876L, 3));
    int[] slots = Maglev.place(members);
    assertThat(share(slots, 0) / (double) Maglev.SIZE).isCloseTo(0.25, within(0.001));
  }

  @Test
  void movesFewFlowsBesidesThoseOfTheBackendThatLeft() {
    List<Member> all = members(20);
    int[] before = Maglev.place(all);
    List<Member> fewer = new ArrayList<>(all);
    fewer.remove(7);
    int[] after = Maglev.place(fewer);
    int moved = 0;
    for (int slot = 0; slot < Maglev.SIZE; slot++) {
      int stayed = after[slot] < 7 ? after[slot] : after[slot] + 1;
      assertThat(stayed).isNotEqualTo(7);
      moved += before[slot] != 7 && stayed != before[slot] ? 1 : 0;
    }
    assertThat(moved / (double) Maglev.SIZE)
        .as("share of slots that moved without need")
        .isLessThan(0.06);
  }

  @Test
  void dependsOnNamesAndNotOnTheirOrder() {
    List<Member> members = members(5);
    int[] one = Maglev.place(members);
    int[] other = Maglev.place(members.reversed());
    long different =
        IntStream.range(0, Maglev.SIZE).filter(slot -> one[slot] != 4 - other[slot]).count();
    assertThat(different / (double) Maglev.SIZE).isLessThan(0.05);
  }

  @Test
  void leavesAllSlotsEmptyWithoutMembers() {
    assertThat(Maglev.place(List.of())).containsOnly(-1).hasSize(Maglev.SIZE);
  }
}
