package io.weir.proxy.http;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Octets of HTTP messages: classes of RFC 9110 §5.6 and RFC 3986, comparison, small numbers. */
public final class Ascii {
  private static final byte TOKEN = 1;
  private static final byte VALUE = 2;
  private static final byte TARGET = 4;
  private static final byte HOST = 8;
  private static final byte UNENCODED = 16;
  private static final byte LOOSE = 64;

  /** In {@link #nameKind}: may stand in a token. */
  public static final int TOKEN_BIT = TOKEN;

  /** In {@link #nameKind}: is an underscore. */
  public static final int UNDERSCORE_BIT = 32;

  private static final byte[] CLASS = classes();

  private Ascii() {}

  private static byte[] classes() {
    byte[] classes = new byte[256];
    for (int c = 0x21; c < 0x7f; c++) {
      classes[c] = VALUE | TARGET;
    }
    for (int c = 0x80; c < 0x100; c++) {
      classes[c] = VALUE | LOOSE;
    }
    classes[' '] = VALUE;
    classes['\t'] = VALUE;
    for (char c : "!#$%&'*+-.^_`|~0123456789".toCharArray()) {
      classes[c] |= TOKEN;
    }
    for (char c : "-._~0123456789".toCharArray()) {
      classes[c] |= HOST;
    }
    classes['_'] |= UNDERSCORE_BIT;
    for (int c = 'a'; c <= 'z'; c++) {
      classes[c] |= TOKEN | HOST;
      classes[c - 32] |= TOKEN | HOST;
    }
    for (char c : "\"<>\\^`{|}#".toCharArray()) {
      classes[c] &= ~TARGET;
    }
    for (char c : "{}|\\^`".toCharArray()) {
      classes[c] |= UNENCODED;
    }
    for (char c : "\"<>".toCharArray()) {
      classes[c] |= LOOSE;
    }
    return classes;
  }

  /** Whether the octet may stand in a token (RFC 9110 §5.6.2). */
  public static boolean isToken(byte b) {
    return (CLASS[b & 0xff] & TOKEN) != 0;
  }

  /**
   * Whether the octet may stand in a field value: visible, space, tab or obs-text (RFC 9110 §5.5).
   */
  public static boolean isValue(byte b) {
    return (CLASS[b & 0xff] & VALUE) != 0;
  }

  /**
   * Whether the octet may stand in a request target: RFC 3986 characters and nothing that readers
   * disagree about.
   */
  public static boolean isTarget(byte b) {
    return (CLASS[b & 0xff] & TARGET) != 0;
  }

  /** Whether the octet should be percent-encoded in a query, but is not by browsers. */
  public static boolean isUnencodedQuery(byte b) {
    return (CLASS[b & 0xff] & UNENCODED) != 0;
  }

  /** Whether the octet should be percent-encoded in a target, and is by browsers, too. */
  public static boolean isUnencodedTarget(byte b) {
    return (CLASS[b & 0xff] & LOOSE) != 0;
  }

  /** {@link #TOKEN_BIT} and {@link #UNDERSCORE_BIT} of an octet, for reading names in one pass. */
  public static int nameKind(byte b) {
    return CLASS[b & 0xff];
  }

  /**
   * Whether the octet may stand in a host name or IPv4 address: unreserved characters only. The
   * sub-delimiters and encodings of RFC 3986 §3.2.2 name no host that can be looked up.
   */
  public static boolean isHost(byte b) {
    return (CLASS[b & 0xff] & HOST) != 0;
  }

  /** The octet in lower case where it is an upper case letter. */
  public static byte lower(byte b) {
    return b >= 'A' && b <= 'Z' ? (byte) (b + 32) : b;
  }

  /** Whether {@code bytes[start, end)} is exactly {@code expected}. */
  public static boolean equal(byte[] bytes, int start, int end, byte[] expected) {
    return end - start == expected.length
        && Arrays.equals(bytes, start, end, expected, 0, expected.length);
  }

  /**
   * Whether {@code bytes[start, end)} is {@code lowerCase} when letters are folded to lower case.
   */
  public static boolean equalIgnoreCase(byte[] bytes, int start, int end, byte[] lowerCase) {
    if (end - start != lowerCase.length) {
      return false;
    }
    for (int i = 0; i < lowerCase.length; i++) {
      if (lower(bytes[start + i]) != lowerCase[i]) {
        return false;
      }
    }
    return true;
  }

  /** The octets as text, one character each, so that nothing is lost or guessed. */
  public static String text(byte[] bytes, int start, int end) {
    return new String(bytes, start, end - start, StandardCharsets.ISO_8859_1);
  }

  /** The text as octets, one each; characters above U+00FF become '?'. */
  public static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Writes a number in decimal and returns the offset behind it. */
  public static int writeDecimal(byte[] dst, int at, long number) {
    int digits = 1;
    for (long n = number; n >= 10; n /= 10) {
      digits++;
    }
    long rest = number;
    for (int i = at + digits - 1; i >= at; i--) {
      dst[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    return at + digits;
  }

  /** The value of a hex digit in any case, or -1. */
  public static int hex(byte b) {
    return Character.digit(b & 0x7f, 16) | b >> 7;
  }

  /**
   * A non-negative decimal number of digits only.
   *
   * @return the number, or -1 where there is no digit, another octet, or more than 18 digits
   */
  public static long parseDecimal(byte[] bytes, int start, int end) {
    if (end <= start || end - start > 18) {
      return -1;
    }
    long number = 0;
    for (int i = start; i < end; i++) {
      int digit = bytes[i] - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      number = number * 10 + digit;
    }
    return number;
  }
}
