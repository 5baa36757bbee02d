package io.weir.waf.regex;

import org.jspecify.annotations.Nullable;

/** An immutable set of octets, kept as 256 bits. */
public record ByteSet(long w0, long w1, long w2, long w3) {

  public static final ByteSet NONE = new ByteSet(0, 0, 0, 0);
  public static final ByteSet ALL = new ByteSet(-1, -1, -1, -1);
  public static final ByteSet DIGITS = range('0', '9');
  public static final ByteSet WORD =
      DIGITS.union(range('a', 'z')).union(range('A', 'Z')).union(of("_"));
  public static final ByteSet SPACES = of(" \t\n\u000b\f\r");
  public static final ByteSet NEWLINE = of("\n");

  public static ByteSet of(int octet) {
    return range(octet, octet);
  }

  // Written out: what a record brings is made when it is first used, and its hash makes sets of
  // letters collide.

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ByteSet that
        && w0 == that.w0
        && w1 == that.w1
        && w2 == that.w2
        && w3 == that.w3;
  }

  @Override
  public int hashCode() {
    long mixed = (w0 * 31 + w1 * 0x9e3779b97f4a7c15L) * 31 + w2 * 31 + w3;
    return (int) (mixed ^ mixed >>> 32);
  }

  /** The octets of a Latin-1 text. */
  public static ByteSet of(String octets) {
    ByteSet set = NONE;
    for (int i = 0; i < octets.length(); i++) {
      set = set.union(of(octets.charAt(i)));
    }
    return set;
  }

  public static ByteSet range(int from, int to) {
    long[] words = new long[4];
    for (int octet = from; octet <= to; octet++) {
      words[octet >> 6] |= 1L << octet;
    }
    return new ByteSet(words[0], words[1], words[2], words[3]);
  }

  public boolean contains(int octet) {
    return (word(octet >> 6) & 1L << octet) != 0;
  }

  public ByteSet union(ByteSet other) {
    return new ByteSet(w0 | other.w0, w1 | other.w1, w2 | other.w2, w3 | other.w3);
  }

  public ByteSet complement() {
    return new ByteSet(~w0, ~w1, ~w2, ~w3);
  }

  public boolean intersects(ByteSet other) {
    return ((w0 & other.w0) | (w1 & other.w1) | (w2 & other.w2) | (w3 & other.w3)) != 0;
  }

  /** Latin-1 text with A to Z in lower case: other letters are octets of some other encoding. */
  static String lowerAscii(String text) {
    StringBuilder out = new StringBuilder(text);
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= 'A' && text.charAt(i) <= 'Z') {
        out.setCharAt(i, (char) (text.charAt(i) + 32));
      }
    }
    return out.toString();
  }

  /** Whether one of the octets stands in the text. */
  public boolean occursIn(byte[] text, int from, int to) {
    for (int i = from; i < to; i++) {
      if (contains(text[i] & 0xff)) {
        return true;
      }
    }
    return false;
  }

  public boolean isEmpty() {
    return (w0 | w1 | w2 | w3) == 0;
  }

  public int size() {
    return Long.bitCount(w0) + Long.bitCount(w1) + Long.bitCount(w2) + Long.bitCount(w3);
  }

  /** This set and the other case of each ASCII letter in it. */
  public ByteSet foldCase() {
    long upper = w1 & 0x07fffffeL;
    long lower = w1 & 0x07fffffe00000000L;
    return new ByteSet(w0, w1 | upper << 32 | lower >>> 32, w2, w3);
  }

  private long word(int index) {
    return switch (index) {
      case 0 -> w0;
      case 1 -> w1;
      case 2 -> w2;
      default -> w3;
    };
  }
}
