package io.weir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TimerWheelTest {
  private static final long TICK = TimerWheel.tickNanos();

  private final TimerWheel wheel = new TimerWheel(0);
  private final List<Long> expired = new ArrayList<>();
  private final TimerWheel.Timer timer = new TimerWheel.Timer((of, now) -> expired.add(now));

  private void advanceTo(long until) {
    for (long now = 0; now <= until; now += TICK) {
      wheel.advance(now);
    }
  }

  @Test
  void goesOffOnceWithinATickOfTheDeadline() {
    wheel.arm(timer, 10 * TICK + 5);
    advanceTo(30 * TICK);
    assertThat(expired).containsExactly(11 * TICK);
    assertThat(timer.isArmed()).isFalse();
  }

  @Test
  void letsOthersTakeTurnsWithManyThatAreDueAtOnce() {
    for (int i = 0; i < 100; i++) {
      wheel.arm(new TimerWheel.Timer((of, now) -> expired.add(now)), 3 * TICK);
    }
    assertThat(wheel.advance(10 * TICK)).isTrue();
    assertThat(expired).hasSizeBetween(1, 50);
    TimerWheel.Timer moved = new TimerWheel.Timer((of, now) -> expired.add(-now));
    wheel.arm(moved, 11 * TICK);
    int turns = 1;
    while (wheel.advance(10 * TICK)) {
      turns++;
    }
    assertThat(expired).hasSize(100).containsOnly(10 * TICK);
    assertThat(turns).isBetween(2, 10);
    wheel.advance(12 * TICK);
    assertThat(expired).hasSize(101).endsWith(-12 * TICK);
  }

  @Test
  void armsAgainWhatIsDueButHasNotHadItsTurn() {
    List<TimerWheel.Timer> timers = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      TimerWheel.Timer one = new TimerWheel.Timer((of, now) -> expired.add(now));
      timers.add(one);
      wheel.arm(one, 3 * TICK);
    }
    wheel.advance(10 * TICK);
    int before = expired.size();
    timers.stream().filter(TimerWheel.Timer::isArmed).forEach(one -> wheel.arm(one, 20 * TICK));
    assertThat(wheel.advance(10 * TICK)).isFalse();
    assertThat(expired).hasSize(before);
    while (wheel.advance(21 * TICK)) {}
    assertThat(expired).hasSize(100);
  }

  @Test
  void followsADeadlineThatMovesAway() {
    wheel.arm(timer, 3 * TICK);
    wheel.arm(timer, 20 * TICK);
    advanceTo(30 * TICK);
    assertThat(expired).hasSize(1);
    assertThat(expired.get(0)).isBetween(20 * TICK, 22 * TICK);
  }

  @Test
  void followsADeadlineThatComesCloser() {
    wheel.arm(timer, 500 * TICK);
    wheel.arm(timer, 3 * TICK);
    advanceTo(10 * TICK);
    assertThat(expired).hasSize(1);
  }

  @Test
  void doesNotGoOffWhenDisarmed() {
    wheel.arm(timer, 3 * TICK);
    timer.disarm();
    advanceTo(1000 * TICK);
    assertThat(expired).isEmpty();
  }

  @Test
  void waitsLongerThanTheWheelIsRound() {
    wheel.arm(timer, 2000 * TICK);
    advanceTo(1990 * TICK);
    assertThat(expired).isEmpty();
    advanceTo(2010 * TICK);
    assertThat(expired).hasSize(1);
  }

  @Test
  void goesOffAfterALongPause() {
    wheel.arm(timer, 3 * TICK);
    wheel.advance(100_000 * TICK);
    assertThat(expired).hasSize(1);
  }

  @Test
  void agreesWithAListOfDeadlines() {
    Random random = new Random(7);
    long[] deadlines = new long[200];
    int[] fired = new int[200];
    TimerWheel.Timer[] timers = new TimerWheel.Timer[200];
    for (int i = 0; i < timers.length; i++) {
      int index = i;
      timers[i] =
          new TimerWheel.Timer((of, now) -> {
            assertThat(now).isGreaterThanOrEqualTo(deadlines[index]);
            fired[index]++;
            deadlines[index] = Long.MAX_VALUE;
          });
      deadlines[i] = Long.MAX_VALUE;
    }
    for (long now = 0; now < 5000 * TICK; now += TICK) {
      int i = random.nextInt(timers.length);
      if (random.nextInt(4) == 0) {
        timers[i].disarm();
        deadlines[i] = Long.MAX_VALUE;
      } else {
        deadlines[i] = now + 1 + (long) (random.nextDouble() * 900 * TICK);
        wheel.arm(timers[i], deadlines[i]);
      }
      wheel.advance(now);
      for (long deadline : deadlines) {
        assertThat(deadline)
            .as("nothing is late by more than two ticks")
            .isGreaterThan(now - 2 * TICK);
      }
    }
    assertThat(fired).contains(1);
  }
}
