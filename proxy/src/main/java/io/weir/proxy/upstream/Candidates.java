package io.weir.proxy.upstream;

import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The backends among which requests are balanced now. Made anew whenever one of them changes, never
 * for a request. Immutable.
 */
final class Candidates {
  /** Weights are multiplied by this while one of them ramps up, so that a part of 1 is not 0. */
  private static final long RAMP_SCALE = 1000;

  private static final int MAX_DRAWS = 16;

  private final Level level;
  private final boolean[] admitted;
  private final Backend[] backends;
  private final long[] weights;
  private final long[] cumulative;
  private final boolean even;
  private final long slowStartNanos;

  /**
   * Admits members of a level.
   *
   * @param slowStartNanos length of the slow start; 0 where none of them is in it
   */
  Candidates(Level level, Predicate<Backend> admits, long slowStartNanos) {
    int size = level.members().length;
    this.level = level;
    this.admitted = new boolean[size];
    int count = 0;
    for (int i = 0; i < size; i++) {
      admitted[i] = admits.test(level.members()[i]);
      count += admitted[i] ? 1 : 0;
    }
    this.backends = new Backend[count];
    this.weights = new long[count];
    this.cumulative = new long[count];
    boolean equal = true;
    long total = 0;
    int at = 0;
    for (int i = 0; i < size; i++) {
      if (admitted[i]) {
        backends[at] = level.members()[i];
        weights[at] = backends[at].settings().weight();
        equal &= weights[at] == weights[0];
        total += weights[at];
        cumulative[at++] = total;
      }
    }
    this.even = equal;
    this.slowStartNanos = slowStartNanos;
  }

  int count() {
    return backends.length;
  }

  Backend get(int i) {
    return backends[i];
  }

  /** The weight of a candidate in its slow start, to be compared with those of the others only. */
  long weight(int i, long now) {
    return slowStartNanos == 0
        ? weights[i]
        : (long) (weights[i] * RAMP_SCALE * backends[i].ramp(now, slowStartNanos));
  }

  /** The weight of a candidate in its slow start, relative to the average of all weights. */
  double share(int i, long now) {
    return (double) weights[i] * ramp(backends[i], now) * backends.length / total();
  }

  private double ramp(Backend backend, long now) {
    return slowStartNanos == 0 ? 1 : backend.ramp(now, slowStartNanos);
  }

  private long total() {
    return cumulative[cumulative.length - 1];
  }

  /**
   * Draws a candidate by weight that is not among the tried.
   *
   * @return its index, or -1 where all are tried
   */
  int draw(Turn turn, long now, Tried tried) {
    for (int i = 0; i < MAX_DRAWS; i++) {
      int drawn = drawAny(turn);
      if (accepts(drawn, turn, now, tried)) {
        return drawn;
      }
    }
    return firstUntried((int) turn.nextRandom(backends.length), tried);
  }

  /** Draws a candidate other than {@code one}; with bad luck, or where there is none, the same. */
  int drawOther(int one, Turn turn, long now, Tried tried) {
    for (int i = 0; i < MAX_DRAWS && backends.length > 1; i++) {
      int drawn = drawAnyBut(one, turn);
      if (accepts(drawn, turn, now, tried)) {
        return drawn;
      }
    }
    return one;
  }

  private boolean accepts(int drawn, Turn turn, long now, Tried tried) {
    return !tried.contains(backends[drawn])
        && (slowStartNanos == 0 || turn.nextFraction() < ramp(backends[drawn], now));
  }

  private int drawAny(Turn turn) {
    return even ? (int) turn.nextRandom(backends.length) : at(turn.nextRandom(total()));
  }

  /** Draws from the line of all weights with that of {@code one} cut out. */
  private int drawAnyBut(int one, Turn turn) {
    if (even) {
      int drawn = (int) turn.nextRandom(backends.length - 1);
      return drawn < one ? drawn : drawn + 1;
    }
    long point = turn.nextRandom(total() - weights[one]);
    return at(point < cumulative[one] - weights[one] ? point : point + weights[one]);
  }

  /** The candidate whose weight covers this point of the line of all weights. */
  private int at(long point) {
    int low = 0;
    int high = backends.length - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (point < cumulative[middle]) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  private int firstUntried(int from, Tried tried) {
    for (int i = 0; i < backends.length; i++) {
      int at = (from + i) % backends.length;
      if (!tried.contains(backends[at])) {
        return at;
      }
    }
    return -1;
  }

  /**
   * The member that {@link Maglev}'s table has at this hash, or null where it may not take the
   * request. In its slow start a member takes a part of its keys, always the same ones and ever
   * more.
   */
  @Nullable Backend atHash(long hash, long now, Tried tried) {
    char[] table = level.table();
    if (table == null) {
      throw new IllegalStateException("the level was made for another algorithm");
    }
    int member = table[(int) Math.unsignedMultiplyHigh(hash, table.length)];
    Backend backend = level.members()[member];
    return admitted[member]
            && !tried.contains(backend)
            && (slowStartNanos == 0 || Hash.fraction(hash) < ramp(backend, now))
        ? backend
        : null;
  }
}
