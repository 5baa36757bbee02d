package io.weir.waf.transform;

import java.nio.charset.StandardCharsets;

/** Escapes of HTML, JavaScript, CSS and C. */
final class Escapes {
  private Escapes() {}

  static void jsDecode(byte[] in, int from, int to, Octets out) {
    for (int i = from; i < to; i++) {
      if (in[i] != '\\' || i + 1 >= to) {
        out.add(in[i]);
      } else if (i + 5 < to && in[i + 1] == 'u' && Hex.are(in, i + 2, i + 6)) {
        out.add(Hex.lowOctet(in, i + 2));
        i += 5;
      } else if (i + 3 < to && in[i + 1] == 'x' && Hex.are(in, i + 2, i + 4)) {
        out.add(Hex.pair(in, i + 2));
        i += 3;
      } else if (isOctal(in[i + 1])) {
        int end = octalEnd(in, i + 1, to);
        if (end == i + 4 && in[i + 1] > '3') {
          end--;
        }
        out.add(octal(in, i + 1, end));
        i = end - 1;
      } else {
        out.add(control(in[i + 1]));
        i++;
      }
    }
  }

  static void escapeSeqDecode(byte[] in, int from, int to, Octets out) {
    for (int i = from; i < to; i++) {
      if (in[i] != '\\' || i + 1 >= to) {
        out.add(in[i]);
      } else if (i + 3 < to && (in[i + 1] | 32) == 'x' && Hex.are(in, i + 2, i + 4)) {
        out.add(Hex.pair(in, i + 2));
        i += 3;
      } else if (isOctal(in[i + 1])) {
        int end = octalEnd(in, i + 1, to);
        out.add(octal(in, i + 1, end));
        i = end - 1;
      } else {
        out.add(control(in[i + 1]));
        i++;
      }
    }
  }

  private static boolean isOctal(int octet) {
    return octet >= '0' && octet <= '7';
  }

  private static int octalEnd(byte[] in, int at, int to) {
    int end = at;
    while (end < to && end < at + 3 && isOctal(in[end])) {
      end++;
    }
    return end;
  }

  private static int octal(byte[] in, int from, int to) {
    int value = 0;
    for (int i = from; i < to; i++) {
      value = value * 8 + in[i] - '0';
    }
    return value;
  }

  private static int control(int letter) {
    return switch (letter) {
      case 'a' -> 7;
      case 'b' -> 8;
      case 'f' -> 12;
      case 'n' -> 10;
      case 'r' -> 13;
      case 't' -> 9;
      case 'v' -> 11;
      default -> letter;
    };
  }

  static void cssDecode(byte[] in, int from, int to, Octets out) {
    for (int i = from; i < to; i++) {
      if (in[i] != '\\') {
        out.add(in[i]);
        continue;
      }
      if (i + 1 >= to) {
        return; // a lone backslash at the end stands for nothing
      }
      int end = i + 1;
      while (end < to && end < i + 7 && Hex.is(in[end])) {
        end++;
      }
      int digits = end - i - 1;
      if (digits == 0) {
        if (in[i + 1] != '\n') {
          out.add(in[i + 1]);
        }
        i++;
        continue;
      }
      out.add(cssOctet(in, i + 1, end));
      // One whitespace ends the escape and belongs to it.
      i = end < to && isSpace(in[end]) ? end : end - 1;
    }
  }

  private static int cssOctet(byte[] in, int from, int end) {
    int digits = end - from;
    if (digits == 1) {
      return Hex.digit(in[from]);
    }
    if (digits < 4 || digits >= 5 && in[from] != '0' || digits == 6 && in[from + 1] != '0') {
      return Hex.pair(in, end - 2);
    }
    return Hex.lowOctet(in, end - 4);
  }

  private static boolean isSpace(int octet) {
    return octet == ' ' || octet >= 9 && octet <= 13;
  }

  static void htmlEntityDecode(byte[] in, int from, int to, Octets out) {
    int i = from;
    while (i < to) {
      if (in[i] == '&' && i + 1 < to) {
        int end = in[i + 1] == '#' ? numeric(in, i + 2, to, out) : named(in, i + 1, to, out);
        if (end > 0) {
          i = end < to && in[end] == ';' ? end + 1 : end;
          continue;
        }
      }
      out.add(in[i++]);
    }
  }

  /** Returns the offset after the digits, or 0 when there are none. */
  private static int numeric(byte[] in, int from, int to, Octets out) {
    boolean hex = from < to && (in[from] | 32) == 'x';
    int begin = hex ? from + 1 : from;
    int end = begin;
    int value = 0;
    while (end < to && (hex ? Hex.is(in[end]) : in[end] >= '0' && in[end] <= '9')) {
      value = value * (hex ? 16 : 10) + Hex.digit(in[end]);
      end++;
    }
    if (end == begin) {
      return 0;
    }
    out.add(value);
    return end;
  }

  private static final byte[][] NAMES = {
    ascii("quot"), ascii("amp"), ascii("lt"), ascii("gt"), ascii("nbsp")
  };
  private static final int[] CHARACTERS = {'"', '&', '<', '>', 0xa0};

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static int named(byte[] in, int from, int to, Octets out) {
    int end = from;
    while (end < to && end < from + 5 && Character.isLetterOrDigit(in[end] & 0xff) && in[end] > 0) {
      end++;
    }
    for (int name = 0; name < NAMES.length; name++) {
      if (equalsIgnoringCase(in, from, end, NAMES[name])) {
        out.add(CHARACTERS[name]);
        return end;
      }
    }
    return 0;
  }

  private static boolean equalsIgnoringCase(byte[] in, int from, int to, byte[] name) {
    if (to - from != name.length) {
      return false;
    }
    for (int i = 0; i < name.length; i++) {
      if ((in[from + i] | 32) != name[i]) {
        return false;
      }
    }
    return true;
  }
}
