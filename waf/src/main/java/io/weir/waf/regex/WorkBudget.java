package io.weir.waf.regex;

/**
 * How much work one transaction may still cause. A unit is about a nanosecond of the machine that
 * the constants were measured on, counted and not timed, so that the same input is judged alike
 * everywhere and always: by octets passed over, states built, rules run.
 *
 * <p>Confined to one thread.
 */
public final class WorkBudget {
  private long total;

  /** Starts anew. */
  public void reset(long units) {
    total = units;
  }

  /** Adds what more input may cost. */
  public void extend(long units) {
    total += units;
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

  /** Takes work. */
  public void charge(long units) {
    total -= units;
  }
}
