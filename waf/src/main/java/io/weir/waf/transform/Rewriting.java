package io.weir.waf.transform;

/** Whitespace, case, paths and command lines. */
final class Rewriting {
  private Rewriting() {}

  static void lowercase(byte[] in, int from, int to, Octets out) {
    byte[] data = out.space(to - from);
    int length = out.length;
    for (int i = from; i < to; i++) {
      data[length++] = (byte) lower(in[i]);
    }
    out.length = length;
  }

  private static int lower(int octet) {
    return octet >= 'A' && octet <= 'Z' ? octet + 32 : octet;
  }

  static void uppercase(byte[] in, int from, int to, Octets out) {
    byte[] data = out.space(to - from);
    int length = out.length;
    for (int i = from; i < to; i++) {
      data[length++] = (byte) (in[i] >= 'a' && in[i] <= 'z' ? in[i] - 32 : in[i]);
    }
    out.length = length;
  }

  static void length(byte[] in, int from, int to, Octets out) {
    String digits = Integer.toString(to - from);
    for (int i = 0; i < digits.length(); i++) {
      out.add(digits.charAt(i));
    }
  }

  static void removeNulls(byte[] in, int from, int to, Octets out) {
    byte[] data = out.space(to - from);
    int length = out.length;
    for (int i = from; i < to; i++) {
      data[length] = in[i];
      length += in[i] != 0 ? 1 : 0;
    }
    out.length = length;
  }

  static void replaceNulls(byte[] in, int from, int to, Octets out) {
    byte[] data = out.space(to - from);
    int length = out.length;
    for (int i = from; i < to; i++) {
      data[length++] = in[i] == 0 ? (byte) ' ' : in[i];
    }
    out.length = length;
  }

  private static boolean isSpace(int octet) {
    return octet == ' ' || octet >= 9 && octet <= 13;
  }

  /** Whitespace of C and the no-break space of Latin-1. */
  private static boolean isSpaceOrNbsp(byte octet) {
    return isSpace(octet) || octet == (byte) 0xa0;
  }

  static void removeWhitespace(byte[] in, int from, int to, Octets out) {
    byte[] data = out.space(to - from);
    int length = out.length;
    for (int i = from; i < to; i++) {
      data[length] = in[i];
      length += isSpaceOrNbsp(in[i]) ? 0 : 1;
    }
    out.length = length;
  }

  static void compressWhitespace(byte[] in, int from, int to, Octets out) {
    byte[] data = out.space(to - from);
    int length = out.length;
    boolean space = false;
    for (int i = from; i < to; i++) {
      if (!isSpaceOrNbsp(in[i])) {
        data[length++] = in[i];
        space = false;
      } else if (!space) {
        data[length++] = ' ';
        space = true;
      }
    }
    out.length = length;
  }

  static void trim(byte[] in, int from, int to, Octets out, boolean left, boolean right) {
    int begin = from;
    int end = to;
    while (left && begin < end && isSpace(in[begin])) {
      begin++;
    }
    while (right && end > begin && isSpace(in[end - 1])) {
      end--;
    }
    out.add(in, begin, end);
  }

  /** Undoes what shells ignore, so that {@code C^OMMAND /C} and {@code command/c} are one. */
  static void cmdLine(byte[] in, int from, int to, Octets out) {
    byte[] data = out.space(to - from);
    int length = out.length;
    boolean space = false;
    for (int i = from; i < to; i++) {
      switch (in[i]) {
        case '"', '\'', '\\', '^' -> {}
        case ' ', ',', ';', '\t', '\r', '\n' -> {
          if (!space) {
            data[length++] = ' ';
            space = true;
          }
        }
        case '/', '(' -> {
          if (space) {
            length--;
          }
          space = false;
          data[length++] = in[i];
        }
        default -> {
          data[length++] = (byte) lower(in[i]);
          space = false;
        }
      }
    }
    out.length = length;
  }

  /** PHP's way to a variable's name: blanks and dots become underscores, indices are cut out. */
  static void phpArgsNames(byte[] in, int from, int to, Octets out) {
    int i = from;
    while (i < to && in[i] == ' ') {
      i++;
    }
    if (i < to && in[i] == '[') {
      return;
    }
    while (i < to && in[i] != '[') {
      out.add(in[i] == ' ' || in[i] == '.' ? '_' : in[i]);
      i++;
    }
    while (i < to && in[i] == '[') {
      int close = i + 1;
      while (close < to && in[close] != ']') {
        close++;
      }
      if (close == to) {
        out.add('_');
        out.add(in, i + 1, to);
        return;
      }
      out.add('[');
      i++;
      while (i < close && isSpace(in[i])) {
        i++;
      }
      out.add(in, i, close + 1);
      i = close + 1;
    }
  }

  /**
   * Removes empty segments and {@code .}, and resolves {@code ..}; a relative path keeps those that
   * lead above its start, an absolute one drops them.
   */
  static void normalizePath(byte[] in, int from, int to, Octets out, boolean windows) {
    if (from == to) {
      return;
    }
    int base = out.length;
    boolean absolute = isSlash(in[from], windows);
    if (absolute) {
      out.add('/');
    }
    int root = out.length;
    int kept = root; // up to here only leading ".." that cannot be resolved
    int i = from;
    boolean slashAtEnd = false;
    while (i < to) {
      if (isSlash(in[i], windows)) {
        i++;
        slashAtEnd = true;
        continue;
      }
      int end = i;
      while (end < to && !isSlash(in[end], windows)) {
        end++;
      }
      slashAtEnd = end < to;
      int length = end - i;
      if (length == 1 && in[i] == '.') {
        i = end;
        continue;
      }
      if (length == 2 && in[i] == '.' && in[i + 1] == '.') {
        if (out.length > kept) {
          dropSegment(out, kept);
        } else if (!absolute) {
          append(in, i, end, out, root);
          kept = out.length;
        }
      } else {
        append(in, i, end, out, root);
      }
      i = end;
    }
    if (slashAtEnd && out.length > root) {
      out.add('/');
    }
    assert out.length >= base;
  }

  private static boolean isSlash(int octet, boolean windows) {
    return octet == '/' || windows && octet == '\\';
  }

  private static void append(byte[] in, int from, int to, Octets out, int root) {
    if (out.length > root) {
      out.add('/');
    }
    out.add(in, from, to);
  }

  private static void dropSegment(Octets out, int floor) {
    int i = out.length - 1;
    while (i > floor && out.data[i] != '/') {
      i--;
    }
    out.length = i;
  }
}
