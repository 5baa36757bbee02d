package io.weir.waf.body;

/** Reads {@code a=1&b=2}, as query strings and form bodies have it. */
public final class UrlEncodedBody {
  private UrlEncodedBody() {}

  public static void read(
      byte[] body, int from, int to, int separator, Arena arena, BodySink sink) {
    int at = from;
    while (at < to) {
      int end = at;
      int equals = -1;
      while (end < to && body[end] != separator) {
        if (equals < 0 && body[end] == '=') {
          equals = end;
        }
        end++;
      }
      if (end > at) {
        if (!sink.mayAddArgument()) {
          sink.error("too many arguments");
          return;
        }
        pair(body, at, equals < 0 ? end : equals, equals < 0 ? end : equals + 1, end, arena, sink);
      }
      at = end + 1;
    }
  }

  private static void pair(
      byte[] body,
      int nameFrom,
      int nameTo,
      int valueFrom,
      int valueTo,
      Arena arena,
      BodySink sink) {
    byte[] name = body;
    int nameBegin = nameFrom;
    int nameEnd = nameTo;
    if (isEncoded(body, nameFrom, nameTo)) {
      decode(body, nameFrom, nameTo, arena, sink);
      name = arena.array();
      nameBegin = arena.from();
      nameEnd = arena.to();
    }
    if (isEncoded(body, valueFrom, valueTo)) {
      decode(body, valueFrom, valueTo, arena, sink);
      sink.argument(name, nameBegin, nameEnd, arena.array(), arena.from(), arena.to());
    } else {
      sink.argument(name, nameBegin, nameEnd, body, valueFrom, valueTo);
    }
  }

  private static boolean isEncoded(byte[] text, int from, int to) {
    for (int i = from; i < to; i++) {
      if (text[i] == '%' || text[i] == '+') {
        return true;
      }
    }
    return false;
  }

  /** Decodes into the arena; what is no valid escape stays as it is. */
  public static void decode(byte[] text, int from, int to, Arena arena, BodySink sink) {
    arena.begin(to - from);
    for (int i = from; i < to; i++) {
      if (text[i] == '+') {
        arena.add(' ');
      } else if (text[i] != '%') {
        arena.add(text[i]);
      } else if (i + 2 < to && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
        arena.add(digit(text[i + 1]) << 4 | digit(text[i + 2]));
        i += 2;
      } else {
        arena.add('%');
        sink.badUrlEncoding();
      }
    }
  }

  static int digit(int octet) {
    if (octet >= '0' && octet <= '9') {
      return octet - '0';
    }
    int lower = octet | 32;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  }
}
