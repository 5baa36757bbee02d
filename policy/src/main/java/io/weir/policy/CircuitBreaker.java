package io.weir.policy;

import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Counts what is under way towards one backend or pool and refuses what would exceed its {@link
 * CircuitLimits}: a slow backend then fails fast instead of holding everyone's connections and
 * memory.
 *
 * <p>Safe in any thread; shared by all event loops, so that the limits hold across them. Takes no
 * lock, allocates nothing.
 */
public final class CircuitBreaker {

  /** What is counted. */
  public enum Resource {
    /** An open or connecting connection. */
    CONNECTION,
    /** A request waiting for a connection. */
    PENDING,
    /** A request sent and not yet answered in full. */
    REQUEST
  }

  /** Counters lie a cache line apart, so that loops at work on different ones do not collide. */
  private static final int STRIDE = 16;

  private static final int RESOURCES = 3;

  private final AtomicIntegerArray inUse = new AtomicIntegerArray((RESOURCES + 1) * STRIDE);

  /** Makes one with nothing under way. */
  public CircuitBreaker() {}

  /** Takes one more if that stays within the limits; who gets true calls {@link #release} once. */
  public boolean tryTake(Resource resource, CircuitLimits limits) {
    int index = index(resource);
    int max = limits.of(resource);
    while (true) {
      int taken = inUse.get(index);
      if (taken >= max) {
        return false;
      }
      if (inUse.compareAndSet(index, taken, taken + 1)) {
        return true;
      }
    }
  }

  /**
   * Gives one back.
   *
   * @throws IllegalStateException if none is taken: the caller's mistake
   */
  public void release(Resource resource) {
    if (inUse.getAndDecrement(index(resource)) <= 0) {
      inUse.getAndIncrement(index(resource));
      throw new IllegalStateException(resource + " released more often than taken");
    }
  }

  /** How many are taken now. */
  public int inUse(Resource resource) {
    return inUse.get(index(resource));
  }

  private static int index(Resource resource) {
    return (resource.ordinal() + 1) * STRIDE;
  }
}
