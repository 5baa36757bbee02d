package io.weir.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The regression tests that a rule set brings along, sent through the whole program as its users do
 * it. The Core Rule Set 4 is not part of the project: its folder is given by the system property
 * weir.crs or the variable WEIR_CRS, or stands in a folder "shared" beside the checkout. Without it
 * there is the older one of Debian's package, which brings no tests along: {@link WafTest} sends
 * attacks through that.
 */
class RuleSetTest {
  /** So many of the tests may expect what Weir does otherwise, each with a reason. */
  private static final int MOST_OVERRIDES = 10;

  @Test
  void passesTheRegressionTestsOfTheCoreRuleSet() {
    String given = System.getProperty("weir.crs", System.getenv().getOrDefault("WEIR_CRS", ""));
    Path folder = Path.of(given.isEmpty() ? "../../shared/crs-4.28.0" : given);
    assumeTrue(
        Files.isDirectory(folder.resolve("tests")),
        "no folder of CRS 4: its regression tests are skipped");
    Tools.Output run = weir("rules", "test", folder.toString());
    System.out.println(run.text().lines().reduce("", (before, line) -> line));
    assertThat(run.text())
        .containsPattern("(?m)^[0-9]{4,} passed, 0 failed, 0 skipped\\n\\z")
        .doesNotContain("Exception");
    assertThat(run.text().lines().filter(line -> line.contains(": expected otherwise: ")))
        .hasSizeLessThanOrEqualTo(MOST_OVERRIDES);
    assertThat(run.exit()).isZero();
  }

  private static Tools.Output weir(String... arguments) {
    List<String> command = WeirProcess.java();
    command.addAll(List.of(arguments));
    return Tools.run(command);
  }
}
