package io.weir.waf.regex;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CaptureMatcherTest {

  @Test
  void prefersTheLeftmostMatchAndTheFirstAlternative() throws Exception {
    assertThat(groups("(a|ab)(c|bcd)?", "xabcd")).containsExactly("abcd", "a", "bcd");
  }

  @Test
  void takesAsLittleAsALazyQuantifierAllows() throws Exception {
    assertThat(groups("<(.*?)>", "<a><b>")).containsExactly("<a>", "a");
    assertThat(groups("<(.*)>", "<a><b>")).containsExactly("<a><b>", "a><b");
  }

  @Test
  void matchesADollarBeforeAFinalNewline() throws Exception {
    assertThat(groups("^a$", "a\n")).containsExactly("a");
    assertThat(groups("^a$", "a\n\n")).isEmpty();
  }

  @Test
  void refusesWhatIsNotRegular() {
    for (String pattern :
        List.of("(a)\\1", "a(?=b)", "(?<!a)b", "(?>a)", "a*+", "(", "a{3,2}", "[")) {
      assertThatThrownBy(() -> RegexParser.parse(pattern, false))
          .as(pattern)
          .isInstanceOf(RegexException.class);
    }
  }

  @Test
  void refusesPatternsThatGrowTooLarge() {
    assertThatThrownBy(() -> Program.compile(RegexParser.parse("((((a{90}){90}){90}){90})", false)))
        .hasMessageContaining("too large");
  }

  private static List<String> groups(String pattern, String text) throws Exception {
    CaptureMatcher matcher = new CaptureMatcher(Program.compile(RegexParser.parse(pattern, false)));
    WorkBudget budget = new WorkBudget();
    budget.reset(100_000);
    List<String> groups = new ArrayList<>();
    if (matcher.find(text.getBytes(ISO_8859_1), 0, 0, text.length(), budget)) {
      for (int i = 0; i < 10 && matcher.found()[2 * i] >= 0; i++) {
        groups.add(text.substring(matcher.found()[2 * i], matcher.found()[2 * i + 1]));
      }
    }
    return groups;
  }
}
