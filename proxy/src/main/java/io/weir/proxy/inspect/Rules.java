package io.weir.proxy.inspect;

import io.weir.waf.RuleSet;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Compiled rules, and for each event loop the inspections that wait to be used again. They live and
 * go with the rules, whatever generations share these.
 */
public final class Rules {
  private static final int SPARE = 64;

  private final RuleSet set;
  private final List<ArrayDeque<Inspection>> spare = new ArrayList<>();

  /**
   * @param loops number of event loops
   */
  public Rules(RuleSet set, int loops) {
    this.set = set;
    for (int i = 0; i < loops; i++) {
      spare.add(new ArrayDeque<>());
    }
  }

  /** What was compiled. */
  public RuleSet set() {
    return set;
  }

  /** An inspection for an exchange of this loop; to be called on it. */
  Inspection take(int loop) {
    Inspection known = spare.get(loop).pollLast();
    return known == null ? new Inspection(this, loop) : known;
  }

  void giveBack(Inspection inspection, int loop) {
    if (spare.get(loop).size() < SPARE) {
      spare.get(loop).addLast(inspection);
    }
  }
}
