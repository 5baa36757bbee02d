package io.weir.proxy.inspect;

import io.weir.waf.Match;
import io.weir.waf.RuleSet;
import io.weir.waf.Transaction;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Compiled rules, and for each event loop the inspections that wait to be used again. They live and
 * go with the rules, whatever generations share these.
 */
public final class Rules {
  private static final int SPARE = 64;

  /** Hears of inspections that are over. */
  public interface Observer {
    /**
     * To be called on the exchange's event loop.
     *
     * @param id of the request, as in the access log
     * @param matches in the order in which the rules ran
     */
    void concluded(String id, List<Match> matches);
  }

  private final RuleSet set;
  private volatile @Nullable Observer observer;
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

  /**
   * Lets somebody see all that the rules find, where the access log has the gravest only: for tests
   * of rule sets.
   */
  public void observe(Observer by) {
    observer = by;
  }

  void concluded(String id, Transaction transaction) {
    Observer told = observer;
    if (told != null) {
      told.concluded(id, transaction.matches());
    }
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
