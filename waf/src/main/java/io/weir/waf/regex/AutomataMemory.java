package io.weir.waf.regex;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A common cap on the memory of the states that automata have built. When it is reached all of them
 * forget their states and begin again: what ordinary traffic needs is built within milliseconds.
 */
public final class AutomataMemory {
  /** As long as not even the most usual text finds its states. */
  private static final int UNSETTLED = 16;

  /**
   * Octets of states up to which there is a smaller discount: else those who first write in their
   * own way would pay for what all others use. Harmless text comes to less.
   */
  private static final long YOUNG = 4 << 20;

  private final List<Automaton> members = new CopyOnWriteArrayList<>();
  private final AtomicLong used = new AtomicLong();
  private final AtomicLong kept = new AtomicLong();
  private final AtomicLong resets = new AtomicLong();
  private final long limit;
  private volatile boolean settled;

  /**
   * @param limit octets
   */
  public AutomataMemory(long limit) {
    this.limit = limit;
  }

  void join(Automaton automaton) {
    members.add(automaton);
  }

  void took(long octets) {
    if (used.addAndGet(octets) > limit) {
      used.set(0);
      resets.incrementAndGet();
      members.forEach(Automaton::forget);
    }
  }

  /**
   * The states that there are now are kept for good, beside the limit: usual text finds what it
   * needs from now on, and what is new has its price.
   */
  public void settle() {
    members.forEach(Automaton::keep);
    kept.addAndGet(used.getAndSet(0));
    settled = true;
  }

  public boolean isSettled() {
    return settled;
  }

  /** States cost those who need them the price divided by this. */
  int discount() {
    if (!settled) {
      return UNSETTLED;
    }
    return used.get() < YOUNG ? 2 : 1;
  }

  /** Octets taken by states, about. */
  public long used() {
    return kept.get() + used.get();
  }

  /** How often everything was forgotten. */
  public long resets() {
    return resets.get();
  }
}
