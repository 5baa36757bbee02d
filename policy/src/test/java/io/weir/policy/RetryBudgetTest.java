package io.weir.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RetryBudgetTest {

  private static final long SECOND = 1_000_000_000L;
  private static final long ORIGIN = Long.MAX_VALUE - 5 * SECOND;

  private static int retries(RetryBudget budget, long now, int wanted) {
    int made = 0;
    for (int i = 0; i < wanted; i++) {
      made += budget.tryRetry(ORIGIN + now) ? 1 : 0;
    }
    return made;
  }

  private static void requests(RetryBudget budget, long now, int count) {
    for (int i = 0; i < count; i++) {
      budget.onRequest(ORIGIN + now);
    }
  }

  @Test
  void allowsTheMinimumWithoutAnyRequest() {
    RetryBudget budget = new RetryBudget(0.2, 0.3, ORIGIN);
    assertThat(retries(budget, 0, 100)).isEqualTo(3);
    assertThat(retries(budget, 9 * SECOND, 100)).isZero();
    assertThat(retries(budget, 10 * SECOND, 100)).isEqualTo(3);
  }

  @Test
  void allowsAShareOfTheRequests() {
    RetryBudget budget = new RetryBudget(0.2, 0, ORIGIN);
    assertThat(retries(budget, 0, 100)).isZero();
    requests(budget, 0, 4);
    assertThat(retries(budget, 0, 100)).isZero();
    requests(budget, 0, 96);
    assertThat(retries(budget, 0, 100)).isEqualTo(20);
    requests(budget, SECOND, 10);
    assertThat(retries(budget, SECOND, 100)).isEqualTo(2);
  }

  @Test
  void forgetsAfterTenSeconds() {
    RetryBudget budget = new RetryBudget(0.5, 0, ORIGIN);
    requests(budget, 0, 10);
    requests(budget, 3 * SECOND, 10);
    assertThat(retries(budget, 3 * SECOND, 7)).isEqualTo(7);
    assertThat(retries(budget, 10 * SECOND, 100)).isZero(); // 10 requests, 7 retries remain
    requests(budget, 12 * SECOND, 10);
    assertThat(retries(budget, 12 * SECOND, 100)).isEqualTo(3);
    assertThat(retries(budget, 13 * SECOND, 100)).isEqualTo(2); // 10 requests, 3 retries remain
    assertThat(retries(budget, 1000 * SECOND, 100)).isZero();
  }

  @Test
  void agreesWithRememberingEverything() {
    Random random = new Random(20260105);
    RetryBudget budget = new RetryBudget(0.3, 0.5, ORIGIN);
    Deque<Long> requests = new ArrayDeque<>();
    Deque<Long> retries = new ArrayDeque<>();
    long now = 0;
    for (int i = 0; i < 50_000; i++) {
      now += random.nextInt(50) == 0 ? random.nextLong(15 * SECOND) : random.nextLong(SECOND / 4);
      long oldest = now / SECOND - 9;
      requests.removeIf(second -> second < oldest);
      retries.removeIf(second -> second < oldest);
      if (random.nextInt(3) > 0) {
        requests.add(now / SECOND);
        budget.onRequest(ORIGIN + now);
      } else {
        boolean allowed = retries.size() + 1 <= requests.size() * 0.3 + 5;
        assertThat(budget.tryRetry(ORIGIN + now)).isEqualTo(allowed);
        if (allowed) {
          retries.add(now / SECOND);
        }
      }
    }
  }

  @Test
  void refusesNumbersOutOfRange() {
    for (double ratio : new double[] {-0.1, 1.1, Double.NaN}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new RetryBudget(ratio, 1, 0))
          .withMessage("ratio: " + ratio + " (expected: 0 to 1)");
    }
    for (double minimum : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new RetryBudget(0, minimum, 0))
          .withMessage("minimum per second: " + minimum + " (expected: >= 0)");
    }
  }
}
