package io.weir.config;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Estimates how large a regular expression becomes when its counted repetitions are written out,
 * which is what compiling it does: {@code ((a{100}){100}){100}} is twenty characters and a million
 * states. The estimate may be too large, and is never much too small for an expression that
 * compiles.
 */
final class RegexSize {
  static final long MOST = 10_000;

  private static final Pattern COUNT = Pattern.compile("\\{([0-9]{1,9})(?:,([0-9]{0,9}))?\\}");

  private final String regex;
  private final Deque<Long> open = new ArrayDeque<>();
  private long total;

  /** The size of what a repetition that came next would repeat. */
  private long last;

  private RegexSize(String regex) {
    this.regex = regex;
  }

  /** The size in characters; more than {@link #MOST} for whatever is larger than that. */
  static long of(String regex) {
    RegexSize size = new RegexSize(regex);
    for (int at = 0; at < regex.length() && size.total <= MOST; ) {
      at = size.take(at);
    }
    return size.total;
  }

  /** Counts what stands at a position, and returns the next one. */
  private int take(int at) {
    return switch (regex.charAt(at)) {
      case '(' -> {
        open.push(total);
        yield at + 1;
      }
      case ')' -> {
        last = total - (open.isEmpty() ? 0 : open.pop());
        yield at + 1;
      }
      case '*', '+', '?' -> {
        total++;
        last++;
        yield at + 1;
      }
      case '{' -> repetition(at);
      case '[' -> atom(at, endOfClass(at));
      case '\\' -> atom(at, Math.min(at + 2, regex.length()));
      default -> atom(at, at + 1);
    };
  }

  private int atom(int from, int to) {
    int length = to - from;
    last = length;
    total += length;
    return to;
  }

  private int repetition(int at) {
    Matcher count = COUNT.matcher(regex).region(at, regex.length());
    if (!count.lookingAt()) {
      return atom(at, at + 1);
    }
    String upper = count.group(2) == null || count.group(2).isEmpty() ? "1" : count.group(2);
    long times = Math.max(1, Math.max(Long.parseLong(count.group(1)), Long.parseLong(upper)));
    total += last * (times - 1);
    last *= times;
    return count.end();
  }

  /**
   * The position after a character class; a bracket that closes nothing is a member if it stands
   * first.
   */
  private int endOfClass(int at) {
    int first = at + (regex.startsWith("[^", at) ? 2 : 1);
    for (int i = first; i < regex.length(); i++) {
      char c = regex.charAt(i);
      if (c == '\\') {
        i++;
      } else if (c == '[' && regex.startsWith("[:", i) && regex.indexOf(":]", i) > 0) {
        i = regex.indexOf(":]", i) + 1;
      } else if (c == ']' && i > first) {
        return i + 1;
      }
    }
    return regex.length();
  }
}
