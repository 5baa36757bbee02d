package io.weir.waf.regex;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
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

  @Test
  void beginsAnewWithStatesThatTakeMuchMemory() throws Exception {
    AutomataMemory memory = new AutomataMemory(1 << 24);
    Automaton automaton = automaton("a[ab]{14}c", memory); // 32,768 states
    Random random = new Random(1);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 200_000; i++) {
      text.append(random.nextBoolean() ? 'a' : 'b');
    }

    assertThat(work(automaton, text.toString())).isPositive();
    assertThat(memory.used()).isLessThan(1 << 21);
    assertThat(memory.resets()).isZero();
  }

  @Test
  void keepsTheStatesThatItHadWhenItSettled() throws Exception {
    AutomataMemory memory = new AutomataMemory(1 << 16);
    Automaton automaton = automaton("union\\s+select", memory);
    String text = "the union of all";
    work(automaton, text);
    long known = work(automaton, text);
    memory.settle();
    String other = "union select 1,2,3,4,5";
    long once = work(automaton, other);
    assertThat(work(automaton, other)).isLessThan(once);
    long resets = memory.resets();
    memory.took(1 << 17);

    assertThat(memory.resets()).isGreaterThan(resets);
    assertThat(work(automaton, text)).isEqualTo(known);
    assertThat(work(automaton, other)).isEqualTo(once);
  }

  private static long work(String pattern, String text) throws Exception {
    return work(automaton(pattern, new AutomataMemory(1 << 24)), text);
  }

  private static long work(Automaton automaton, String text) {
    WorkBudget budget = new WorkBudget();
    budget.reset(1L << 40);
    automaton.matches(text.getBytes(ISO_8859_1), 0, text.length(), budget);
    return (1L << 40) - budget.left();
  }

  private static boolean matches(String pattern, String text) throws Exception {
    WorkBudget budget = new WorkBudget();
    budget.reset(1 << 24);
    Automaton automaton = automaton(pattern, new AutomataMemory(1 << 24));
    byte[] octets = text.getBytes(ISO_8859_1);
    boolean yes = automaton.matches(octets, 0, octets.length, budget);
    assertThat(automaton.firstMatch(octets, 0, octets.length, budget) >= 0).isEqualTo(yes);
    return yes;
  }

  private static Automaton automaton(String pattern, AutomataMemory memory) throws Exception {
    return new Automaton(Program.compile(RegexParser.parse(pattern, false)), memory);
  }
}
