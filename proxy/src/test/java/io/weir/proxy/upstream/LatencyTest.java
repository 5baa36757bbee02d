package io.weir.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.concurrent.TimeUnit;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class LatencyTest {
  private static final long START = Long.MAX_VALUE - TimeUnit.SECONDS.toNanos(1); // clocks may wrap

  private static long millis(long millis) {
    return TimeUnit.MILLISECONDS.toNanos(millis);
  }

  @Test
  void isTheFirstSample() {
    assertThat(Latency.at(Latency.observe(Latency.NONE, millis(3), START), START)).isEqualTo(3000);
  }

  @Test
  void followsAPeakAtOnce() {
    long packed = Latency.observe(Latency.NONE, millis(3), START);
    packed = Latency.observe(packed, millis(300), START);
    assertThat(Latency.at(packed, START)).isEqualTo(300_000);
  }

  @Test
  void comesDownByTheTimePassed() {
    long packed = Latency.observe(Latency.NONE, millis(100), START);
    long later = START + TimeUnit.SECONDS.toNanos(10);
    packed = Latency.observe(packed, millis(10), later);
    assertThat(Latency.at(packed, later))
        .isCloseTo(1000 * (100 / Math.E + 10 * (1 - 1 / Math.E)), Percentage.withPercentage(0.1));
  }

  @Test
  void comesDownUnderAStreamOfSamplesToo() {
    long packed = Latency.observe(Latency.NONE, millis(1000), START);
    long now = START;
    for (int i = 0; i < 1_000_000; i++) {
      now += 100_000; // ten samples a tick
      packed = Latency.observe(packed, millis(1), now);
    }
    assertThat(Latency.at(packed, now)).isCloseTo(1045, within(15.0));
  }

  @Test
  void fadesWithoutSamples() {
    long packed = Latency.observe(Latency.NONE, millis(100), START);
    assertThat(Latency.at(packed, START + TimeUnit.SECONDS.toNanos(100))).isLessThan(5);
  }

  @Test
  void doesNotMindAClockReadEarlier() {
    long packed = Latency.observe(Latency.NONE, millis(100), START);
    assertThat(Latency.at(packed, START - millis(50))).isEqualTo(100_000);
    assertThat(Latency.observe(packed, millis(1), START - millis(50))).isEqualTo(packed);
  }
}
