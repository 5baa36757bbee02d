package io.weir.proxy.http;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Scans over octets, eight at a time: the idea is the classic test for a zero octet in a word,
 * {@code (x - 0x01…01) & ~x & 0x80…80} (Lamport, "Multiple byte processing with full-word
 * instructions", 1975). Heads are short, so a wider vector would not pay for its set-up.
 */
public final class Octets {
  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = 0x8080808080808080L;
  private static final long LINE_FEEDS = ONES * '\n';
  private static final long DELETES = ONES * 0x7f;

  private Octets() {}

  /** Offset of the first LF in {@code bytes[from, to)}, or -1. */
  public static int indexOfLineFeed(byte[] bytes, int from, int to) {
    int at = from;
    for (; at + 8 <= to; at += 8) {
      long x = (long) WORD.get(bytes, at) ^ LINE_FEEDS;
      long zero = (x - ONES) & ~x & HIGHS;
      if (zero != 0) {
        return at + (Long.numberOfTrailingZeros(zero) >>> 3);
      }
    }
    for (; at < to; at++) {
      if (bytes[at] == '\n') {
        return at;
      }
    }
    return -1;
  }

  /** Whether all octets may stand in a field value (RFC 9110 §5.5): no control but tab, no DEL. */
  public static boolean isFieldValue(byte[] bytes, int from, int to) {
    int at = from;
    for (; at + 8 <= to; at += 8) {
      long x = (long) WORD.get(bytes, at);
      long delete = x ^ DELETES;
      if (((((x - ONES * 0x20) & ~x) | ((delete - ONES) & ~delete)) & HIGHS) != 0) {
        for (int i = at; i < at + 8; i++) {
          if (!Ascii.isValue(bytes[i])) {
            return false;
          }
        }
      }
    }
    for (; at < to; at++) {
      if (!Ascii.isValue(bytes[at])) {
        return false;
      }
    }
    return true;
  }
}
