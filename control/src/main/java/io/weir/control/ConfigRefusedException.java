package io.weir.control;

import io.weir.config.Problem;
import java.util.List;
import java.util.stream.Collectors;

/** A configuration cannot be served; its message is all the problems, a line each. */
public final class ConfigRefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient List<Problem> problems;

  ConfigRefusedException(List<Problem> problems) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
    this.problems = problems;
  }

  /** All of them, in the order of the file. */
  public List<Problem> problems() {
    return problems;
  }
}
