package io.weir.config;

/** Checks what single values cannot tell: how the parts of a configuration relate. */
final class ConfigCheck {
  private final Config config;
  private final Problems problems;

  ConfigCheck(Config config, Problems problems) {
    this.config = config;
    this.problems = problems;
  }

  void check() {
    if (config.listeners().isEmpty() && !problems.doubtful("listeners")) {
      problems.add("listeners", "none (expected: at least one)");
    }
  }
}
