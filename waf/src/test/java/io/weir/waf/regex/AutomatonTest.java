package io.weir.waf.regex;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class AutomatonTest {
  private static final String LONG = "b".repeat(100_000);

  @Test
  void stopsWhereNothingCanMatchAnyMore() throws Exception {
    assertThat(work("^[a-z]{1,3}$", LONG)).isLessThan(LONG.length());
    assertThat(work("^a|c", LONG)).isGreaterThan(LONG.length());
    assertThat(work("(?m)^a", LONG)).isGreaterThan(LONG.length());
  }

  @Test
  void goesOnWhereAnAttemptMayBeginLater() throws Exception {
    assertThat(matches("^a|c", LONG + "c")).isTrue();
    assertThat(matches("^a|c$", LONG + "c\n")).isTrue();
    assertThat(matches("(?m)^a", LONG + "\na")).isTrue();
    assertThat(matches("^a|\\bc", LONG + " c")).isTrue();
    assertThat(matches("^$|^b+$", LONG)).isTrue();
    assertThat(matches("^b+$", LONG + "c")).isFalse();
  }

  private static long work(String pattern, String text) throws Exception {
    WorkBudget budget = new WorkBudget();
    budget.reset(0, 1 << 24);
    automaton(pattern).matches(text.getBytes(ISO_8859_1), 0, text.length(), budget);
    return (1 << 24) - budget.left();
  }

  private static boolean matches(String pattern, String text) throws Exception {
    WorkBudget budget = new WorkBudget();
    budget.reset(1 << 24, 1 << 24);
    Automaton automaton = automaton(pattern);
    byte[] octets = text.getBytes(ISO_8859_1);
    long[] matched = new long[1];
    boolean yes = automaton.matches(octets, 0, octets.length, budget);
    assertThat(automaton.scan(octets, 0, octets.length, matched, budget)).isTrue();
    assertThat(matched[0] != 0).isEqualTo(yes);
    assertThat(automaton.firstMatch(octets, 0, octets.length, budget) >= 0).isEqualTo(yes);
    return yes;
  }

  private static Automaton automaton(String pattern) throws Exception {
    Program program = Program.compile(RegexParser.parse(pattern, false));
    return new Automaton(List.of(program), new AutomataMemory(1 << 24));
  }
}
