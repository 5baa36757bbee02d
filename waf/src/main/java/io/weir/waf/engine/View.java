package io.weir.waf.engine;

import io.weir.waf.regex.Lazy;
import io.weir.waf.regex.WorkBudget;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The values, or the names, of one list as one phase looks at them. Which rules look at an entry
 * depends on its name only as far as rules select entries by name: the selectors that its name
 * matches, one bit each, are its class.
 */
final class View {
  static final int MAX_SELECTORS = 60;

  final int number;
  final Base base;
  final boolean names;
  private final List<Rule> rules;
  private final List<Target> selectors = new ArrayList<>();
  private final Map<Long, ScanPlan> plans = new ConcurrentHashMap<>();
  private final Map<Operator, Integer> wordNumbers;
  private final Lazy<ScanPlan> plain = new Lazy<>(() -> build(0));

  View(int number, Base base, boolean names, List<Rule> rules, Map<Operator, Integer> wordNumbers) {
    this.number = number;
    this.base = base;
    this.names = names;
    this.rules = rules;
    this.wordNumbers = wordNumbers;
    for (Rule rule : rules) {
      for (Target target : rule.targets) {
        if (target.selects() && covers(target, base, names) && !knows(target)) {
          selectors.add(target);
        }
      }
    }
  }

  /** Makes what entries without a rule of their own will need. */
  void prepare() {
    plain.get().prepare();
  }

  /** How many rules look at it. */
  int rules() {
    return rules.size();
  }

  int selectors() {
    return selectors.size();
  }

  static boolean covers(Target target, Base base, boolean names) {
    return target.variable().names() == names && target.variable().bases().contains(base);
  }

  private boolean knows(Target target) {
    return index(target) >= 0;
  }

  private int index(Target target) {
    for (int i = 0; i < selectors.size(); i++) {
      Target known = selectors.get(i);
      if (target.key() != null
          ? target.key().equals(known.key())
          : known.key() == null && selector(target).equals(selector(known))) {
        return i;
      }
    }
    return -1;
  }

  private static String selector(Target target) {
    return target.label().substring(target.label().indexOf(':') + 1);
  }

  /** The plan for an entry of this name. */
  ScanPlan plan(byte[] name, int from, int to, WorkBudget budget) {
    if (selectors.isEmpty()) {
      return plain.get();
    }
    long mask = 0;
    for (int i = 0; i < selectors.size(); i++) {
      if (selectors.get(i).matchesName(name, from, to, budget)) {
        mask |= 1L << i;
      }
    }
    if (mask == 0) {
      return plain.get();
    }
    ScanPlan plan = plans.get(mask);
    return plan != null ? plan : plans.computeIfAbsent(mask, this::build);
  }

  private synchronized ScanPlan build(long mask) {
    List<Rule> looking = new ArrayList<>();
    for (Rule rule : rules) {
      if (looksAt(rule, mask)) {
        looking.add(rule);
      }
    }
    return ScanPlan.of(looking, wordNumbers);
  }

  private boolean looksAt(Rule rule, long mask) {
    boolean looks = false;
    for (Target target : rule.targets) {
      if (!covers(target, base, names) || target.selects() && (mask & 1L << index(target)) == 0) {
        continue;
      }
      if (target.exclude()) {
        return false;
      }
      looks = true;
    }
    return looks;
  }
}
