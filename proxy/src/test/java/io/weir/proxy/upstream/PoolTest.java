package io.weir.proxy.upstream;

import static io.weir.proxy.upstream.PoolFixture.HERE;
import static io.weir.proxy.upstream.PoolFixture.THERE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.policy.CircuitBreaker.Resource;
import io.weir.policy.CircuitLimits;
import io.weir.policy.OutlierLimits;
import io.weir.policy.RetryBudget;
import io.weir.proxy.upstream.PoolSettings.Balancing;
import io.weir.proxy.upstream.PoolSettings.Resilience;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class PoolTest {
  private final PoolFixture pools = new PoolFixture(Algorithm.ROUND_ROBIN);

  private void balance(int panicPercent, int failoverPercent, boolean crossZone) {
    pools.with(
        new Balancing(
            Algorithm.ROUND_ROBIN,
            HashSource.clientAddress(),
            null,
            0,
            panicPercent,
            failoverPercent,
            crossZone,
            HERE));
  }

  @Test
  void hasNoBackendAtFirst() {
    assertThat(pools.selected()).isEqualTo("none");
  }

  @Nested
  class Health {
    @Test
    void leavesOutTheUnhealthyAndTheDraining() {
      pools.add("a", "b", "c").reload().down("a");
      pools.drain("b", true);
      assertThat(pools.counts(6)).isEqualTo(Map.of("c", 6));
      assertThat(pools.backend("a").state()).isEqualTo(BackendState.UNHEALTHY);
      assertThat(pools.backend("b").state()).isEqualTo(BackendState.DRAINING);
    }

    @Test
    void takesThemBack() {
      pools.add("a", "b", "c").reload().down("a").up("a");
      pools.drain("b", true);
      pools.drain("b", false);
      assertThat(pools.counts(6)).isEqualTo(Map.of("a", 2, "b", 2, "c", 2));
    }

    @Test
    void givesNoneWhenAllAreUnhealthyAndPanicIsOff() {
      pools.add("a", "b").reload().down("a", "b");
      assertThat(pools.selected()).isEqualTo("none");
      assertThat(pools.pool.isPanicking()).isFalse();
    }

    @Test
    void aCheckThatChangesNothingLeavesTheRoundAlone() {
      pools.add("a", 3).add("b", 1).reload();
      for (int i = 0; i < 4; i++) {
        pools.counts(1);
        pools.up("a", "b");
      }
      assertThat(pools.counts(4)).isEqualTo(Map.of("a", 3, "b", 1));
    }

    @Test
    void weightZeroTakesNothing() {
      pools.add("a", 0).add("b", 1).reload();
      assertThat(pools.counts(4)).isEqualTo(Map.of("b", 4));
    }
  }

  @Nested
  class Panic {
    @Test
    void considersAllWhenFewerThanTheThresholdAreHealthy() {
      balance(50, 0, true);
      pools.add("a", "b", "c", "d").reload().down("a", "b");
      assertThat(pools.counts(4)).isEqualTo(Map.of("c", 2, "d", 2));
      pools.down("c");
      assertThat(pools.counts(4)).isEqualTo(Map.of("a", 1, "b", 1, "c", 1, "d", 1));
      assertThat(pools.pool.isPanicking()).isTrue();
      pools.up("a");
      assertThat(pools.counts(4)).isEqualTo(Map.of("a", 2, "d", 2));
      assertThat(pools.pool.isPanicking()).isFalse();
    }

    @Test
    void neverConsidersTheDraining() {
      balance(100, 0, true);
      pools.add("a", "b").reload().down("a");
      pools.drain("b", true);
      assertThat(pools.counts(4)).isEqualTo(Map.of("a", 4));
    }

    @Test
    void prefersAGroupThatIsWell() {
      balance(50, 0, true);
      pools.add("a", 1, "", 0).add("b", 1, "", 0).add("c", 1, "", 0).add("backup", 1, "", 1);
      pools.reload().down("a", "b");
      assertThat(pools.counts(4)).isEqualTo(Map.of("backup", 4));
      pools.down("backup");
      assertThat(pools.pool.isPanicking()).isTrue();
      assertThat(pools.counts(4)).containsOnlyKeys("a", "b", "c", "backup");
    }
  }

  @Nested
  class Priorities {
    private void twoGroups(int failoverPercent) {
      balance(0, failoverPercent, true);
      pools.add("a", 1, "", 0).add("b", 1, "", 0).add("x", 1, "", 5).add("y", 1, "", 5).reload();
    }

    @Test
    void takesOnlyTheFirstGroupWhileItIsWell() {
      twoGroups(0);
      assertThat(pools.counts(4)).isEqualTo(Map.of("a", 2, "b", 2));
    }

    @Test
    void failsOverWhenNoneIsLeft() {
      twoGroups(0);
      pools.down("a");
      assertThat(pools.counts(4)).isEqualTo(Map.of("b", 4));
      pools.down("b");
      assertThat(pools.counts(4)).isEqualTo(Map.of("x", 2, "y", 2));
      pools.up("a");
      assertThat(pools.counts(4)).isEqualTo(Map.of("a", 4));
    }

    @Test
    void failsOverBelowTheThreshold() {
      twoGroups(51);
      pools.down("a");
      assertThat(pools.counts(4)).isEqualTo(Map.of("x", 2, "y", 2));
    }

    @Test
    void takesWhateverIsHealthyWhenNoGroupReachesTheThreshold() {
      twoGroups(51);
      pools.down("a", "y");
      assertThat(pools.counts(4)).isEqualTo(Map.of("b", 2, "x", 2));
    }

    @Test
    void doesNotCountTheDrainingAsFailed() {
      twoGroups(51);
      pools.drain("a", true);
      assertThat(pools.counts(4)).isEqualTo(Map.of("b", 4));
    }
  }

  @Nested
  class Zones {
    private void twoZones(boolean crossZone, int failoverPercent) {
      balance(0, failoverPercent, crossZone);
      pools.add("a", 1, HERE, 0).add("b", 1, HERE, 0).add("x", 1, THERE, 0).add("y", 1, THERE, 0);
      pools.reload();
    }

    @Test
    void spreadsOverAllZonesWithCrossZoneOn() {
      twoZones(true, 0);
      assertThat(pools.counts(4)).isEqualTo(Map.of("a", 1, "b", 1, "x", 1, "y", 1));
    }

    @Test
    void staysInItsOwnZoneWithCrossZoneOff() {
      twoZones(false, 0);
      assertThat(pools.counts(4)).isEqualTo(Map.of("a", 2, "b", 2));
      pools.down("a");
      assertThat(pools.counts(4)).isEqualTo(Map.of("b", 4));
    }

    @Test
    void leavesItsZoneWhenNoneIsLeftThere() {
      twoZones(false, 0);
      pools.down("a", "b");
      assertThat(pools.counts(4)).isEqualTo(Map.of("x", 2, "y", 2));
    }

    @Test
    void sharesTheLoadWithOtherZonesBelowTheThreshold() {
      twoZones(false, 60);
      pools.down("a");
      assertThat(pools.counts(3)).isEqualTo(Map.of("b", 1, "x", 1, "y", 1));
    }

    @Test
    void asksTheOwnZonesNeighboursBeforeTheNextPriority() {
      balance(0, 0, false);
      pools.add("a", 1, HERE, 0).add("x", 1, THERE, 0).add("backup", 1, HERE, 1).reload();
      pools.down("a");
      assertThat(pools.counts(2)).isEqualTo(Map.of("x", 2));
      pools.down("x");
      assertThat(pools.counts(2)).isEqualTo(Map.of("backup", 2));
    }
  }

  @Nested
  class Ejection {
    private final OutlierLimits twoInARow =
        new OutlierLimits(2, 2, TimeUnit.SECONDS.toNanos(30), TimeUnit.SECONDS.toNanos(300), 50);

    private void end(String backend, Outcome... outcomes) {
      for (Outcome outcome : outcomes) {
        pools.backend(backend).began(0);
        pools.backend(backend).ended(0, outcome, pools.now);
      }
    }

    private void four() {
      pools.with(new Resilience(twoInARow, CircuitLimits.NONE, 0.2, 1));
      pools.add("a", "b", "c", "d").reload();
    }

    @Test
    void leavesOutABackendThatFailsInARowForItsTime() {
      four();
      end("a", Outcome.CONNECT_FAILED, Outcome.TIMEOUT);
      assertThat(pools.backend("a").snapshot(pools.now).ejected()).isTrue();
      assertThat(pools.backend("a").state()).isEqualTo(BackendState.HEALTHY);
      assertThat(pools.counts(6)).isEqualTo(Map.of("b", 2, "c", 2, "d", 2));
      assertThat(pools.pass(29).counts(6)).doesNotContainKey("a");
      assertThat(pools.pass(1).counts(8)).isEqualTo(Map.of("a", 2, "b", 2, "c", 2, "d", 2));
    }

    @Test
    void countsEveryKindOfFailureButNoneOfTheClients() {
      four();
      end("a", Outcome.SERVER_ERROR, Outcome.SUCCESS, Outcome.SERVER_ERROR);
      end("b", Outcome.ABANDONED, Outcome.ABANDONED, Outcome.ABANDONED);
      assertThat(pools.counts(4)).hasSize(4);
      end("a", Outcome.SERVER_ERROR);
      end("b", Outcome.RESET, Outcome.MALFORMED);
      assertThat(pools.counts(4)).containsOnlyKeys("c", "d");
    }

    @Test
    void leavesInAsManyAsTheLimitSays() {
      four();
      for (String backend : List.of("a", "b", "c", "d")) {
        end(backend, Outcome.UNAVAILABLE, Outcome.UNAVAILABLE);
      }
      assertThat(pools.counts(4)).isEqualTo(Map.of("c", 2, "d", 2));
    }

    @Test
    void startsSlowlyAfterwards() {
      pools.with(
          new Balancing(
              Algorithm.ROUND_ROBIN,
              HashSource.clientAddress(),
              null,
              TimeUnit.SECONDS.toNanos(100),
              0,
              0,
              true,
              ""));
      pools.with(new Resilience(twoInARow, CircuitLimits.NONE, 0.2, 1));
      pools.add("a", "b").reload();
      end("a", Outcome.RESET, Outcome.RESET);
      pools.counts(1);
      assertThat(pools.pass(30).counts(110)).isEqualTo(Map.of("a", 10, "b", 100));
    }

    @Test
    void outlastsAReload() {
      four();
      end("a", Outcome.RESET, Outcome.RESET);
      assertThat(pools.reload().counts(6)).doesNotContainKey("a");
    }

    @Test
    void aBackendThatLeftNoLongerCounts() {
      four();
      Backend a = pools.backend("a");
      end("a", Outcome.RESET, Outcome.RESET);
      a.began(0);
      pools.remove("a").reload();
      a.ended(0, Outcome.RESET, pools.now);
      end("b", Outcome.RESET, Outcome.RESET);
      assertThat(pools.counts(6)).isEqualTo(Map.of("c", 3, "d", 3));
    }
  }

  @Nested
  class Limits {
    private void limit(CircuitLimits circuit) {
      pools.with(new Resilience(OutlierLimits.DEFAULT, circuit, 0, 2)).reload();
    }

    @Test
    void holdOverReloads() {
      limit(new CircuitLimits(1, 1, 2));
      assertThat(pools.pool.tryTake(Resource.REQUEST)).isTrue();
      assertThat(pools.pool.tryTake(Resource.REQUEST)).isTrue();
      assertThat(pools.pool.tryTake(Resource.REQUEST)).isFalse();
      limit(new CircuitLimits(1, 1, 3));
      assertThat(pools.pool.tryTake(Resource.REQUEST)).isTrue();
      assertThat(pools.pool.inUse(Resource.REQUEST)).isEqualTo(3);
      limit(new CircuitLimits(1, 1, 1));
      pools.pool.release(Resource.REQUEST);
      assertThat(pools.pool.tryTake(Resource.REQUEST)).isFalse();
    }

    @Test
    void shareTheRetriesOutAmongTheLoops() {
      limit(CircuitLimits.NONE);
      for (int loop = 0; loop < 2; loop++) {
        int retries = 0;
        while (pools.pool.retryBudget(loop).tryRetry(pools.now)) {
          retries++;
        }
        assertThat(retries).isEqualTo(RetryBudget.WINDOW_SECONDS);
      }
      pools.add("a").reload();
      assertThat(pools.pool.retryBudget(0).tryRetry(pools.now)).isFalse();
    }
  }

  @Nested
  class SlowStart {
    private void ramping() {
      pools.with(
          new Balancing(
              Algorithm.ROUND_ROBIN,
              HashSource.clientAddress(),
              null,
              TimeUnit.SECONDS.toNanos(100),
              0,
              0,
              true,
              ""));
    }

    @Test
    void sparesABackendThatHasRecovered() {
      ramping();
      pools.add("a", "b").reload().down("b").up("b");
      assertThat(pools.counts(110)).isEqualTo(Map.of("a", 100, "b", 10));
      pools.pass(50);
      Map<String, Integer> half = pools.counts(300);
      assertThat(half.get("b")).isBetween(99, 101);
      pools.pass(50);
      assertThat(pools.counts(100)).isEqualTo(Map.of("a", 50, "b", 50));
    }

    @Test
    void sparesABackendThatIsNew() {
      ramping();
      pools.add("a").reload().pass(1).add("b").reload();
      assertThat(pools.counts(110)).isEqualTo(Map.of("a", 100, "b", 10));
    }

    @Test
    void doesNotSpareTheFirstOnes() {
      ramping();
      pools.add("a", "b").reload();
      assertThat(pools.counts(100)).isEqualTo(Map.of("a", 50, "b", 50));
    }

    @Test
    void givesEverythingToTheOnlyOne() {
      ramping();
      pools.add("a").reload().down("a").up("a");
      assertThat(pools.counts(100)).isEqualTo(Map.of("a", 100));
    }
  }

  @Nested
  class Reload {
    @Test
    void keepsWhatIsKnownOfABackend() {
      pools.add("a", "b").reload().down("a");
      Backend a = pools.backend("a");
      a.began(0);
      pools.remove("a").add(new BackendSettings("a", a.address(), 7, "z", 3, false)).reload();
      assertThat(pools.backend("a")).isSameAs(a);
      assertThat(a.state()).isEqualTo(BackendState.UNHEALTHY);
      assertThat(a.inFlight()).isOne();
      assertThat(a.settings().weight()).isEqualTo(7);
    }

    @Test
    void drainsARemovedBackendUntilItsLastRequestEnds() {
      pools.add("a", "b").reload();
      Backend a = pools.backend("a");
      a.began(0);
      a.began(1);
      pools.remove("a").reload();
      assertThat(pools.counts(3)).isEqualTo(Map.of("b", 3));
      assertThat(pools.pool.leaving()).containsExactly(a);
      a.ended(1, Outcome.SUCCESS, pools.now);
      assertThat(a.state()).isEqualTo(BackendState.DRAINING);
      a.ended(0, Outcome.RESET, pools.now);
      assertThat(a.state()).isEqualTo(BackendState.REMOVED);
      assertThat(pools.pool.leaving()).isEmpty();
    }

    @Test
    void takesBackABackendThatWasLeaving() {
      pools.add("a", "b").reload();
      Backend a = pools.backend("a");
      a.began(0);
      pools.remove("a").reload();
      pools.add(new BackendSettings("a", a.address())).reload();
      assertThat(pools.backend("a")).isSameAs(a);
      assertThat(a.state()).isEqualTo(BackendState.HEALTHY);
      assertThat(pools.pool.leaving()).isEmpty();
      assertThat(pools.counts(2)).isEqualTo(Map.of("a", 1, "b", 1));
    }

    @Test
    void takesAnotherAddressForAnotherBackend() {
      pools.add("a").reload().down("a");
      Backend a = pools.backend("a");
      pools.remove("a").add(new BackendSettings("a", PoolFixture.address(77))).reload();
      assertThat(pools.backend("a")).isNotSameAs(a);
      assertThat(a.state()).isEqualTo(BackendState.REMOVED);
      assertThat(pools.selected()).isEqualTo("a");
    }

    @Test
    void refusesTwoBackendsOfOneNameAndChangesNothing() {
      pools.add("a", "b").reload();
      assertThatThrownBy(() -> pools.add("b").reload())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("name: b (expected:");
      assertThat(pools.counts(2)).isEqualTo(Map.of("a", 1, "b", 1));
    }

    @Test
    void changesTheAlgorithm() {
      pools.add("a", "b").reload();
      pools.with(Balancing.of(Algorithm.MAGLEV)).reload();
      assertThat(pools.counts(50)).hasSize(1);
    }

    @Test
    void anEmptiedPoolHasNone() {
      pools.add("a").reload().remove("a").reload();
      assertThat(pools.selected()).isEqualTo("none");
    }
  }

  @Nested
  class Settings {
    @Test
    void refuseAnAddressNotResolved() {
      InetSocketAddress address = InetSocketAddress.createUnresolved("backend.example.com", 80);
      assertThatThrownBy(() -> new BackendSettings("a", address))
          .hasMessageContaining("(expected: a resolved address)");
    }

    @Test
    void refuseNumbersOutOfRange() {
      InetSocketAddress address = PoolFixture.address(1);
      assertThatThrownBy(() -> new BackendSettings("a", address, -1, "", 0, false))
          .hasMessage("weight: -1 (expected: 0 to 1000000)");
      assertThatThrownBy(() -> new BackendSettings("a", address, 1_000_001, "", 0, false))
          .hasMessage("weight: 1000001 (expected: 0 to 1000000)");
      assertThatThrownBy(() -> new BackendSettings("a", address, 1, "", -1, false))
          .hasMessage("priority: -1 (expected: 0 or more)");
      assertThatThrownBy(() -> balance(101, 0, true))
          .hasMessage("panicPercent: 101 (expected: 0 to 100)");
      assertThatThrownBy(() -> balance(0, -1, true))
          .hasMessage("failoverPercent: -1 (expected: 0 to 100)");
    }
  }

  @Test
  void countsWhatHappens() {
    pools.add("a").reload();
    Backend a = pools.backend("a");
    for (int loop = 0; loop < 2; loop++) {
      for (Outcome outcome : Outcome.values()) {
        a.began(loop);
        a.answered(loop, 1_000_000, pools.now);
        a.ended(loop, outcome, pools.now);
      }
    }
    a.began(1);
    BackendSnapshot snapshot = a.snapshot(pools.now);
    int outcomes = Outcome.values().length;
    assertThat(snapshot.began()).isEqualTo(2L * outcomes + 1);
    assertThat(snapshot.answered()).isEqualTo(2L * outcomes);
    assertThat(snapshot.answerNanos()).isEqualTo(2_000_000L * outcomes);
    assertThat(snapshot.inFlight()).isOne();
    assertThat(snapshot.latencyMicros()).isEqualTo(1000);
    assertThat(List.of(Outcome.values()))
        .allSatisfy(outcome -> assertThat(snapshot.outcomes().of(outcome)).isEqualTo(2));
    assertThat(snapshot.outcomes().failures()).isEqualTo(2L * (outcomes - 2));
  }
}
