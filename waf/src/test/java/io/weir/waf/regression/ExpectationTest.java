package io.weir.waf.regression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.waf.Match;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ExpectationTest {
  @Test
  void wantsItsRulesAndMissesOthers() {
    Expectation expected = log(Map.of("expect_ids", List.of(1, 2), "no_expect_ids", List.of(3)));
    assertThat(expected.problem(matches(1, 2, 4))).isNull();
    assertThat(expected.problem(matches(1)))
        .isEqualTo("expected rules [1, 2] and no rules [3]; got rules [1]");
    assertThat(expected.problem(matches(1, 2, 3))).contains("got Match[ruleId=3");
  }

  @Test
  void looksForPatternsInWhatWouldBeLogged() {
    assertThat(log(Map.of("match_regex", "id \"1\"")).problem(matches(1))).isNull();
    assertThat(log(Map.of("match_regex", "id \"1\"")).problem(matches(2))).isNotNull();
    assertThat(log(Map.of("no_match_regex", "id \"\\d+\"")).problem(matches())).isNull();
    assertThat(log(Map.of("no_match_regex", "id \"\\d+\"")).problem(matches(1))).isNotNull();
  }

  @Test
  void acceptsARefusalWhereNoRuleIsWanted() {
    Expectation rule = log(Map.of("expect_ids", List.of(1)));
    assertThat(rule.problemOfRefusal(400, "frame.malformed"))
        .isEqualTo("expected rules [1]; refused before the rules: frame.malformed, status 400");
    assertThat(log(Map.of("no_expect_ids", List.of(1))).problemOfRefusal(400, "x")).isNull();
    assertThat(Expectation.of(Map.of("status", 400)).problemOfRefusal(400, "x")).isNull();
    assertThat(Expectation.of(Map.of("status", 200)).problemOfRefusal(400, "x")).isNotNull();
    assertThat(Expectation.of(Map.of("status", 400)).problemOfRefusal(0, "x")).isNotNull();
  }

  @Test
  void refusesWhatIsNotInTheSchema() {
    assertThat(RegressionTest.of(null)).isEmpty();
    assertThat(RegressionTest.of(List.of("x"))).isEmpty();
    Map<?, ?> output = Map.of("log", Map.of("expect_ids", List.of("one")));
    Map<?, ?> test = Map.of("test_id", 1, "stages", List.of(Map.of("output", output)));
    assertThatThrownBy(() -> RegressionTest.of(Map.of("rule_id", 9, "tests", List.of(test))))
        .hasMessage("9-1: not in the schema");
    Map<?, ?> empty = Map.of("rule_id", 9, "tests", List.of(Map.of("test_id", 2)));
    assertThatThrownBy(() -> RegressionTest.of(empty)).hasMessage("9-2: has no stages");
  }

  private static Expectation log(Map<?, ?> log) {
    return Expectation.of(Map.of("log", log));
  }

  private static List<Match> matches(int... ids) {
    return Arrays.stream(ids)
        .mapToObj(id -> new Match(id, "", "", "", List.of(), "f", 1, List.of(), 1, 0, false))
        .toList();
  }
}
