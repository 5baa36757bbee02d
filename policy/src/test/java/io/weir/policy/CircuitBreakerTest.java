package io.weir.policy;

import static io.weir.policy.CircuitBreaker.Resource.CONNECTION;
import static io.weir.policy.CircuitBreaker.Resource.PENDING;
import static io.weir.policy.CircuitBreaker.Resource.REQUEST;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.weir.policy.CircuitBreaker.Resource;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CircuitBreakerTest {

  private final CircuitBreaker breaker = new CircuitBreaker();

  @ParameterizedTest
  @EnumSource
  void refusesWhatExceedsItsOwnLimit(Resource resource) {
    CircuitLimits limits = new CircuitLimits(1, 2, 3);
    int max = limits.of(resource);
    for (int i = 0; i < max; i++) {
      assertThat(breaker.tryTake(resource, limits)).isTrue();
    }
    assertThat(breaker.tryTake(resource, limits)).isFalse();
    assertThat(breaker.inUse(resource)).isEqualTo(max);

    breaker.release(resource);
    assertThat(breaker.tryTake(resource, limits)).isTrue();
    assertThat(breaker.tryTake(resource, limits)).isFalse();
  }

  @Test
  void countsEachResourceByItself() {
    CircuitLimits limits = new CircuitLimits(1, 0, 1);
    assertThat(breaker.tryTake(CONNECTION, limits)).isTrue();
    assertThat(breaker.tryTake(PENDING, limits)).isFalse();
    assertThat(breaker.tryTake(REQUEST, limits)).isTrue();
    assertThat(breaker.inUse(PENDING)).isZero();
  }

  @Test
  void aLoweredLimitLetsNothingInUntilEnoughIsGivenBack() {
    for (int i = 0; i < 5; i++) {
      assertThat(breaker.tryTake(REQUEST, CircuitLimits.NONE)).isTrue();
    }
    CircuitLimits lower = new CircuitLimits(1, 1, 4);
    breaker.release(REQUEST);
    assertThat(breaker.tryTake(REQUEST, lower)).isFalse();
    breaker.release(REQUEST);
    assertThat(breaker.tryTake(REQUEST, lower)).isTrue();
  }

  @Test
  void noticesOneReleaseTooMany() {
    breaker.tryTake(REQUEST, CircuitLimits.NONE);
    breaker.release(REQUEST);
    assertThatIllegalStateException()
        .isThrownBy(() -> breaker.release(REQUEST))
        .withMessage("REQUEST released more often than taken");
    assertThat(breaker.inUse(REQUEST)).isZero();
  }

  @Test
  void holdsTheLimitAcrossThreads() {
    CircuitLimits limits = new CircuitLimits(1, 1, 2);
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    try (ExecutorService executor = Executors.newFixedThreadPool(4)) {
      for (int thread = 0; thread < 4; thread++) {
        executor.execute(() -> {
          for (int i = 0; i < 50_000; i++) {
            if (breaker.tryTake(REQUEST, limits)) {
              most.accumulateAndGet(inside.incrementAndGet(), Math::max);
              inside.decrementAndGet();
              breaker.release(REQUEST);
            }
          }
        });
      }
    }
    assertThat(most.get()).isBetween(1, 2);
    assertThat(breaker.inUse(REQUEST)).isZero();
  }

  @Test
  void refusesLimitsThatWouldStopEverything() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CircuitLimits(0, 1, 1))
        .withMessage("max connections: 0 (expected: >= 1)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CircuitLimits(1, -1, 1))
        .withMessage("max pending: -1 (expected: >= 0)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CircuitLimits(1, 1, 0))
        .withMessage("max requests: 0 (expected: >= 1)");
  }
}
