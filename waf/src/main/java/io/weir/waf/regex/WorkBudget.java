package io.weir.waf.regex;

/**
 * How much work one transaction may still cause. A unit is about a nanosecond of the machine that
 * the constants were measured on, counted and not timed, so that the same input is judged alike
 * everywhere and always: by octets passed over, states built, steps of simulation, rules run.
 *
 * <p>Confined to one thread.
 */
public final class WorkBudget {
  private long building;
  private long total;

  /**
   * Starts anew.
   *
   * @param building units for new states of automata that watch many patterns at once
   * @param total units for everything
   */
  public void reset(long building, long total) {
    this.building = building;
    this.total = total;
  }

  /** Adds what more input may cost. */
  public void extend(long moreBuilding, long moreTotal) {
    building += moreBuilding;
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

  boolean mayBuild() {
    return building > 0 && total >= 0;
  }

  void chargeBuilding(int units) {
    building -= units;
    total -= units;
  }

  /** Takes work of any other kind. */
  public void charge(long units) {
    total -= units;
  }
}
