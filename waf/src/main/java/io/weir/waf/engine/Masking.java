package io.weir.waf.engine;

/**
 * Makes what matched fit for a log: printable, short, and without long runs of digits and of
 * letters with digits, which are likely to be numbers of cards or keys.
 */
final class Masking {
  static final int MAX_LENGTH = 160;
  private static final int LONG_RUN = 6;

  private Masking() {}

  static String mask(byte[] text, int size) {
    StringBuilder out = new StringBuilder();
    int length = Math.min(size, MAX_LENGTH);
    int i = 0;
    while (i < length) {
      int end = i;
      boolean digit = false;
      while (end < length && isAlphanumeric(text[end])) {
        digit |= text[end] >= '0' && text[end] <= '9';
        end++;
      }
      if (end == i) {
        append(text[i++], out);
      } else {
        boolean hide = digit && end - i > LONG_RUN;
        for (int j = i; j < end; j++) {
          out.append(hide && j >= i + 2 ? '*' : (char) text[j]);
        }
        i = end;
      }
    }
    return size > MAX_LENGTH ? out.append("...").toString() : out.toString();
  }

  private static boolean isAlphanumeric(int octet) {
    return octet >= '0' && octet <= '9' || (octet | 32) >= 'a' && (octet | 32) <= 'z' && octet > 0;
  }

  private static void append(byte octet, StringBuilder out) {
    if (octet >= 32 && octet < 127) {
      out.append((char) octet);
    } else {
      out.append("\\x").append(Character.forDigit(octet >> 4 & 15, 16));
      out.append(Character.forDigit(octet & 15, 16));
    }
  }
}
