package io.weir.waf.engine;

import io.weir.waf.regex.Automaton;
import io.weir.waf.regex.PhraseSet;
import java.util.List;
import java.util.Set;

/** {@code @pm} and {@code @pmFromFile}: one of some phrases, in any case. */
final class PhraseOperator extends Operator {
  private final PhraseSet phrases;

  PhraseOperator(List<String> phrases) {
    this.phrases = new PhraseSet(phrases);
  }

  @Override
  boolean matches(byte[] in, int from, int to, Evaluation evaluation) {
    evaluation.budget.charge(Automaton.PASS_WORK * (to - from));
    return phrases.find(in, from, to) >= 0;
  }

  @Override
  void capture(byte[] in, int from, int to, boolean exact, Evaluation evaluation) {
    long found = phrases.find(in, from, to);
    if (found >= 0) {
      int at = (int) (found >> 32);
      evaluation.capture(0, in, at, at + (int) found);
    }
  }

  @Override
  Set<String> words() {
    return phrases.words();
  }
}
