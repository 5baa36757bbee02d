package io.weir.waf.regex;

/**
 * How much work one transaction may still cause. A unit is about a nanosecond of the machine that
 * the constants were measured on, counted and not timed, so that the same input is judged alike
 * everywhere and always: by octets passed over, states built, rules run.
 *
 * <p>A part of it may go into states of automata that watch many patterns at once. Those pay off
 * for texts like others, and hostile text needs new ones again and again: past that part each
 * pattern is looked for by itself.
 *
 * <p>Confined to one thread.
 */
public final class WorkBudget {
  private long shared;
  private long total;

  /**
   * Starts anew.
   *
   * @param shared units for new states of automata that watch many patterns at once
   * @param total units for everything
   */
  public void reset(long shared, long total) {
    this.shared = shared;
    this.total = total;
  }

  /** Adds what more input may cost. */
  public void extend(long moreShared, long moreTotal) {
    shared += moreShared;
    total += moreTotal;
  }

  public boolean exhausted() {
    return total < 0;
  }

  /** What was taken beyond the budget is negative. */
  public long left() {
    return total;
  }

  /** Leaves nothing. */
  public void spend() {
    total = Math.min(total, -1);
  }

  boolean mayBuildShared() {
    return shared > 0 && total >= 0;
  }

  void chargeShared(int units) {
    shared -= units;
    total -= units;
  }

  /** Takes work of any other kind. */
  public void charge(long units) {
    total -= units;
  }
}
