package io.weir.proxy.upstream;

import org.jspecify.annotations.Nullable;

/**
 * What one event loop remembers about one pool between two requests: its random numbers and its
 * place in the round. Loops do not share it, so there is no lock, and each of them is fair alone.
 */
final class Turn {
  /** Keeps what two loops write in different cache lines: 128 octets, as lines come in pairs. */
  static final int PADDING = 16;

  private final long[] random = new long[2 * PADDING];
  private long[] credit = new long[0];
  private @Nullable Candidates round;

  Turn(long seed) {
    random[PADDING] = seed;
  }

  /** The next 64 random bits: SplitMix64 (Steele, Lea, Flood 2014). */
  long nextRandom() {
    random[PADDING] += Hash.GOLDEN;
    return Hash.mix(random[PADDING]);
  }

  /** The next random number from 0 to {@code bound - 1}. */
  long nextRandom(long bound) {
    return Math.unsignedMultiplyHigh(nextRandom(), bound);
  }

  /** The next random number from 0 to 1, 1 excluded. */
  double nextFraction() {
    return (nextRandom() >>> 11) * 0x1p-53;
  }

  /** Whether these candidates are new to this loop; its round begins then. */
  boolean begins(Candidates candidates) {
    if (round == candidates) {
      return false;
    }
    round = candidates;
    credit = new long[candidates.count() + PADDING];
    return true;
  }

  /** What each candidate has saved up in the current round; all zero when a round begins. */
  long[] credit() {
    return credit;
  }
}
