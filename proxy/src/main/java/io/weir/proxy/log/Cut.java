package io.weir.proxy.log;

/**
 * Where to cut a text that is too long: before a UTF-8 sequence or a number that the cut would
 * split. The front of a card number is no longer recognised as one, so it must go as well.
 */
final class Cut {
  /** A card number of 19 percent-encoded digits, with as many bytes of separators as digits. */
  private static final int LONGEST_NUMBER = 76;

  private Cut() {}

  /**
   * How many bytes to keep.
   *
   * @param length the most to keep; the text goes on behind it
   */
  static int keep(byte[] text, int offset, int length) {
    int kept = length;
    while (kept > length - 3 && kept > 0 && (text[offset + kept] & 0xC0) == 0x80) {
      kept--;
    }
    int least = Math.max(0, kept - LONGEST_NUMBER);
    while (kept > least && CardNumbers.mayContain(text[offset + kept - 1])) {
      kept--;
    }
    return kept;
  }
}
