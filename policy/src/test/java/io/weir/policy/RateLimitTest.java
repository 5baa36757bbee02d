package io.weir.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RateLimitTest {

  @ParameterizedTest
  @CsvSource({
    "100, PT1S, 10000000",
    "5, PT1M, 12000000000",
    "5000000, PT1S, 200",
    "3, PT1S, 333333333"
  })
  void tellsTheTimeInWhichATokenComesBack(int requests, Duration period, long interval) {
    assertThat(RateLimit.of(requests, period, 7)).isEqualTo(new RateLimit(interval, 7));
  }

  @Test
  void refusesWhatIsOutOfRange() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RateLimit(1, 0))
        .withMessage("burst: 0 (expected: >= 1)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RateLimit.of(0, Duration.ofSeconds(1), 1))
        .withMessage("requests: 0 (expected: >= 1)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RateLimit.of(1001, Duration.ofNanos(1000), 1))
        .withMessageStartingWith("interval: 0 ns (expected: 1 to ");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RateLimit.of(1, Duration.ofDays(1), 366))
        .withMessageStartingWith("interval: 86400000000000 ns (expected: 1 to ");
  }
}
