package io.weir.waf.transform;

/** Comments of C, SQL, shells and HTML. */
final class Comments {
  private Comments() {}

  /** Each C comment becomes a space, also one that does not end. */
  static void replaceComments(byte[] in, int from, int to, Octets out) {
    int i = from;
    while (i < to) {
      if (!at(in, i, to, '/', '*')) {
        out.add(in[i++]);
        continue;
      }
      i += 2;
      while (i < to && !at(in, i, to, '*', '/')) {
        i++;
      }
      i += 2;
      out.add(' ');
    }
  }

  /**
   * Removes comments. Like the reference it takes the octet after a comment as it is, a NUL past
   * the end, and ends the value at {@code --} and {@code #}.
   */
  static void removeComments(byte[] in, int from, int to, Octets out) {
    boolean inside = false;
    int i = from;
    while (i < to) {
      if (inside) {
        int width = at(in, i, to, '*', '/') ? 2 : arrow(in, i, to) ? 3 : 0;
        if (width == 0) {
          i++;
          continue;
        }
        inside = false;
        i += width;
        out.add(i < to ? in[i] : 0);
        i++;
      } else if (at(in, i, to, '/', '*')) {
        inside = true;
        i += 2;
      } else if (htmlOpen(in, i, to)) {
        inside = true;
        i += 4;
      } else if (at(in, i, to, '-', '-') || in[i] == '#') {
        out.add(' ');
        return;
      } else {
        out.add(in[i++]);
      }
    }
    if (inside) {
      out.add(' ');
    }
  }

  /** Removes the marks of comments and keeps what is between. */
  static void removeCommentsChar(byte[] in, int from, int to, Octets out) {
    int i = from;
    while (i < to) {
      if (at(in, i, to, '/', '*') || at(in, i, to, '*', '/')) {
        i += 2;
      } else if (htmlOpen(in, i, to)) {
        i += 4;
      } else if (arrow(in, i, to)) {
        i += 3;
      } else if (at(in, i, to, '-', '-')) {
        i += 2;
      } else if (in[i] == '#') {
        i++;
      } else {
        out.add(in[i++]);
      }
    }
  }

  private static boolean at(byte[] in, int i, int to, char first, char second) {
    return in[i] == first && i + 1 < to && in[i + 1] == second;
  }

  private static boolean htmlOpen(byte[] in, int i, int to) {
    return i + 3 < to && at(in, i, to, '<', '!') && at(in, i + 2, to, '-', '-');
  }

  private static boolean arrow(byte[] in, int i, int to) {
    return i + 2 < to && at(in, i, to, '-', '-') && in[i + 2] == '>';
  }
}
