package io.weir.control.health;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RiseFallTest {
  private static String states(RiseFall riseFall, String answers) {
    StringBuilder states = new StringBuilder();
    answers.chars().forEach(c -> states.append(riseFall.observe(c == '+') ? '+' : '-'));
    return states.toString();
  }

  @Test
  void fallsAfterSoManyBadAnswersInARow() {
    assertThat(states(new RiseFall(2, 3, true), "+--+---+-")).isEqualTo("++++++---");
  }

  @Test
  void risesAfterSoManyGoodAnswersInARow() {
    assertThat(states(new RiseFall(2, 3, false), "-+-++-")).isEqualTo("----++");
  }

  @Test
  void theFirstAnswerDecidesAlone() {
    assertThat(states(new RiseFall(2, 3, true), "-+")).isEqualTo("--");
    assertThat(states(new RiseFall(2, 3, false), "+--")).isEqualTo("+++");
  }

  @Test
  void followsEveryAnswerWithOneAndOne() {
    assertThat(states(new RiseFall(1, 1, true), "+-+--+")).isEqualTo("+-+--+");
  }
}
