package io.weir.proxy.upstream;

import io.weir.policy.OutlierDetector;
import io.weir.policy.OutlierLimits;
import io.weir.proxy.http.Ascii;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * One server of a pool, with everything known about it: health, requests in progress, latency,
 * counters. The same object as long as its name and address are configured, over any number of
 * reloads.
 *
 * <p>Event loops report what happens: {@link #began}, {@link #answered}, {@link #ended}. The
 * control plane tells what it knows: {@link #setHealthy}. Any thread may read.
 */
public final class Backend {
  private static final VarHandle CELLS = MethodHandles.arrayElementVarHandle(long[].class);
  private static final int STRIDE = Turn.PADDING;
  private static final int IN_FLIGHT = STRIDE;
  private static final int LATENCY = 2 * STRIDE;
  private static final int PER_LOOP = 3 * STRIDE;

  /** Latency assumed while the first answer is awaited: long. */
  private static final double UNKNOWN_MICROS = 1e6;

  // Counters of one loop, behind those of the outcomes.
  private static final int OUTCOMES = Outcome.values().length;
  private static final int BEGAN = OUTCOMES;
  private static final int ANSWERED = OUTCOMES + 1;
  private static final int ANSWER_NANOS = OUTCOMES + 2;

  private final Pool pool;
  private final String name;
  private final byte[] nameBytes;
  private final InetSocketAddress address;
  private final int loops;

  /**
   * What loops write. The first two are shared and each alone in its cache line; then come the
   * counters, a stretch for each loop, which only that loop writes.
   */
  private final long[] cells;

  private volatile BackendSettings settings;
  private volatile boolean healthy = true;
  private volatile boolean leaving;
  private volatile long rampSince;
  private volatile boolean ejected;
  private volatile OutlierDetector.Member outlier;
  private volatile StickyCookie.@Nullable Pin pin;

  /** A backend whose slow start, if the pool has one, begins at {@code rampSince}. */
  Backend(
      Pool pool,
      BackendSettings settings,
      OutlierDetector.Member outlier,
      int loops,
      long rampSince) {
    this.pool = pool;
    this.name = settings.name();
    this.nameBytes = Ascii.bytes(name);
    this.address = settings.address();
    this.loops = loops;
    this.settings = settings;
    this.outlier = outlier;
    this.rampSince = rampSince;
    this.cells = new long[PER_LOOP + loops * STRIDE];
  }

  /** The pool it belongs to. */
  public Pool pool() {
    return pool;
  }

  /** The name that metrics and the log use. */
  public String name() {
    return name;
  }

  /** The name as octets; not to be changed. */
  public byte[] nameBytes() {
    return nameBytes;
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return address;
  }

  /** Weight, zone and priority of the running configuration. */
  public BackendSettings settings() {
    return settings;
  }

  /** Whether it takes requests. Once its last request has ended, a removed one stays so. */
  public BackendState state() {
    if (leaving) {
      return inFlight() == 0 ? BackendState.REMOVED : BackendState.DRAINING;
    }
    if (settings.drain()) {
      return BackendState.DRAINING;
    }
    return healthy ? BackendState.HEALTHY : BackendState.UNHEALTHY;
  }

  /** Requests in progress, over all loops. */
  public int inFlight() {
    return (int) (long) CELLS.getOpaque(cells, IN_FLIGHT);
  }

  /**
   * A loop sends it a request. To be followed by exactly one {@link #ended}.
   *
   * @param loop index of the calling event loop
   */
  public void began(int loop) {
    CELLS.getAndAdd(cells, IN_FLIGHT, 1L);
    add(loop, BEGAN, 1);
  }

  /**
   * The head of its answer is here. The content is not waited for: a long download is not a slow
   * backend.
   *
   * @param latencyNanos from {@link #began} on
   * @param now {@link System#nanoTime()}
   */
  public void answered(int loop, long latencyNanos, long now) {
    add(loop, ANSWERED, 1);
    add(loop, ANSWER_NANOS, latencyNanos);
    long packed = (long) CELLS.getOpaque(cells, LATENCY);
    long next = Latency.observe(packed, latencyNanos, now);
    if (next != packed) {
      CELLS.compareAndSet(cells, LATENCY, packed, next); // lost to another loop: its sample serves
    }
  }

  /** The request is over: content, trailers and all. */
  public void ended(int loop, Outcome outcome, long now) {
    CELLS.getAndAdd(cells, IN_FLIGHT, -1L);
    add(loop, outcome.ordinal(), 1);
    if (ejects(outcome, pool.settings().resilience().outliers(), now)) {
      pool.refresh(now);
    }
  }

  /** Whether this outcome is one too many. */
  private boolean ejects(Outcome outcome, OutlierLimits limits, long now) {
    return switch (outcome) {
      case SUCCESS -> {
        outlier.onSuccess();
        yield false;
      }
      case SERVER_ERROR -> outlier.onServerError(limits, now);
      case UNAVAILABLE, CONNECT_FAILED, TIMEOUT, RESET, MALFORMED ->
          outlier.onGatewayFailure(limits, now);
      case ABANDONED -> false;
    };
  }

  private void add(int loop, int counter, long amount) {
    int at = PER_LOOP + loop * STRIDE + counter;
    CELLS.setOpaque(cells, at, cells[at] + amount);
  }

  private long sum(int counter) {
    long sum = 0;
    for (int loop = 0; loop < loops; loop++) {
      sum += (long) CELLS.getOpaque(cells, PER_LOOP + loop * STRIDE + counter);
    }
    return sum;
  }

  /**
   * What active checks found. A backend that comes back starts slowly.
   *
   * @param now {@link System#nanoTime()}
   */
  public void setHealthy(boolean healthy, long now) {
    if (healthy != this.healthy) {
      pool.change(
          now,
          () -> {
            rampSince = now;
            this.healthy = healthy;
          });
    }
  }

  /** Numbers for metrics and {@code weir top}: consistent enough, cheap, taken in any thread. */
  public BackendSnapshot snapshot(long now) {
    long[] outcomes = new long[OUTCOMES];
    for (int i = 0; i < OUTCOMES; i++) {
      outcomes[i] = sum(i);
    }
    return new BackendSnapshot(
        name,
        address,
        settings.weight(),
        settings.zone(),
        settings.priority(),
        state(),
        outlier.isEjected(now),
        inFlight(),
        Latency.at((long) CELLS.getOpaque(cells, LATENCY), now),
        sum(BEGAN),
        sum(ANSWERED),
        sum(ANSWER_NANOS),
        new BackendSnapshot.Outcomes(outcomes));
  }

  /**
   * How long a request given to it now would wait, in microseconds: its latency times the requests
   * it would then have. Before the first answer a backend gets one request, then the others first.
   *
   * @param share its weight relative to the average one
   */
  double expectedWait(long now, double share) {
    long packed = (long) CELLS.getOpaque(cells, LATENCY);
    int inFlight = inFlight();
    double latency =
        packed == Latency.NONE && inFlight > 0 ? UNKNOWN_MICROS : Latency.at(packed, now);
    return latency * (inFlight / share + 1);
  }

  /** Whether failed requests keep it out for a while. */
  boolean isEjected() {
    return ejected;
  }

  /** What part of its weight it has at this time of its slow start: 0.1 to 1. */
  double ramp(long now, long slowStartNanos) {
    return Math.clamp((double) (now - rampSince) / slowStartNanos, 0.1, 1);
  }

  /** When its slow start ends. */
  long rampEnd(long slowStartNanos) {
    return rampSince + slowStartNanos;
  }

  // The pool calls what follows; what changes something, only while it holds its lock.

  /** Whether it may be chosen: up, not on its way out, and not ejected. */
  boolean isEligible() {
    return healthy && !ejected && !isDraining();
  }

  /** Whether it may not be chosen even when health is not believed. */
  boolean isDraining() {
    return leaving || settings.drain();
  }

  /** Takes over from the detector whether it is ejected; after an ejection it starts slowly. */
  void updateEjection(long now) {
    boolean out = outlier.isEjected(now);
    if (ejected && !out) {
      rampSince = now;
    }
    ejected = out;
  }

  /** Nanoseconds until its ejection ends. */
  long ejectionLeft(long now) {
    return outlier.ejectionLeftNanos(now);
  }

  /** Takes the settings of a new configuration and the value that pins a client to it. */
  void configure(BackendSettings settings, StickyCookie.@Nullable Pin pin, long now) {
    if (this.settings.drain() && !settings.drain()) {
      rampSince = now;
    }
    this.settings = settings;
    this.pin = pin;
  }

  /** The configuration no longer has it. */
  void leave(OutlierDetector detector) {
    if (!leaving) {
      leaving = true;
      detector.remove(outlier);
    }
  }

  /** The configuration has it again before it was gone. */
  void rejoin(OutlierDetector detector) {
    if (leaving) {
      leaving = false;
      outlier = detector.add();
    }
  }

  StickyCookie.@Nullable Pin pin() {
    return pin;
  }
}
