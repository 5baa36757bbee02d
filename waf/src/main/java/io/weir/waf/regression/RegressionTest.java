package io.weir.waf.regression;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One of a rule set's own regression tests.
 *
 * @param name rule and number, as in 942100-1
 * @param stages requests that follow one another; at least one
 */
public record RegressionTest(String name, List<Stage> stages) {

  /**
   * The tests of one file.
   *
   * @param document what a YAML reader made of the file: maps, lists and scalars
   * @return none where the document is no file of tests
   * @throws IllegalArgumentException if it is one, and a test in it is not as the schema says
   */
  public static List<RegressionTest> of(@Nullable Object document) {
    Map<?, ?> file = map(document);
    List<RegressionTest> tests = new ArrayList<>();
    for (Object test : list(file.get("tests"))) {
      String name = file.get("rule_id") + "-" + map(test).get("test_id");
      List<Stage> stages = new ArrayList<>();
      try {
        for (Object stage : list(map(test).get("stages"))) {
          stages.add(stage(map(stage)));
        }
      } catch (ClassCastException | IllegalArgumentException wrong) {
        throw new IllegalArgumentException(name + ": not in the schema", wrong);
      }
      if (stages.isEmpty()) {
        throw new IllegalArgumentException(name + ": has no stages");
      }
      tests.add(new RegressionTest(name, List.copyOf(stages)));
    }
    return tests;
  }

  private static Stage stage(Map<?, ?> stage) {
    return new Stage(
        TestRequest.of(map(stage.get("input"))), Expectation.of(map(stage.get("output"))));
  }

  /** The same test with another expectation of each of its stages. */
  public RegressionTest expecting(Expectation expectation) {
    return new RegressionTest(
        name, stages.stream().map(stage -> new Stage(stage.request(), expectation)).toList());
  }

  static Map<?, ?> map(@Nullable Object value) {
    return value instanceof Map<?, ?> map ? map : Map.of();
  }

  static List<?> list(@Nullable Object value) {
    return value instanceof List<?> list ? list : List.of();
  }
}
