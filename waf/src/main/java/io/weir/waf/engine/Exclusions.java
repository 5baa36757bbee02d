package io.weir.waf.engine;

import io.weir.waf.Category;
import io.weir.waf.seclang.RuleText;
import io.weir.waf.seclang.RuleText.TargetText;
import io.weir.waf.seclang.SyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Rules and variables that a host wants left out of a transaction. Immutable. */
public final class Exclusions {
  private final long[] rules;
  private final List<Target> targets;

  private Exclusions(long[] rules, List<Target> targets) {
    this.rules = rules;
    this.targets = targets;
  }

  /**
   * @throws IllegalArgumentException if a selector means no rule, or a variable is not known
   */
  public static Exclusions of(Plan plan, List<String> selectors, List<String> variables) {
    long[] rules = new long[plan.always.length];
    for (String selector : selectors) {
      long[] selected = RuleCompiler.select(plan.rules, rules.length, meant(selector));
      for (int i = 0; i < rules.length; i++) {
        rules[i] |= selected[i];
      }
      if (!meansAny(plan, selector)) {
        throw new IllegalArgumentException(
            "rules: " + selector + " (expected: a rule's id, a range of ids, a tag or a category)");
      }
    }
    List<Target> targets = new ArrayList<>();
    for (String variable : variables) {
      try {
        for (TargetText text : RuleText.targets(variable)) {
          targets.add(Target.of(text, plan.names, plan.memory));
        }
      } catch (SyntaxException | CompileException e) {
        throw new IllegalArgumentException("variables: " + variable + ": " + e.getMessage(), e);
      }
    }
    return new Exclusions(rules, targets);
  }

  /** Whether a selector means any rule. */
  public static boolean meansAny(Plan plan, String selector) {
    return plan.rules.stream().anyMatch(meant(selector));
  }

  private static Predicate<Rule> meant(String selector) {
    Category category = Category.named(selector);
    if (category != null) {
      return rule -> rule.hasTag(category.tag());
    }
    if (selector.matches("[0-9]{1,9}(-[0-9]{1,9})?")) {
      String[] ends = selector.split("-", 2);
      int from = Integer.parseInt(ends[0]);
      int to = ends.length == 1 ? from : Integer.parseInt(ends[1]);
      return rule -> rule.id >= from && rule.id <= to;
    }
    return rule -> rule.hasTag(selector);
  }

  /** Lets the transaction go on without them. */
  public void apply(Evaluation evaluation) {
    if (targets.isEmpty()) {
      evaluation.remove(rules);
    } else {
      evaluation.exclude(rules, targets);
    }
  }
}
