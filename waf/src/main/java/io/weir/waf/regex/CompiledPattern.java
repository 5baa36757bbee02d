package io.weir.waf.regex;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A pattern and what is known of its matches.
 *
 * @param made the program; most are not needed as long as nobody attacks
 * @param words one of which, in any case, each match holds; or null if there are none, or too many
 * @param octets one of which each match holds, or null
 */
public record CompiledPattern(
    Lazy<Program> made, @Nullable Set<String> words, @Nullable ByteSet octets) {
  private static final int MIN_WORD = 2;

  /**
   * Compiles a pattern.
   *
   * @throws RegexException saying what is wrong with it
   */
  public static CompiledPattern of(String pattern) throws RegexException {
    RegexParser.Parsed parsed = RegexParser.parse(pattern, false);
    Program program = Program.compile(parsed);
    return new CompiledPattern(
        new Lazy<>(() -> program),
        Requirement.words(parsed.node(), MIN_WORD),
        Requirement.octets(parsed.node()));
  }

  public Program program() {
    return made.get();
  }
}
