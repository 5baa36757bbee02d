package io.weir.proxy.upstream;

import io.weir.proxy.http.FieldName;
import io.weir.proxy.http.Head;
import java.util.Arrays;

/**
 * Finds one pair of a request - a cookie, a query parameter - without making an object (RFC 6265
 * §5.4; RFC 9113 §8.2.3).
 */
final class PairReader {
  /** What {@code find} methods answer where it is not there. */
  static final long ABSENT = -1;

  private PairReader() {}

  /**
   * The first cookie of this name in any of the Cookie fields.
   *
   * @return where its value starts and ends in {@link Head#bytes}, see {@link #start} and {@link
   *     #end}, or {@link #ABSENT}
   */
  static long findCookie(Head request, byte[] name) {
    int field = request.find(FieldName.COOKIE, 0);
    while (field >= 0) {
      long found =
          find(request.bytes, request.valueStart(field), request.valueEnd(field), name, (byte) ';');
      if (found != ABSENT) {
        return found;
      }
      field = request.find(FieldName.COOKIE, field + 1);
    }
    return ABSENT;
  }

  /** The first parameter of this name in the query, not decoded. */
  static long findInQuery(Head request, byte[] name) {
    return find(request.bytes, request.queryStart, request.queryEnd, name, (byte) '&');
  }

  static int start(long found) {
    return (int) (found >>> 32);
  }

  static int end(long found) {
    return (int) found;
  }

  /** The value of the first {@code name=value} of a list; a name without "=" has an empty one. */
  private static long find(byte[] bytes, int from, int to, byte[] name, byte separator) {
    int at = from;
    while (at < to) {
      int end = indexOf(bytes, at, to, separator);
      while (at < end && bytes[at] == ' ') {
        at++;
      }
      int equals = indexOf(bytes, at, end, (byte) '=');
      if (Arrays.equals(bytes, at, equals, name, 0, name.length)) {
        return (long) Math.min(equals + 1, end) << 32 | end;
      }
      at = end + 1;
    }
    return ABSENT;
  }

  private static int indexOf(byte[] bytes, int from, int to, byte wanted) {
    int at = from;
    while (at < to && bytes[at] != wanted) {
      at++;
    }
    return at;
  }
}
