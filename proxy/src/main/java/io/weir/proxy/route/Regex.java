package io.weir.proxy.route;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;

/** Regular expressions that run in linear time, whatever a client sends. */
final class Regex {
  private Regex() {}

  /**
   * Compiles an expression in RE2 syntax.
   *
   * @throws IllegalArgumentException if it is none
   */
  static Pattern compile(String key, String regex) {
    try {
      return Pattern.compile(regex);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          key + ": " + regex + " (expected: RE2 syntax; " + e.getDescription() + ")", e);
    }
  }
}
