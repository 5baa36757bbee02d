package io.weir.proxy.log;

/** Percent-encoding (RFC 3986, section 2.1), one byte at a time. */
final class PercentCode {
  private PercentCode() {}

  /** The byte (0–255) behind the two digits that follow a percent sign, or -1. */
  static int decode(byte high, byte low) {
    int first = Character.digit(high, 16);
    int second = Character.digit(low, 16);
    return first < 0 || second < 0 ? -1 : first << 4 | second;
  }
}
