package io.weir.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RoundRobinTest {
  private final PoolFixture pools = new PoolFixture(Algorithm.ROUND_ROBIN);

  @Test
  void givesEachExactlyItsWeightInEveryRound() {
    pools.add("a", 5).add("b", 1).add("c", 3).reload();
    for (int round = 0; round < 10; round++) {
      assertThat(pools.counts(9)).isEqualTo(Map.of("a", 5, "b", 1, "c", 3));
    }
  }

  @Test
  void spreadsTheHeavyOneOverTheRound() {
    pools.add("a", 5).add("b", 1).add("c", 1).reload();
    List<String> turns = new ArrayList<>();
    for (int i = 0; i < 14; i++) {
      turns.add(pools.selected());
    }
    assertThat(String.join("", turns)).contains("abaca").doesNotContain("aaaaa");
  }

  @Test
  void takesBackendsOfEqualWeightInTurn() {
    pools.add("a", "b", "c").reload();
    String first = pools.selected();
    pools.counts(2);
    assertThat(pools.selected()).isEqualTo(first);
  }

  @Test
  void keepsTheRoundOfEachLoopToItself() {
    pools.add("a", 2).add("b", 1).reload();
    for (int i = 0; i < 30; i++) {
      pools.pool.select(
          pools.request(), PoolFixture.client("192.0.2.1"), 1, pools.now, pools.tried);
    }
    assertThat(pools.counts(3)).isEqualTo(Map.of("a", 2, "b", 1));
  }

  @Test
  void startsTheRoundAtDifferentBackendsInDifferentPools() {
    List<String> firsts = new ArrayList<>();
    for (int seed = 0; seed < 50; seed++) {
      firsts.add(new PoolFixture(Algorithm.ROUND_ROBIN, seed).add("a", "b").reload().selected());
    }
    assertThat(firsts).contains("a", "b");
  }

  @Test
  void passesOverTheTriedOnes() {
    pools.add("a", "b", "c").reload();
    pools.tried.add(pools.backend("a"));
    pools.tried.add(pools.backend("c"));
    assertThat(pools.counts(5)).isEqualTo(Map.of("b", 5));
  }

  @Test
  void triesOneAgainWhenAllAreTried() {
    pools.add("a").reload();
    pools.tried.add(pools.backend("a"));
    assertThat(pools.selected()).isEqualTo("a");
  }
}
