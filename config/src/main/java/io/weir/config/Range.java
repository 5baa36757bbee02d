package io.weir.config;

import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The range of a {@link Key}: {@code > a}, {@code >= a} or {@code a to b}, compared in the key's
 * own type.
 */
final class Range {
  private static final Pattern WORDS = Pattern.compile("(>=?) (\\S+)|(\\S+) to (\\S+)");

  private Range() {}

  /** Whether the value lies in the key's range; always, if the key has none. */
  static boolean contains(Key key, Object value) {
    if (key.range().isEmpty()) {
      return true;
    }
    if (value instanceof IntRange range) {
      return contains(key, range.first()) && contains(key, range.last());
    }
    Matcher words = WORDS.matcher(key.range());
    if (!words.matches()) {
      throw new IllegalStateException("range: " + key.range());
    }
    if (words.group(1) != null) {
      return compare(value, words.group(2), key) > (words.group(1).equals(">") ? 0 : -1);
    }
    return compare(value, words.group(3), key) >= 0 && compare(value, words.group(4), key) <= 0;
  }

  @SuppressWarnings("unchecked") // Both were read by the reader of the value's class.
  private static int compare(Object value, String bound, Key key) {
    Class<?> type = value instanceof Double ? double.class : value.getClass();
    Object limit =
        Objects.requireNonNull(Scalars.read(type, new Node.Scalar(Mark.START, bound, true), key));
    return ((Comparable<Object>) value).compareTo(limit);
  }
}
