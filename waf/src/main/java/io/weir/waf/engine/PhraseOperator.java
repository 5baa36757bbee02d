package io.weir.waf.engine;

import io.weir.waf.regex.Automaton;
import io.weir.waf.regex.Lazy;
import io.weir.waf.regex.PhraseSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** {@code @pm} and {@code @pmFromFile}: one of some phrases, in any case. */
final class PhraseOperator extends Operator {
  private final Lazy<PhraseSet> phrases;

  /**
   * @param phrases asked for when they are first needed
   */
  PhraseOperator(Supplier<List<String>> phrases) {
    this.phrases = new Lazy<>(() -> new PhraseSet(phrases.get()));
  }

  @Override
  boolean matches(byte[] in, int from, int to, Evaluation evaluation) {
    evaluation.budget.charge(Automaton.PASS_WORK * (to - from));
    return phrases.get().find(in, from, to) >= 0;
  }

  @Override
  void capture(byte[] in, int from, int to, boolean exact, Evaluation evaluation) {
    long found = phrases.get().find(in, from, to);
    if (found >= 0) {
      int at = (int) (found >> 32);
      evaluation.capture(0, in, at, at + (int) found);
    }
  }

  @Override
  boolean needsWord() {
    return true;
  }

  @Override
  Set<String> words() {
    return phrases.get().words();
  }
}
