package io.weir.waf.body;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON (RFC 8259) and hands out each scalar as an argument named by its path: {@code
 * {"a":{"b":[1]}}} gives {@code json.a.b.array_0}, as ModSecurity names it, and an empty {@code
 * json.a.b} for the array itself. Indices are ours and not the client's: a name with 0 in place of
 * each is handed out beside it, which a thousand elements have in common. Strict: what two parsers
 * could understand differently is an error. Iterative, so that depth costs no stack.
 */
public final class JsonBody {
  private static final byte[] ROOT = "json".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] DOT = {'.'};
  private static final byte[] DIGITS = "0123456789".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] ARRAY = ".array_".getBytes(StandardCharsets.US_ASCII);

  /** A name is as long as the path to its value: without limits a few octets would be many. */
  private static final int MAX_NAME = 4096;

  private static final int MAX_NAMES = 1 << 20;

  private final byte[] in;
  private final int to;
  private final int maxDepth;
  private final Arena arena;
  private final BodySink sink;
  private final int begin;
  private int at;
  private long namesLength;
  private final Path path = new Path();

  /** The path with 0 in place of each index. */
  private final Path shape = new Path();

  /** The last shape that was handed out. */
  private byte[] shapeArray = {};

  private int shapeFrom;
  private int shapeTo;

  /** By depth: where the paths of the container end, and the index in an array or -1. */
  private int[] pathEnds = new int[16];

  private int[] shapeEnds = new int[16];
  private int[] indices = new int[16];
  private int depth;

  private JsonBody(byte[] in, int from, int to, int maxDepth, Arena arena, BodySink sink) {
    this.in = in;
    this.begin = from;
    this.at = from;
    this.to = to;
    this.maxDepth = maxDepth;
    this.arena = arena;
    this.sink = sink;
  }

  public static void read(byte[] in, int from, int to, int maxDepth, Arena arena, BodySink sink) {
    JsonBody body = new JsonBody(in, from, to, maxDepth, arena, sink);
    String problem = body.document();
    if (problem != null) {
      sink.error("JSON: " + problem + " at offset " + (body.at - from));
    }
  }

  private @Nullable String document() {
    append(ROOT, 0, ROOT.length);
    skipBlanks();
    // A byte order mark is not JSON (RFC 8259, 8.1), and nobody agrees on what follows it.
    String problem = value();
    while (problem == null && depth > 0) {
      problem = indices[depth - 1] < 0 ? member() : element();
    }
    if (problem != null) {
      return problem;
    }
    skipBlanks();
    return at == to ? null : "text after the value";
  }

  /** Reads the rest of an object up to its next member's value, or its end. */
  private @Nullable String member() {
    path.length = pathEnds[depth - 1];
    shape.length = shapeEnds[depth - 1];
    skipBlanks();
    if (at == to) {
      return "object does not end";
    }
    boolean first = indices[depth - 1] == -2;
    if (in[at] == '}') {
      at++;
      depth--;
      return null;
    }
    if (!first) {
      if (in[at] != ',') {
        return "expected , or }";
      }
      at++;
      skipBlanks();
    }
    indices[depth - 1] = -1;
    if (at == to || in[at] != '"') {
      return "expected a name";
    }
    String problem = string();
    if (problem != null) {
      return problem;
    }
    append(DOT, 0, 1);
    append(arena.array(), arena.from(), arena.to());
    skipBlanks();
    if (at == to || in[at] != ':') {
      return "expected :";
    }
    at++;
    skipBlanks();
    return value();
  }

  private @Nullable String element() {
    path.length = pathEnds[depth - 1];
    shape.length = shapeEnds[depth - 1];
    skipBlanks();
    if (at == to) {
      return "array does not end";
    }
    int index = indices[depth - 1];
    if (in[at] == ']') {
      at++;
      depth--;
      return null;
    }
    if (index > 0) {
      if (in[at] != ',') {
        return "expected , or ]";
      }
      at++;
      skipBlanks();
    }
    indices[depth - 1] = index + 1;
    append(ARRAY, 0, ARRAY.length);
    path.append(index);
    shape.append(0);
    return value();
  }

  private @Nullable String value() {
    if (at == to) {
      return "expected a value";
    }
    return switch (in[at]) {
      case '{' -> open(-2);
      case '[' -> array();
      case '"' -> {
        String problem = string();
        yield problem == null ? emit(arena.array(), arena.from(), arena.to()) : problem;
      }
      case 't' -> literal("true");
      case 'f' -> literal("false");
      case 'n' -> literal("null");
      default -> number();
    };
  }

  /** An array's own name is an argument too: rules that look at how names end would miss it. */
  private @Nullable String array() {
    String problem = depth > 0 && indices[depth - 1] == -1 ? emit(in, at, at) : null;
    return problem == null ? open(0) : problem;
  }

  private @Nullable String open(int index) {
    at++;
    if (depth == maxDepth) {
      return "nested deeper than " + maxDepth;
    }
    if (depth == pathEnds.length) {
      pathEnds = Arrays.copyOf(pathEnds, depth * 2);
      shapeEnds = Arrays.copyOf(shapeEnds, depth * 2);
      indices = Arrays.copyOf(indices, depth * 2);
    }
    pathEnds[depth] = path.length;
    shapeEnds[depth] = shape.length;
    indices[depth++] = index;
    return null;
  }

  private @Nullable String literal(String word) {
    for (int i = 0; i < word.length(); i++) {
      if (at + i >= to || in[at + i] != word.charAt(i)) {
        return "expected a value";
      }
    }
    at += word.length();
    return word.equals("null") ? emit(in, at, at) : emit(in, at - word.length(), at);
  }

  private @Nullable String number() {
    int begin = at;
    if (at < to && in[at] == '-') {
      at++;
    }
    if (at < to && in[at] == '0') {
      at++;
    } else if (!digits()) {
      return "expected a value";
    }
    if (at < to && in[at] == '.') {
      at++;
      if (!digits()) {
        return "expected a digit";
      }
    }
    if (at < to && (in[at] | 32) == 'e') {
      at++;
      if (at < to && (in[at] == '+' || in[at] == '-')) {
        at++;
      }
      if (!digits()) {
        return "expected a digit";
      }
    }
    return emit(in, begin, at);
  }

  private boolean digits() {
    int begin = at;
    while (at < to && in[at] >= '0' && in[at] <= '9') {
      at++;
    }
    return at > begin;
  }

  private @Nullable String emit(byte[] value, int from, int end) {
    if (!sink.mayAddArgument()) {
      return "too many arguments";
    }
    namesLength += path.length;
    if (path.length > MAX_NAME || namesLength > MAX_NAMES + 8L * (to - begin)) {
      return "names too long";
    }
    // The value may be the arena's current run: a copy of the path begins a new one beside it.
    arena.begin(path.length);
    arena.add(path.octets, 0, path.length);
    byte[] name = arena.array();
    int nameFrom = arena.from();
    int nameTo = arena.to();
    if (!shape.equals(shapeArray, shapeFrom, shapeTo)) {
      if (!shape.equals(name, nameFrom, nameTo)) {
        arena.begin(shape.length);
        arena.add(shape.octets, 0, shape.length);
      }
      shapeArray = arena.array();
      shapeFrom = arena.from();
      shapeTo = arena.to();
    }
    sink.element(name, nameFrom, nameTo, shapeArray, shapeFrom, shapeTo, value, from, end);
    return null;
  }

  /** Decodes the string that begins here into a run of the arena. */
  private @Nullable String string() {
    int end = ++at;
    while (end < to && in[end] != '"') {
      end += in[end] == '\\' ? 2 : 1;
    }
    if (end >= to) {
      return "string does not end";
    }
    arena.begin(end - at);
    while (at < end) {
      int octet = in[at++];
      if (octet >= 0 && octet < 32) {
        return "control character in a string";
      }
      if (octet != '\\') {
        arena.add(octet);
        continue;
      }
      String problem = escape(end);
      if (problem != null) {
        return problem;
      }
    }
    at = end + 1;
    return null;
  }

  private @Nullable String escape(int end) {
    int letter = in[at++];
    switch (letter) {
      case '"', '\\', '/' -> arena.add(letter);
      case 'b' -> arena.add(8);
      case 'f' -> arena.add(12);
      case 'n' -> arena.add(10);
      case 'r' -> arena.add(13);
      case 't' -> arena.add(9);
      case 'u' -> {
        int unit = unit(end);
        if (unit < 0) {
          return "malformed \\u";
        }
        if (Character.isHighSurrogate((char) unit)
            && at + 1 < end
            && in[at] == '\\'
            && in[at + 1] == 'u') {
          int back = at;
          at += 2;
          int low = unit(end);
          if (low >= 0 && Character.isLowSurrogate((char) low)) {
            utf8(Character.toCodePoint((char) unit, (char) low));
            return null;
          }
          at = back;
        }
        utf8(unit);
      }
      default -> {
        return "unknown escape";
      }
    }
    return null;
  }

  private int unit(int end) {
    if (at + 4 > end) {
      return -1;
    }
    int value = 0;
    for (int i = 0; i < 4; i++) {
      int digit = UrlEncodedBody.digit(in[at + i]);
      if (digit < 0) {
        return -1;
      }
      value = value << 4 | digit;
    }
    at += 4;
    return value;
  }

  /** A lone surrogate is written as three octets, as most decoders do or nearly do. */
  private void utf8(int code) {
    if (code < 0x80) {
      arena.add(code);
    } else if (code < 0x800) {
      arena.add(0xc0 | code >> 6);
      arena.add(0x80 | code & 63);
    } else if (code < 0x10000) {
      arena.add(0xe0 | code >> 12);
      arena.add(0x80 | code >> 6 & 63);
      arena.add(0x80 | code & 63);
    } else {
      arena.add(0xf0 | code >> 18);
      arena.add(0x80 | code >> 12 & 63);
      arena.add(0x80 | code >> 6 & 63);
      arena.add(0x80 | code & 63);
    }
  }

  private void skipBlanks() {
    while (at < to && (in[at] == ' ' || in[at] == '\t' || in[at] == '\n' || in[at] == '\r')) {
      at++;
    }
  }

  private void append(byte[] text, int from, int end) {
    path.append(text, from, end);
    shape.append(text, from, end);
  }

  /** How to get to a value. */
  private static final class Path {
    private byte[] octets = new byte[256];
    private int length;

    void append(byte[] text, int from, int end) {
      if (octets.length - length < end - from) {
        octets = Arrays.copyOf(octets, length + Math.max(length, end - from));
      }
      System.arraycopy(text, from, octets, length, end - from);
      length += end - from;
    }

    void append(int number) {
      if (number >= 10) {
        append(number / 10);
      }
      append(DIGITS, number % 10, number % 10 + 1);
    }

    boolean equals(byte[] text, int from, int end) {
      return Arrays.equals(octets, 0, length, text, from, end);
    }
  }
}
