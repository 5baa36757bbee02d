package io.weir.waf.transform;

/** Hexadecimal digits. */
final class Hex {
  private Hex() {}

  static boolean is(int octet) {
    return octet >= '0' && octet <= '9' || (octet | 32) >= 'a' && (octet | 32) <= 'f';
  }

  static int digit(int octet) {
    return octet <= '9' ? octet - '0' : (octet | 32) - 'a' + 10;
  }

  static int pair(byte[] in, int at) {
    return digit(in[at]) << 4 | digit(in[at + 1]);
  }

  static boolean are(byte[] in, int from, int to) {
    for (int i = from; i < to; i++) {
      if (!is(in[i])) {
        return false;
      }
    }
    return true;
  }

  /**
   * The octet that four digits stand for: the low one, and the ASCII character for its full-width
   * form (U+FF01 to U+FF5E).
   */
  static int lowOctet(byte[] in, int at) {
    int low = pair(in, at + 2);
    return pair(in, at) == 0xff && low > 0 && low < 0x5f ? low + 0x20 : low;
  }
}
