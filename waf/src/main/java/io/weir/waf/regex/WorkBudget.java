package io.weir.waf.regex;

/**
 * How much work patterns may still cause for one transaction. A unit is one visit to a state of an
 * automaton, a few nanoseconds. What steps along known states is not counted: it costs about the
 * same for each octet, whatever the octets are.
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

  boolean mayBuild() {
    return building > 0 && total >= 0;
  }

  void chargeBuilding(int units) {
    building -= units;
    total -= units;
  }

  /** Takes work of another kind, in the same unit. */
  public void charge(int units) {
    total -= units;
  }
}
