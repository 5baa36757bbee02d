package io.weir.waf.engine;

import io.weir.waf.regex.AutomataMemory;
import io.weir.waf.regex.Automaton;
import io.weir.waf.regex.ByteSet;
import io.weir.waf.regex.CaptureMatcher;
import io.weir.waf.regex.Program;
import io.weir.waf.regex.RegexException;
import io.weir.waf.regex.RegexParser;
import io.weir.waf.regex.Requirement;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** {@code @rx} and {@code @rxGlobal}. */
final class RegexOperator extends Operator {
  private static final int MIN_WORD = 2;

  private final Program program;
  private final Automaton automaton;
  private final @Nullable Set<String> words;
  private final @Nullable ByteSet octets;
  private final AtomicReference<@Nullable CaptureMatcher> spare = new AtomicReference<>();

  RegexOperator(String pattern, AutomataMemory memory) throws CompileException {
    try {
      RegexParser.Parsed parsed = RegexParser.parse(pattern, false);
      program = Program.compile(parsed);
      automaton = new Automaton(List.of(program), memory);
      words = Requirement.words(parsed.node(), MIN_WORD);
      octets = Requirement.octets(parsed.node());
    } catch (RegexException e) {
      throw new CompileException("@rx: " + e.getMessage(), e);
    }
  }

  @Override
  boolean matches(byte[] in, int from, int to, Evaluation evaluation) {
    return automaton.scanSingle(in, from, to, evaluation.budget);
  }

  @Override
  void capture(byte[] in, int from, int to, Evaluation evaluation) {
    CaptureMatcher matcher = spare.getAndSet(null);
    if (matcher == null) {
      matcher = new CaptureMatcher(program);
    }
    if (matcher.find(in, from, from, to, evaluation.budget)) {
      tell(matcher, in, evaluation);
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
    return words;
  }

  @Override
  @Nullable ByteSet octets() {
    return octets;
  }

  @Override
  Program program() {
    return program;
  }

  @Override
  Automaton automaton() {
    return automaton;
  }
}
