package io.weir.proxy.route;

import com.google.re2j.Pattern;
import io.weir.proxy.http.Ascii;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the value of a field or query parameter must be like. Octets are compared as they are, case
 * included. Where a name occurs several times, one fitting value is enough.
 *
 * <p>Immutable; safe in any thread.
 */
public final class ValueMatch {
  /** There is one, whatever its value. */
  public static final ValueMatch PRESENT = new ValueMatch(Kind.PRESENT, "", null);

  /** There is none. */
  public static final ValueMatch ABSENT = new ValueMatch(Kind.ABSENT, "", null);

  private enum Kind {
    PRESENT,
    ABSENT,
    EXACT,
    PREFIX,
    REGEX
  }

  private final Kind kind;
  private final String text;
  private final byte[] bytes;
  private final @Nullable Pattern regex;

  private ValueMatch(Kind kind, String text, @Nullable Pattern regex) {
    this.kind = kind;
    this.text = text;
    this.bytes = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    this.regex = regex;
  }

  /** The value is exactly this, in UTF-8. */
  public static ValueMatch exact(String value) {
    return new ValueMatch(Kind.EXACT, value, null);
  }

  /** The value begins with this, in UTF-8. */
  public static ValueMatch prefix(String value) {
    return new ValueMatch(Kind.PREFIX, value, null);
  }

  /**
   * The whole value, one character an octet, matches this expression in RE2 syntax.
   *
   * @throws IllegalArgumentException if it is no such expression
   */
  public static ValueMatch regex(String regex) {
    return new ValueMatch(Kind.REGEX, regex, Regex.compile("regex", regex));
  }

  boolean wantsNone() {
    return kind == Kind.ABSENT;
  }

  /** Whether a value that is there fits. */
  boolean fits(byte[] value, int start, int end) {
    return switch (kind) {
      case PRESENT, ABSENT -> true;
      case EXACT -> Ascii.equal(value, start, end, bytes);
      case PREFIX ->
          end - start >= bytes.length
              && Arrays.equals(value, start, start + bytes.length, bytes, 0, bytes.length);
      case REGEX -> Objects.requireNonNull(regex).matches(Ascii.text(value, start, end));
    };
  }

  /** Whether a form-encoded value that is there fits after decoding. */
  boolean fitsDecoded(byte[] value, int start, int end) {
    return switch (kind) {
      case PRESENT, ABSENT -> true;
      case EXACT -> FormEncoding.behind(value, start, end, bytes) == end;
      case PREFIX -> FormEncoding.behind(value, start, end, bytes) >= 0;
      case REGEX -> Objects.requireNonNull(regex).matches(FormEncoding.decode(value, start, end));
    };
  }

  @Override
  public String toString() {
    return switch (kind) {
      case PRESENT -> "is present";
      case ABSENT -> "is absent";
      case EXACT -> "is " + text;
      case PREFIX -> "begins with " + text;
      case REGEX -> "matches " + text;
    };
  }
}
