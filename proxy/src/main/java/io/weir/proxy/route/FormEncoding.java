package io.weir.proxy.route;

import io.weir.proxy.http.Ascii;

/**
 * Reads names and values of queries as applications do (application/x-www-form-urlencoded): "+" is
 * a space, %XX an octet, and an encoding that is none stands for itself.
 */
final class FormEncoding {
  private FormEncoding() {}

  /** The offset behind the octets that decode to {@code expected}, or -1. */
  static int behind(byte[] bytes, int start, int end, byte[] expected) {
    int at = start;
    for (byte b : expected) {
      if (at == end || (byte) octet(bytes, at, end) != b) {
        return -1;
      }
      at += width(bytes, at, end);
    }
    return at;
  }

  /** The decoded octets, one character each. */
  static String decode(byte[] bytes, int start, int end) {
    StringBuilder text = new StringBuilder(end - start);
    for (int at = start; at < end; at += width(bytes, at, end)) {
      text.append((char) octet(bytes, at, end));
    }
    return text.toString();
  }

  private static int octet(byte[] bytes, int at, int end) {
    if (width(bytes, at, end) == 3) {
      return Ascii.hex(bytes[at + 1]) << 4 | Ascii.hex(bytes[at + 2]);
    }
    return bytes[at] == '+' ? ' ' : bytes[at] & 0xff;
  }

  private static int width(byte[] bytes, int at, int end) {
    return bytes[at] == '%'
            && at + 2 < end
            && (Ascii.hex(bytes[at + 1]) | Ascii.hex(bytes[at + 2])) >= 0
        ? 3
        : 1;
  }
}
