package io.weir.proxy.route;

import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.PathNormaliser;

/**
 * Comparing normalised paths. Parameters of earlier segments are skipped ({@code /admin;x/users} is
 * taken for {@code /admin/users}), because servers that know parameters skip them too, and a rule
 * for a path must not be evaded by adding some.
 */
final class Paths {
  private Paths() {}

  /** The offset in {@code path[start, end)} behind the octets that spell the prefix, or -1. */
  static int behind(byte[] path, int start, int end, byte[] prefix) {
    int at = start;
    for (byte expected : prefix) {
      if (expected == '/' && at < end && path[at] == ';') {
        at = segmentEnd(path, at, end);
      }
      if (at == end || path[at] != expected) {
        return -1;
      }
      at++;
    }
    return at;
  }

  /** The offset behind a prefix that ends where a segment ends, or -1. */
  static int behindSegments(byte[] path, int start, int end, byte[] prefix) {
    int at = behind(path, start, end, prefix);
    return at < 0 || at == end || path[at] == '/' || path[at] == ';' || path[at - 1] == '/'
        ? at
        : -1;
  }

  /** Whether the path is the expected one, parameters aside. */
  static boolean isExactly(byte[] path, int start, int end, byte[] expected) {
    int at = behind(path, start, end, expected);
    return at == end || at >= 0 && path[at] == ';' && segmentEnd(path, at, end) == end;
  }

  private static int segmentEnd(byte[] path, int from, int end) {
    int at = from;
    while (at < end && path[at] != '/') {
      at++;
    }
    return at;
  }

  /**
   * The octets of a path that the operator wrote.
   *
   * @throws IllegalArgumentException if the path is not in the form that normalised requests have
   */
  static byte[] compile(String key, String path) {
    byte[] bytes = Ascii.bytes(path);
    int end = new PathNormaliser(false, true).normalise(bytes, 0, bytes.length);
    if (end < 0) {
      throw new IllegalArgumentException(
          key + ": " + path + " (expected: a path that begins with / and has no unsafe octets)");
    }
    String normal = Ascii.text(bytes, 0, end);
    if (!normal.equals(path)) {
      throw new IllegalArgumentException(
          key + ": " + path + " (expected: the normalised path " + normal + ")");
    }
    return bytes;
  }
}
