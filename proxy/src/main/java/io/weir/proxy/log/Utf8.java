package io.weir.proxy.log;

/** UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
final class Utf8 {
  private Utf8() {}

  /** The bytes (2–4) of the well-formed sequence that begins with a byte above 0x7F, or 0. */
  static int length(byte[] text, int at, int to) {
    int lead = text[at] & 0xFF;
    int length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    if (length == 0 || at + length > to || !secondFits(lead, text[at + 1] & 0xFF)) {
      return 0;
    }
    for (int i = at + 2; i < at + length; i++) {
      if ((text[i] & 0xC0) != 0x80) {
        return 0;
      }
    }
    return length;
  }

  /** The second byte alone decides about overlong forms, surrogates and the upper end. */
  private static boolean secondFits(int lead, int second) {
    int low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    int high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    return second >= low && second <= high;
  }

  /** The character of a well-formed sequence of two or three bytes. */
  static int decodeShort(byte[] text, int at, int length) {
    int second = text[at + 1] & 0x3F;
    return length == 2
        ? (text[at] & 0x1F) << 6 | second
        : (text[at] & 0x0F) << 12 | second << 6 | text[at + 2] & 0x3F;
  }

  /** Where the given number of characters ends, each broken byte counted as one. */
  static int endOfCharacters(byte[] text, int from, int to, int characters) {
    int at = from;
    for (int i = 0; i < characters && at < to; i++) {
      at += text[at] >= 0 ? 1 : Math.max(1, length(text, at, to));
    }
    return at;
  }
}
