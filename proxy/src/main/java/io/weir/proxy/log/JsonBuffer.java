package io.weir.proxy.log;

import static io.weir.proxy.log.RecordLayout.LONG;

import io.weir.net.IpAddress;
import java.nio.charset.StandardCharsets;

/**
 * Bytes of JSON under construction. The caller sees to it that there is room; nothing here checks
 * or allocates.
 *
 * <p>Text is escaped so that a line of the log stays one line in any reader: besides what JSON
 * demands, also DEL, the C1 controls, line separators and the marks that reorder text on a screen.
 * Bytes that are not UTF-8 become {@code \ufffd} each.
 *
 * <p>Confined to one thread.
 */
final class JsonBuffer {
  /** No byte of text becomes more bytes of JSON. */
  static final int MAX_ESCAPE = 6;

  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] REPLACEMENT = "\\ufffd".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] TRUE = {'t', 'r', 'u', 'e'};
  private static final byte[] FALSE = {'f', 'a', 'l', 's', 'e'};
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = 0x8080808080808080L;

  final byte[] bytes;
  int position;

  JsonBuffer(int capacity) {
    bytes = new byte[capacity];
  }

  void put(int b) {
    bytes[position++] = (byte) b;
  }

  /** Bytes that are JSON already. */
  void raw(byte[] json) {
    System.arraycopy(json, 0, bytes, position, json.length);
    position += json.length;
  }

  void bool(boolean value) {
    raw(value ? TRUE : FALSE);
  }

  /** A number; below zero, which nothing logged can be, it is written as 0. */
  void number(long value) {
    long rest = Math.max(value, 0);
    int at = position + digits(rest);
    position = at;
    do {
      bytes[--at] = (byte) ('0' + rest % 10);
      rest /= 10;
    } while (rest > 0);
  }

  /** Microseconds as milliseconds with three decimals. */
  void millis(long micros) {
    long value = Math.max(micros, 0);
    number(value / 1000);
    put('.');
    padded((int) (value % 1000), 3);
  }

  /** A number with leading zeros. */
  void padded(int value, int width) {
    int rest = value;
    for (int at = position + width - 1; at >= position; at--) {
      bytes[at] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    position += width;
  }

  /** An address in its canonical text form, given as its 128 bits (see {@link IpAddress}). */
  void address(long high, long low) {
    // The object does not outlive this line, so that the compiler does without it.
    position = IpAddress.ofIpv6(high, low).writeTo(bytes, position);
  }

  /**
   * Text, escaped. Eight bytes at a time are copied and tested; only where one of them needs care
   * is it looked at alone. Up to seven bytes behind the text are scribbled over.
   */
  void text(byte[] text, int from, int to) {
    int at = from;
    while (at < to) {
      if (at + Long.BYTES <= text.length) {
        long word = (long) LONG.get(text, at);
        LONG.set(bytes, position, word);
        int plain = Math.min(plainBytes(word), to - at);
        position += plain;
        at += plain;
        if (plain == Long.BYTES || at == to) {
          continue;
        }
      }
      at = character(text, at, to);
    }
  }

  /** How many bytes, from the lowest, need no care: the rest is found by carries into high bits. */
  private static int plainBytes(long word) {
    long quote = word ^ ONES * '"';
    long backslash = word ^ ONES * '\\';
    long special =
        (word
                | word + ONES
                | word - ONES * ' ' & ~word
                | quote - ONES & ~quote
                | backslash - ONES & ~backslash)
            & HIGHS;
    return Long.numberOfTrailingZeros(special) >>> 3;
  }

  /** Writes the character at a place and returns the place of the next. */
  private int character(byte[] text, int at, int to) {
    byte b = text[at];
    if (b < 0) {
      return multibyte(text, at, to);
    }
    if (b == '"' || b == '\\') {
      put('\\');
      put(b);
    } else if (b < ' ' || b == 0x7F) {
      escape(b);
    } else {
      put(b);
    }
    return at + 1;
  }

  private int multibyte(byte[] text, int at, int to) {
    int length = Utf8.length(text, at, to);
    if (length == 0) {
      raw(REPLACEMENT);
      return at + 1;
    }
    if (length < 4 && misleads(Utf8.decodeShort(text, at, length))) {
      escape(Utf8.decodeShort(text, at, length));
    } else {
      System.arraycopy(text, at, bytes, position, length);
      position += length;
    }
    return at + length;
  }

  /** C1 controls, line and paragraph separators, and marks of writing direction. */
  private static boolean misleads(int c) {
    return c < 0xA0
        || c == 0x061C
        || c == 0x200E
        || c == 0x200F
        || (c >= 0x2028 && c <= 0x202E)
        || (c >= 0x2066 && c <= 0x2069);
  }

  private void escape(int c) {
    put('\\');
    put('u');
    for (int shift = 12; shift >= 0; shift -= 4) {
      put(HEX[c >>> shift & 0xF]);
    }
  }

  private static int digits(long value) {
    int digits = 1;
    for (long limit = 10; value >= limit && digits < 19; limit *= 10) {
      digits++;
    }
    return digits;
  }
}
