package io.weir.waf.engine;

import java.nio.charset.StandardCharsets;

/** Small work on octets that are text. */
final class Text {
  private Text() {}

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static String string(byte[] in, int from, int to) {
    return new String(in, from, to - from, StandardCharsets.ISO_8859_1);
  }

  static int lower(int octet) {
    return octet >= 'A' && octet <= 'Z' ? octet + 32 : octet;
  }

  static boolean equalsIgnoringCase(byte[] in, int from, int to, byte[] lower) {
    if (to - from != lower.length) {
      return false;
    }
    for (int i = 0; i < lower.length; i++) {
      if (lower(in[from + i]) != lower[i]) {
        return false;
      }
    }
    return true;
  }

  static boolean startsWith(byte[] in, int from, int to, byte[] wanted) {
    if (to - from < wanted.length) {
      return false;
    }
    for (int i = 0; i < wanted.length; i++) {
      if (in[from + i] != wanted[i]) {
        return false;
      }
    }
    return true;
  }

  /** Offset of the first occurrence, or -1. */
  static int indexOf(byte[] in, int from, int to, byte[] wanted) {
    if (wanted.length == 0) {
      return from;
    }
    for (int i = from; i + wanted.length <= to; i++) {
      if (in[i] == wanted[0] && startsWith(in, i, to, wanted)) {
        return i;
      }
    }
    return -1;
  }

  /** The number at the start, as C's atoi reads it; 0 when there is none. */
  static int number(byte[] in, int from, int to) {
    int i = from;
    while (i < to && (in[i] == ' ' || in[i] >= 9 && in[i] <= 13)) {
      i++;
    }
    boolean negative = i < to && in[i] == '-';
    if (i < to && (in[i] == '-' || in[i] == '+')) {
      i++;
    }
    long value = 0;
    while (i < to && in[i] >= '0' && in[i] <= '9') {
      value = Math.min(value * 10 + in[i++] - '0', Integer.MAX_VALUE);
    }
    return (int) (negative ? -value : value);
  }
}
