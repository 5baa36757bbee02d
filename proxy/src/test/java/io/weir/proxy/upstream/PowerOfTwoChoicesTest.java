package io.weir.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PowerOfTwoChoicesTest {
  private static PoolFixture pools(Algorithm algorithm) {
    return new PoolFixture(algorithm);
  }

  private static void begin(Backend backend, int requests) {
    for (int i = 0; i < requests; i++) {
      backend.began(0);
    }
  }

  private static void answer(Backend backend, long millis, long now) {
    backend.began(0);
    backend.answered(0, TimeUnit.MILLISECONDS.toNanos(millis), now);
    backend.ended(0, Outcome.SUCCESS, now);
  }

  @Test
  void neverTakesTheBusierOfTwo() {
    PoolFixture pools = pools(Algorithm.LEAST_REQUESTS).add("busy", "idle").reload();
    begin(pools.backend("busy"), 1);
    assertThat(pools.counts(100)).isEqualTo(Map.of("idle", 100));
  }

  @Test
  void neverTakesTheBusiestOfMany() {
    PoolFixture pools = pools(Algorithm.LEAST_REQUESTS).add("a", "b", "busiest", "d").reload();
    begin(pools.backend("busiest"), 3);
    begin(pools.backend("d"), 2);
    assertThat(pools.counts(1000)).containsOnlyKeys("a", "b", "d");
  }

  @Test
  void weighsLoadByWeight() {
    PoolFixture pools = pools(Algorithm.LEAST_REQUESTS).add("big", 10).add("small", 1).reload();
    begin(pools.backend("big"), 9);
    begin(pools.backend("small"), 1);
    assertThat(pools.counts(100)).isEqualTo(Map.of("big", 100));
    begin(pools.backend("big"), 2);
    assertThat(pools.counts(100)).isEqualTo(Map.of("small", 100));
  }

  @Test
  void levelsOutWhenRequestsPileUp() {
    PoolFixture pools = pools(Algorithm.LEAST_REQUESTS).add("a", "b", "c", "d", "e").reload();
    for (int i = 0; i < 1000; i++) {
      pools.selectOne().began(i % 2);
    }
    assertThat(pools.pool.backends())
        .allSatisfy(backend -> assertThat(backend.inFlight()).isBetween(195, 205));
  }

  @ParameterizedTest
  @EnumSource(names = {"LEAST_REQUESTS", "EWMA", "RANDOM"})
  void followsTheWeightsWhenIdle(Algorithm algorithm) {
    PoolFixture pools = pools(algorithm).add("a", 1).add("b", 3).reload();
    Map<String, Integer> counts = pools.counts(10_000);
    // Four standard deviations, of a fixed sequence.
    assertThat(counts.get("a")).isBetween(2325, 2675);
  }

  @Test
  void takesTheFasterOfTwo() {
    PoolFixture pools = pools(Algorithm.EWMA).add("slow", "fast").reload();
    answer(pools.backend("slow"), 100, pools.now);
    answer(pools.backend("fast"), 5, pools.now);
    assertThat(pools.counts(100)).isEqualTo(Map.of("fast", 100));
  }

  @Test
  void takesTheSlowerOneWhenTheFasterHasALongerQueue() {
    PoolFixture pools = pools(Algorithm.EWMA).add("slow", "fast").reload();
    answer(pools.backend("slow"), 100, pools.now);
    answer(pools.backend("fast"), 5, pools.now);
    begin(pools.backend("fast"), 20);
    assertThat(pools.counts(100)).isEqualTo(Map.of("slow", 100));
  }

  @Test
  void asksASlowOneAgainOnceItsPeakHasFaded() {
    PoolFixture pools = pools(Algorithm.EWMA).add("slow", "fast").reload();
    answer(pools.backend("slow"), 100, pools.now);
    pools.pass(31);
    answer(pools.backend("fast"), 50, pools.now);
    assertThat(pools.counts(100)).isEqualTo(Map.of("slow", 100));
  }

  @Test
  void doesNotFloodANewBackendBeforeItsFirstAnswer() {
    PoolFixture pools = pools(Algorithm.EWMA).add("known", "new").reload();
    answer(pools.backend("known"), 20, pools.now);
    assertThat(pools.counts(10)).isEqualTo(Map.of("new", 10));
    begin(pools.backend("new"), 1);
    assertThat(pools.counts(10)).isEqualTo(Map.of("known", 10));
  }
}
