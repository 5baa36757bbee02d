package io.weir.control.packet;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.net.IpAddress;
import io.weir.net.IpPrefix;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BansTest {
  private static final IpPrefix CLIENT = IpPrefix.parse("192.0.2.7");
  private static final IpPrefix NETWORK = IpPrefix.parse("2001:db8:0:1::/64");

  /** So that it overflows in between, as the clock may. */
  private static final long START = Long.MAX_VALUE - 5;

  private final Bans bans = new Bans();

  private static long at(long nanos) {
    return START + nanos;
  }

  @BeforeEach
  void wantThem() {
    bans.want(true, List.of(), START);
  }

  @Test
  void bansUntilTheBlockIsOver() {
    bans.blocked(CLIENT, at(10));
    bans.blocked(NETWORK, at(20));
    assertThat(bans.begin(START)).containsExactly(CLIENT, NETWORK);
    assertThat(bans.begin(START)).isEmpty();
    assertThat(bans.over(at(9))).isEmpty();
    assertThat(bans.over(at(10))).containsExactly(CLIENT);
    bans.end(List.of(CLIENT));
    assertThat(bans.current()).containsExactly(NETWORK);
  }

  @Test
  void bansForAsLongAsTheLongestOfSeveralBlocks() {
    bans.blocked(CLIENT, at(10));
    bans.blocked(CLIENT, at(30));
    bans.blocked(CLIENT, at(20));
    assertThat(bans.begin(START)).containsExactly(CLIENT);
    bans.blocked(CLIENT, at(40));
    assertThat(bans.begin(at(30))).as("banned already").isEmpty();
    assertThat(bans.over(at(39))).isEmpty();
    assertThat(bans.over(at(40))).containsExactly(CLIENT);
  }

  @Test
  void bansNobodyWhoseBlockIsOverAlready() {
    bans.blocked(CLIENT, at(10));
    assertThat(bans.begin(at(10))).isEmpty();
    assertThat(bans.current()).isEmpty();
  }

  @Test
  void bansNeitherWhatIsSparedNorWhatItIsPartOf() {
    bans.want(true, List.of(IpPrefix.parse("192.0.2.0/24"), IpPrefix.parse("2001:db8:0:1::9")), 0);
    bans.blocked(CLIENT, at(10));
    bans.blocked(NETWORK, at(10));
    bans.blocked(IpPrefix.parse("198.51.100.1"), at(10));
    assertThat(bans.begin(START)).containsExactly(IpPrefix.parse("198.51.100.1"));
  }

  @Test
  void endsBansThatAreNotWantedAnyMore() {
    bans.blocked(CLIENT, at(10));
    bans.blocked(NETWORK, at(10));
    bans.begin(START);
    bans.want(true, List.of(CLIENT), at(1));
    assertThat(bans.over(at(1))).containsExactly(CLIENT);
    bans.want(false, List.of(), at(2));
    assertThat(bans.over(at(2))).containsExactly(CLIENT, NETWORK);
    bans.blocked(IpPrefix.parse("198.51.100.1"), at(10));
    bans.want(true, List.of(), at(3));
    assertThat(bans.begin(at(3))).as("what happened meanwhile").isEmpty();
  }

  @Test
  void countsWhatIsBeyondItsBounds() {
    int each = Bans.MOST_WAITING;
    int client = 0;
    for (int full = 0; full < Bans.MOST; full += each) {
      for (int i = 0; i < each; i++) {
        bans.blocked(network(client++), at(10));
      }
      bans.blocked(CLIENT, at(10));
      assertThat(bans.begin(START)).hasSize(each);
    }
    assertThat(bans.lost()).as("no room to wait").isEqualTo(Bans.MOST / each);
    bans.blocked(network(client), at(10));
    assertThat(bans.begin(START)).isEmpty();
    assertThat(bans.lost()).as("no room to be kept").isEqualTo(Bans.MOST / each + 1);
    assertThat(bans.current()).hasSize(Bans.MOST);
  }

  private static IpPrefix network(int number) {
    IpAddress address = IpAddress.parse("2001:db8:%x::".formatted(number));
    return new IpPrefix(address, 64);
  }

  @Test
  void takesBackAndCountsWhatCouldNotBeBanned() {
    bans.blocked(CLIENT, at(10));
    bans.failed(bans.begin(START), START);
    assertThat(bans.lost()).isOne();
    assertThat(bans.over(START)).containsExactly(CLIENT);
    bans.clear();
    assertThat(bans.current()).isEmpty();
  }
}
