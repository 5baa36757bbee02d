package io.weir.proxy.upstream;

import java.net.InetSocketAddress;

/**
 * The numbers of one backend at one moment.
 *
 * @param ejected whether failed requests keep it out for a while
 * @param inFlight requests in progress
 * @param latencyMicros moving average of the time to the head of the answer; 0 before the first
 * @param began requests sent to it since it was configured
 * @param answered heads of answers received
 * @param answerNanos sum of the times to them, in nanoseconds
 * @param outcomes how the requests that are over have ended
 */
public record BackendSnapshot(
    String name,
    InetSocketAddress address,
    int weight,
    String zone,
    int priority,
    BackendState state,
    boolean ejected,
    int inFlight,
    double latencyMicros,
    long began,
    long answered,
    long answerNanos,
    Outcomes outcomes) {

  /** How many requests ended in each way. */
  public static final class Outcomes {
    private final long[] counts;

    Outcomes(long[] counts) {
      this.counts = counts;
    }

    /** How many ended in this way. */
    public long of(Outcome outcome) {
      return counts[outcome.ordinal()];
    }

    /** How many ended by the backend's fault. */
    public long failures() {
      long sum = 0;
      for (Outcome outcome : Outcome.values()) {
        sum += outcome.isFailure() ? of(outcome) : 0;
      }
      return sum;
    }
  }
}
