package io.weir.waf.regex;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Holds parser, automaton, captures and needed words against the obvious matcher. */
class RegexFuzzer {
  private static final String[] PIECES = {
    "a", "b", "ab", ".", "^", "$", "\\b", "\\B", "\\n", "\\s", "[ab]", "[^a]", "(", ")", "(?:", "|",
    "*", "+", "?", "*?", "{2}", "{1,3}", "{0,2}?", "(?i)", "A", "(?m)", "\\w", "\\W", "\\z", "\\A",
    "-"
  };

  @FuzzTest
  void answersAsTheModelDoes(FuzzedDataProvider data) {
    String pattern = data.consumeString(60);
    check(pattern, data.consumeBytes(40));
  }

  @Test
  void answersAsTheModelDoesForPatternsMadeOfPieces() {
    Random random = new Random(20260401);
    int compiled = 0;
    for (int round = 0; round < 30_000; round++) {
      StringBuilder pattern = new StringBuilder();
      for (int i = random.nextInt(9); i >= 0; i--) {
        pattern.append(PIECES[random.nextInt(PIECES.length)]);
      }
      byte[] text = new byte[random.nextInt(9)];
      for (int i = 0; i < text.length; i++) {
        text[i] = (byte) "aabbA\n -".charAt(random.nextInt(8));
      }
      compiled += check(pattern.toString(), text) ? 1 : 0;
    }
    assertThat(compiled).isGreaterThan(5_000);
  }

  private static boolean check(String pattern, byte[] text) {
    RegexParser.Parsed parsed;
    Program program;
    try {
      parsed = RegexParser.parse(pattern, false);
      program = Program.compile(parsed);
    } catch (RegexException e) {
      return false;
    }
    if (program.size() > 2_000) {
      return true;
    }
    boolean expected = new SlowMatcher(text).matches(parsed.node());
    String what = pattern + " in " + new String(text, ISO_8859_1).replace("\n", "\\n");
    AutomataMemory memory = new AutomataMemory(1 << 20);

    WorkBudget ample = new WorkBudget();
    ample.reset(1 << 24);
    Automaton single = new Automaton(program, memory);
    assertThat(single.matches(text, 0, text.length, ample)).as(what).isEqualTo(expected);

    CaptureMatcher matcher = new CaptureMatcher(program);
    assertThat(matcher.find(text, 0, 0, text.length, ample)).as(what).isEqualTo(expected);
    if (expected) {
      int[] found = matcher.found().clone();
      long first = single.firstMatch(text, 0, text.length, ample);
      int begin = (int) (first >> 32);
      int end = (int) first;
      assertThat(matcher.find(text, 0, begin, text.length, ample)).as(what).isTrue();
      assertThat(matcher.found()).as(what).isEqualTo(found);
      assertThat(matcher.findFirst(text, 0, begin, end, text.length, ample)).as(what).isTrue();
      assertThat(matcher.find(text, 0, 0, text.length, ample)).as(what).isTrue();
      assertThat(matcher.found()[0]).as(what).isBetween(0, matcher.found()[1]);
      words(parsed.node(), text, matcher, what);
    }
    return true;
  }

  /** What matched has one of the words that the pattern is said to need. */
  private static void words(Node node, byte[] text, CaptureMatcher matcher, String what) {
    int begin = matcher.found()[0];
    String part =
        ByteSet.lowerAscii(new String(text, begin, matcher.found()[1] - begin, ISO_8859_1));
    Set<String> words = Requirement.words(node, 1);
    if (words != null) {
      assertThat(words).as(what).anyMatch(part::contains);
    }
    ByteSet octets = Requirement.octets(node);
    if (octets != null) {
      boolean present = false;
      for (byte octet : text) {
        present |= octets.contains(octet & 0xff);
      }
      assertThat(present).as(what).isTrue();
    }
  }
}
