package io.weir.waf.engine;

import io.weir.waf.regex.ByteSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The question a rule asks about a value. Immutable and thread-safe. */
abstract class Operator {

  /** Whether the answer is yes; negation is the rule's own affair. */
  abstract boolean matches(byte[] in, int from, int to, Evaluation evaluation);

  /**
   * After a match: tells what matched, as capture 0 and further ones.
   *
   * @param exact whether rules read it; otherwise it is only shown, and may be the part that makes
   *     the match clear
   */
  void capture(byte[] in, int from, int to, boolean exact, Evaluation evaluation) {
    evaluation.capture(0, in, from, to);
  }

  /** Whether the answer depends on the value alone. */
  boolean isPure() {
    return true;
  }

  /** Whether there are {@link #words}; tells without making them. */
  boolean needsWord() {
    Set<String> words = words();
    return words != null && !words.isEmpty();
  }

  /** Words (lower case) of which one must be there for a match, or null when there are none. */
  @Nullable Set<String> words() {
    return null;
  }

  /** Octets of which one must be there for a match, or null. */
  @Nullable ByteSet octets() {
    return null;
  }

  /** If the answer is yes exactly when one of some octets is there: those; or null. */
  @Nullable ByteSet anyOf() {
    return null;
  }
}
