package io.weir.proxy.upstream;

/**
 * A moving average of latency that follows a rise at once and forgets it slowly (peak EWMA): a new
 * sample above the average replaces it, one below pulls it down by how long ago the last one was.
 * Without samples it fades towards zero, so that a backend that was slow once is asked again.
 *
 * <p>Value and time are packed into one long, so that many loops can share it with a single compare
 * and set: the latency in microseconds as a float above, the time in ticks of about 1 ms below. At
 * most one sample a tick pulls the average down, which is plenty and keeps the loops out of each
 * other's way. After 52 days without a sample ticks repeat; the average is zero long before.
 */
final class Latency {
  /** The packed value without any sample. */
  static final long NONE = 0;

  private static final int TICK_BITS = 20;

  /** Ticks after which a sample's weight is 1/e: 10 s. */
  private static final double FADE_TICKS = 10e9 / (1 << TICK_BITS);

  private Latency() {}

  /** The packed average after one more sample. */
  static long observe(long packed, long latencyNanos, long now) {
    float sample = Math.max(latencyNanos, 1) / 1000f;
    int ticks = ticksSince(packed, now);
    if (packed == NONE || sample >= value(packed)) {
      return pack(sample, now);
    }
    if (ticks == 0) {
      return packed;
    }
    double kept = Math.exp(-ticks / FADE_TICKS);
    return pack((float) (value(packed) * kept + sample * (1 - kept)), now);
  }

  /** The average in microseconds, faded to this time; 0 without any sample. */
  static double at(long packed, long now) {
    return packed == NONE ? 0 : value(packed) * Math.exp(-ticksSince(packed, now) / FADE_TICKS);
  }

  private static float value(long packed) {
    return Float.intBitsToFloat((int) (packed >>> 32));
  }

  private static long pack(float value, long now) {
    return (long) Float.floatToIntBits(value) << 32 | now >>> TICK_BITS & 0xffff_ffffL;
  }

  /** Never negative: the clocks of two loops may have been read in another order. */
  private static int ticksSince(long packed, long now) {
    return Math.max((int) (now >>> TICK_BITS) - (int) packed, 0);
  }
}
