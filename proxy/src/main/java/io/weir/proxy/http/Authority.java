package io.weir.proxy.http;

import io.weir.net.IpAddress;

/**
 * Host and optional port of a request: RFC 3986 §3.2 without userinfo, and of registered names only
 * those that are host names.
 */
public final class Authority {
  private Authority() {}

  /**
   * Whether the octets are a host name, IPv4 address or bracketed IPv6 address, and a port up to
   * 65535 or none. A host name has no empty label but the last.
   */
  public static boolean isValid(byte[] b, int start, int end) {
    if (end <= start || end - start > 255 + 6) {
      return false;
    }
    int hostEnd = hostEnd(b, start, end);
    if (hostEnd <= start) {
      return false;
    }
    boolean valid = b[start] == '[' ? isIpv6(b, start, hostEnd) : isName(b, start, hostEnd);
    return valid && (hostEnd == end || isPort(b, hostEnd + 1, end));
  }

  private static boolean isIpv6(byte[] b, int start, int end) {
    IpAddress address = IpAddress.parseOrNull(b, start + 1, end - start - 2);
    return address != null && !address.isIpv4();
  }

  private static boolean isName(byte[] b, int start, int end) {
    byte before = '.';
    for (int i = start; i < end; i++) {
      if (!Ascii.isHost(b[i]) || b[i] == '.' && before == '.') {
        return false;
      }
      before = b[i];
    }
    return true;
  }

  /**
   * Where the host ends: at the colon before the port, or at the end; -1 where a bracket is left
   * open.
   */
  public static int hostEnd(byte[] b, int start, int end) {
    if (start < end && b[start] == '[') {
      for (int i = start + 1; i < end; i++) {
        if (b[i] == ']') {
          return i + 1 == end || b[i + 1] == ':' ? i + 1 : -1;
        }
      }
      return -1;
    }
    for (int i = start; i < end; i++) {
      if (b[i] == ':') {
        return i;
      }
    }
    return end;
  }

  /** Whether two authorities name the same host and port, letters compared without case. */
  public static boolean equal(byte[] a, int aStart, int aEnd, byte[] b, int bStart, int bEnd) {
    if (aEnd - aStart != bEnd - bStart) {
      return false;
    }
    for (int i = 0; i < aEnd - aStart; i++) {
      if (Ascii.lower(a[aStart + i]) != Ascii.lower(b[bStart + i])) {
        return false;
      }
    }
    return true;
  }

  private static boolean isPort(byte[] b, int start, int end) {
    long port = end - start > 5 ? -1 : Ascii.parseDecimal(b, start, end);
    return port >= 0 && port <= 65535;
  }
}
