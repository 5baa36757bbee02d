package io.weir.waf;

import java.util.List;
import java.util.stream.Collectors;

/** Rules that cannot be compiled, with every problem found, not the first only. */
public final class RuleException extends Exception {
  private static final long serialVersionUID = 1;

  private final transient List<RuleProblem> problems;

  public RuleException(List<RuleProblem> problems) {
    super(problems.stream().map(RuleProblem::toString).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  public List<RuleProblem> problems() {
    return problems;
  }
}
