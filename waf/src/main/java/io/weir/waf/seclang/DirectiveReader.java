package io.weir.waf.seclang;

import io.weir.waf.RuleProblem;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a file into directives as Apache's configuration reader does: a backslash before the end of
 * a line joins it with the next one, {@code #} begins a comment at the start of a line only, and
 * arguments are separated by blanks unless they stand in quotes.
 */
public final class DirectiveReader {
  private DirectiveReader() {}

  public static List<Directive> read(String text, String file, List<RuleProblem> problems) {
    List<Directive> directives = new ArrayList<>();
    String[] lines = text.split("\n", -1);
    for (int i = 0; i < lines.length; i++) {
      int begin = i;
      String line = withoutReturn(lines[i]);
      if (line.stripLeading().startsWith("#")) {
        continue;
      }
      StringBuilder logical = new StringBuilder();
      while (line.endsWith("\\") && i + 1 < lines.length) {
        logical.append(line, 0, line.length() - 1);
        line = withoutReturn(lines[++i]);
      }
      logical.append(line);
      if (!logical.toString().isBlank()) {
        add(logical.toString().strip(), file, begin + 1, directives, problems);
      }
    }
    return directives;
  }

  private static String withoutReturn(String line) {
    return line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
  }

  private static void add(
      String text, String file, int line, List<Directive> directives, List<RuleProblem> problems) {
    List<String> words = new ArrayList<>();
    int at = 0;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (Character.isWhitespace(c)) {
        at++;
      } else if (c == '"' || c == '\'') {
        StringBuilder word = new StringBuilder();
        int end = quoted(text, at, c, word);
        if (end < 0) {
          problems.add(
              new RuleProblem(
                  file, line, words.isEmpty() ? "" : words.getFirst(), "missing closing " + c));
          return;
        }
        words.add(word.toString());
        at = end;
      } else {
        int end = at;
        while (end < text.length() && !Character.isWhitespace(text.charAt(end))) {
          end++;
        }
        words.add(text.substring(at, end));
        at = end;
      }
    }
    directives.add(
        new Directive(words.getFirst(), List.copyOf(words.subList(1, words.size())), file, line));
  }

  /** Reads up to the closing quote; a backslash keeps a quote, and itself stays otherwise. */
  private static int quoted(String text, int at, char quote, StringBuilder word) {
    int copied = at + 1;
    int end = text.indexOf(quote, copied);
    while (end >= 0 && isKept(text, copied, end)) {
      word.append(text, copied, end - 1);
      copied = end;
      end = text.indexOf(quote, end + 1);
    }
    if (end < 0) {
      return -1;
    }
    word.append(text, copied, end);
    return end + 1;
  }

  /** Whether an odd number of backslashes stands before it. */
  private static boolean isKept(String text, int from, int at) {
    int first = at;
    while (first > from && text.charAt(first - 1) == '\\') {
      first--;
    }
    return (at - first) % 2 == 1;
  }
}
