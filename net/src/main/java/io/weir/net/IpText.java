package io.weir.net;

import org.jspecify.annotations.Nullable;

/** Reads and writes the text of addresses over plain bytes, without intermediate objects. */
final class IpText {

  private IpText() {}

  /** Returns the 32 bits of the dotted address that is all of {@code [offset, end)}, or -1. */
  static long parseIpv4(byte[] src, int offset, int end) {
    long address = 0;
    int at = offset;
    for (int part = 0; part < 4; part++) {
      if (part > 0 && (at == end || src[at++] != '.')) {
        return -1;
      }
      int start = at;
      int octet = 0;
      while (at < end && at - start < 3 && isDigit(src[at])) {
        octet = octet * 10 + src[at++] - '0';
      }
      if (at == start || octet > 255 || (at - start > 1 && src[start] == '0')) {
        return -1;
      }
      address = address << 8 | octet;
    }
    return at == end ? address : -1;
  }

  /**
   * Returns the address that is all of {@code [offset, end)}, or null. Groups are pushed into 128
   * bits from the right; a "::" pushes the groups before it to the left edge and starts anew.
   */
  static @Nullable IpAddress parseIpv6(byte[] src, int offset, int end) {
    long headHigh = 0;
    long headLow = 0;
    long high = 0;
    long low = 0;
    int groups = 0;
    boolean gap = false;
    int at = offset;
    if (end - offset >= 2 && src[offset] == ':' && src[offset + 1] == ':') {
      gap = true;
      at += 2;
    }
    while (at < end) {
      int start = at;
      long pushed = 0;
      int width = 16;
      while (at < end && at - start < 4 && hexValue(src[at]) >= 0) {
        pushed = pushed << 4 | hexValue(src[at++]);
      }
      if (at < end && src[at] == '.') {
        pushed = parseIpv4(src, start, end);
        width = 32;
        at = end;
      }
      if (at == start || pushed < 0) {
        return null;
      }
      high = high << width | low >>> (64 - width);
      low = low << width | pushed;
      groups += width / 16;
      if (groups > 8) {
        return null;
      }
      if (at == end) {
        break;
      }
      if (src[at++] != ':' || at == end) {
        return null;
      }
      if (src[at] == ':') {
        if (gap) {
          return null;
        }
        gap = true;
        at++;
        for (int i = groups; i < 8; i++) {
          high = high << 16 | low >>> 48;
          low <<= 16;
        }
        headHigh = high;
        headLow = low;
        high = 0;
        low = 0;
      }
    }
    // A "::" stands for at least one group.
    boolean complete = gap ? groups < 8 : groups == 8;
    return complete ? IpAddress.ofIpv6(headHigh | high, headLow | low) : null;
  }

  static int writeIpv4(int address, byte[] dst, int offset) {
    int at = offset;
    for (int shift = 24; shift >= 0; shift -= 8) {
      at = writeOctet(address >>> shift & 0xff, dst, at);
      if (shift > 0) {
        dst[at++] = '.';
      }
    }
    return at;
  }

  private static int writeOctet(int octet, byte[] dst, int offset) {
    int at = offset;
    if (octet >= 100) {
      dst[at++] = (byte) ('0' + octet / 100);
    }
    if (octet >= 10) {
      dst[at++] = (byte) ('0' + octet / 10 % 10);
    }
    dst[at++] = (byte) ('0' + octet % 10);
    return at;
  }

  static int writeIpv6(long high, long low, byte[] dst, int offset) {
    long zeros = longestZeros(high, low);
    int gapStart = (int) (zeros >>> 32);
    int gapEnd = (int) zeros;
    int at = offset;
    for (int i = 0; i < 8; i++) {
      if (i == gapStart && gapEnd > gapStart) {
        dst[at++] = ':';
        dst[at++] = ':';
        i = gapEnd - 1;
      } else {
        if (i > 0 && i != gapEnd) {
          dst[at++] = ':';
        }
        at = writeGroup(group(high, low, i), dst, at);
      }
    }
    return at;
  }

  /**
   * Finds the run of groups that "::" stands for: the longest run of zeros, the first if equals,
   * never a single group (RFC 5952 section 4.2). Returns its start in the upper, its end in the
   * lower 32 bits; both 8 if there is none.
   */
  private static long longestZeros(long high, long low) {
    int bestStart = 8;
    int bestEnd = 8;
    for (int i = 0; i < 8; i++) {
      int start = i;
      while (i < 8 && group(high, low, i) == 0) {
        i++;
      }
      if (i - start > Math.max(bestEnd - bestStart, 1)) {
        bestStart = start;
        bestEnd = i;
      }
    }
    return (long) bestStart << 32 | bestEnd;
  }

  private static int group(long high, long low, int index) {
    return (int) ((index < 4 ? high : low) >>> (48 - 16 * (index & 3))) & 0xffff;
  }

  private static int writeGroup(int group, byte[] dst, int offset) {
    int at = offset;
    int shift = group >= 0x1000 ? 12 : group >= 0x100 ? 8 : group >= 0x10 ? 4 : 0;
    for (; shift >= 0; shift -= 4) {
      int digit = group >>> shift & 0xf;
      dst[at++] = (byte) (digit < 10 ? '0' + digit : 'a' + digit - 10);
    }
    return at;
  }

  static boolean isDigit(byte c) {
    return c >= '0' && c <= '9';
  }

  private static int hexValue(byte c) {
    if (isDigit(c)) {
      return c - '0';
    }
    int lower = c | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  }

  /**
   * Returns the number that is all of {@code [offset, end)}, or -1: one to five digits, at most
   * 65535.
   */
  static int parsePort(byte[] src, int offset, int end) {
    int port = 0;
    for (int at = offset; at < end; at++) {
      if (!isDigit(src[at])) {
        return -1;
      }
      port = port * 10 + src[at] - '0';
      if (at - offset >= 5) {
        return -1;
      }
    }
    return offset < end && port <= 0xffff ? port : -1;
  }
}
