package io.weir.config;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** Words for messages. */
final class Text {
  /** Beyond these nobody is helped, and a hostile file would make the search long. */
  private static final int LONGEST_WORD = 64;

  private static final int MOST_CANDIDATES = 200;

  private Text() {}

  /** A value as a message quotes it: printable, and not longer than a line. */
  static String show(String value) {
    StringBuilder shown = new StringBuilder();
    cut(value, 60)
        .codePoints()
        .forEach(c -> {
          if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
            shown.append("\\u%04X".formatted(c));
          } else {
            shown.appendCodePoint(c);
          }
        });
    return shown.isEmpty() ? "\"\"" : shown.toString();
  }

  static String cut(String value, int length) {
    return value.length() <= length ? value : value.substring(0, length) + "…";
  }

  /** {@code headerBytes} as the operator writes it: {@code header_bytes}. */
  static String snake(String camel) {
    return camel.replaceAll("(?<=[a-z0-9])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
  }

  /** The candidate that the operator probably meant, if one is near enough. */
  static Optional<String> nearest(String written, Collection<String> candidates) {
    String word = written.toLowerCase(Locale.ROOT).replace('-', '_');
    String best = null;
    if (word.length() > LONGEST_WORD) {
      return Optional.empty();
    }
    int least = 1 + Math.max(1, word.length() / 3);
    for (String candidate :
        (Iterable<String>) candidates.stream().limit(MOST_CANDIDATES)::iterator) {
      int distance = distance(word, candidate.toLowerCase(Locale.ROOT).replace('-', '_'), least);
      if (distance < least) {
        least = distance;
        best = candidate;
      }
    }
    return Optional.ofNullable(best);
  }

  /**
   * The distance of two words, or {@code enough}, if it is at least that; the beginning of a word
   * is near to it.
   */
  private static int distance(String word, String candidate, int enough) {
    if (word.length() > 3 && candidate.startsWith(word)) {
      return 1;
    }
    return Math.abs(candidate.length() - word.length()) >= enough
        ? enough
        : distance(word, candidate);
  }

  /** Damerau and Levenshtein's distance, in which exchanging two neighbours is one step. */
  private static int distance(String a, String b) {
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          d[i][j] = i + j;
          continue;
        }
        int substitution = d[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        d[i][j] = Math.min(substitution, 1 + Math.min(d[i - 1][j], d[i][j - 1]));
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          d[i][j] = Math.min(d[i][j], 1 + d[i - 2][j - 2]);
        }
      }
    }
    return d[a.length()][b.length()];
  }
}
