package io.weir.waf.regex;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A common cap on the memory of the states that automata have built. When it is reached all of them
 * forget their states and begin again: what ordinary traffic needs is built within milliseconds.
 */
public final class AutomataMemory {
  private final List<Automaton> members = new CopyOnWriteArrayList<>();
  private final AtomicLong used = new AtomicLong();
  private final AtomicLong resets = new AtomicLong();
  private final long limit;

  /**
   * States up to here cost those who need them half as much: else the first requests after a start
   * would pay for what all others use. Half of the limit.
   */
  private final long young;

  /**
   * @param limit octets
   */
  public AutomataMemory(long limit) {
    this.limit = limit;
    young = limit / 2;
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

  boolean isYoung() {
    return used.get() < young;
  }

  /** Octets taken by states, about. */
  public long used() {
    return used.get();
  }

  /** How often everything was forgotten. */
  public long resets() {
    return resets.get();
  }
}
