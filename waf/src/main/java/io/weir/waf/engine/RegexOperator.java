package io.weir.waf.engine;

import io.weir.waf.regex.AutomataMemory;
import io.weir.waf.regex.Automaton;
import io.weir.waf.regex.ByteSet;
import io.weir.waf.regex.CaptureMatcher;
import io.weir.waf.regex.CompiledPattern;
import io.weir.waf.regex.Lazy;
import io.weir.waf.regex.PatternCache;
import io.weir.waf.regex.Program;
import io.weir.waf.regex.RegexException;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** {@code @rx} and {@code @rxGlobal}. */
final class RegexOperator extends Operator {
  /** For a part that is only to be shown, a match is looked for in so many octets. */
  private static final int MAX_SHOWN = 128;

  private final CompiledPattern pattern;

  /** Most are never asked, as long as nobody attacks. */
  private final Lazy<Automaton> automaton;

  private final AtomicReference<@Nullable CaptureMatcher> spare = new AtomicReference<>();

  RegexOperator(String text, PatternCache patterns, AutomataMemory memory) throws CompileException {
    try {
      pattern = patterns.pattern(text);
    } catch (RegexException e) {
      throw new CompileException("@rx: " + e.getMessage(), e);
    }
    automaton = new Lazy<>(() -> new Automaton(pattern.program(), memory));
  }

  @Override
  boolean matches(byte[] in, int from, int to, Evaluation evaluation) {
    return automaton.get().matches(in, from, to, evaluation.budget);
  }

  @Override
  void capture(byte[] in, int from, int to, boolean exact, Evaluation evaluation) {
    long first = automaton.get().firstMatch(in, from, to, evaluation.budget);
    if (first < 0) {
      return;
    }
    CaptureMatcher matcher = spare.getAndSet(null);
    if (matcher == null) {
      matcher = new CaptureMatcher(pattern.program());
    }
    int begin = (int) (first >> 32);
    int end = (int) first;
    if (exact) {
      if (matcher.find(in, from, begin, to, evaluation.budget)) {
        tell(matcher, in, evaluation);
      }
    } else {
      begin = Math.max(begin, end - MAX_SHOWN);
      if (matcher.findFirst(in, from, begin, end, to, evaluation.budget)) {
        tell(matcher, in, evaluation);
      } else {
        evaluation.capture(0, in, begin, end);
      }
    }
    spare.set(matcher);
  }

  private static void tell(CaptureMatcher matcher, byte[] in, Evaluation evaluation) {
    int[] found = matcher.found();
    for (int group = 0; group < 10; group++) {
      if (found[2 * group] >= 0 && found[2 * group + 1] >= 0) {
        evaluation.capture(group, in, found[2 * group], found[2 * group + 1]);
      }
    }
  }

  @Override
  @Nullable Set<String> words() {
    return pattern.words();
  }

  @Override
  @Nullable ByteSet octets() {
    return pattern.octets();
  }

  Program program() {
    return pattern.program();
  }
}
