package io.weir.waf.engine;

import io.weir.waf.regex.CaptureMatcher;
import io.weir.waf.regex.Program;
import io.weir.waf.regex.RegexException;
import io.weir.waf.regex.RegexParser;
import io.weir.waf.regex.WorkBudget;
import java.util.function.Predicate;

/**
 * Names rules by a part of their tags or messages: as it stands, since messages have brackets in
 * them, or as a pattern. Patterns are those of {@code @rx}, in linear time as everywhere.
 */
final class TextPattern {
  private TextPattern() {}

  /** Confined to one thread. */
  static Predicate<String> of(String text) {
    Predicate<String> literal = given -> given.contains(text);
    if (text.chars().noneMatch(sign -> ".[{(*+?^$|\\".indexOf(sign) >= 0)) {
      return literal;
    }
    try {
      return literal.or(pattern(text));
    } catch (RegexException noPattern) {
      return literal;
    }
  }

  private static Predicate<String> pattern(String text) throws RegexException {
    CaptureMatcher matcher = new CaptureMatcher(Program.compile(RegexParser.parse(text, false)));
    WorkBudget budget = new WorkBudget();
    return given -> {
      byte[] octets = Text.bytes(given);
      budget.reset(Long.MAX_VALUE);
      return matcher.find(octets, 0, 0, octets.length, budget);
    };
  }
}
