package io.weir.waf.body;

import org.jspecify.annotations.Nullable;

/**
 * Reads XML 1.0 as far as inspection needs it: all character data as one text, and each attribute's
 * value. No entity but the five of the language is expanded, nothing is ever loaded: a reference to
 * a declared entity is an error, since only its meaning could be judged. Iterative.
 */
public final class XmlBody {
  private static final int MAX_DEPTH = 256;

  private final byte[] in;
  private final int to;
  private final BodySink sink;
  private final Arena arena;
  private final byte[] text;
  private int textLength;
  private int at;

  /** Where the names of open elements begin and end. */
  private final int[] names = new int[2 * MAX_DEPTH];

  private int depth;
  private boolean sawRoot;

  private XmlBody(byte[] in, int from, int to, Arena arena, BodySink sink) {
    this.in = in;
    this.at = from;
    this.to = to;
    this.arena = arena;
    this.sink = sink;
    text = new byte[to - from];
  }

  public static void read(byte[] in, int from, int to, Arena arena, BodySink sink) {
    XmlBody body = new XmlBody(in, from, to, arena, sink);
    String problem = body.document();
    if (body.textLength > 0) {
      sink.xml(false, body.text, 0, body.textLength);
    }
    if (problem != null) {
      sink.error("XML: " + problem + " at offset " + (body.at - from));
    }
  }

  private @Nullable String document() {
    if (startsWith("\u00ef\u00bb\u00bf")) {
      at += 3;
    }
    while (at < to) {
      String problem = in[at] == '<' ? markup() : characters();
      if (problem != null) {
        return problem;
      }
    }
    return depth > 0 ? "element does not end" : sawRoot ? null : "no element";
  }

  private @Nullable String characters() {
    int octet = in[at];
    if (octet == '&') {
      int length = reference(at);
      if (length < 0) {
        return "unknown entity";
      }
      text[textLength++] = (byte) referenced;
      at += length;
      return null;
    }
    boolean blank = octet == ' ' || octet == '\t' || octet == '\r' || octet == '\n';
    if (depth == 0 && !blank) {
      return "text outside of the document element";
    }
    if (depth > 0) {
      text[textLength++] = (byte) octet;
    }
    at++;
    return null;
  }

  private @Nullable String markup() {
    if (startsWith("<!--")) {
      return skipTo("-->");
    }
    if (startsWith("<![CDATA[")) {
      int begin = at + 9;
      String problem = skipTo("]]>");
      if (problem == null) {
        System.arraycopy(in, begin, text, textLength, at - 3 - begin);
        textLength += at - 3 - begin;
      }
      return problem;
    }
    if (startsWith("<?")) {
      return skipTo("?>");
    }
    if (startsWith("<!DOCTYPE")) {
      return doctype();
    }
    return startsWith("</") ? close() : open();
  }

  private @Nullable String skipTo(String end) {
    while (at < to) {
      if (startsWith(end)) {
        at += end.length();
        return null;
      }
      at++;
    }
    return "expected " + end;
  }

  /**
   * What is declared is not used, but quoted text in it is looked at as if it were an attribute.
   */
  private @Nullable String doctype() {
    if (sawRoot) {
      return "DOCTYPE after the document element";
    }
    int brackets = 0;
    while (at < to) {
      int octet = in[at];
      if (startsWith("<!--")) {
        String problem = skipTo("-->");
        if (problem != null) {
          return problem;
        }
        continue;
      }
      if (octet == '"' || octet == '\'') {
        int end = at + 1;
        while (end < to && in[end] != octet) {
          end++;
        }
        if (end == to) {
          return "literal does not end";
        }
        sink.xml(true, in, at + 1, end);
        at = end;
      } else if (octet == '[') {
        brackets++;
      } else if (octet == ']') {
        brackets--;
      } else if (octet == '>' && brackets <= 0) {
        at++;
        return null;
      }
      at++;
    }
    return "DOCTYPE does not end";
  }

  private @Nullable String open() {
    if (depth == 0 && sawRoot) {
      return "second document element";
    }
    if (depth == MAX_DEPTH) {
      return "nested deeper than " + MAX_DEPTH;
    }
    sawRoot = true;
    int name = ++at;
    skipName();
    if (at == name) {
      return "expected a name";
    }
    names[2 * depth] = name;
    names[2 * depth + 1] = at;
    depth++;
    while (true) {
      skipBlanks();
      if (at >= to) {
        return "tag does not end";
      }
      if (in[at] == '>') {
        at++;
        return null;
      }
      if (startsWith("/>")) {
        at += 2;
        depth--;
        return null;
      }
      String problem = attribute();
      if (problem != null) {
        return problem;
      }
    }
  }

  private @Nullable String attribute() {
    int name = at;
    skipName();
    if (at == name) {
      return "expected an attribute";
    }
    skipBlanks();
    if (at >= to || in[at] != '=') {
      return "expected =";
    }
    at++;
    skipBlanks();
    if (at >= to || in[at] != '"' && in[at] != '\'') {
      return "expected a quoted value";
    }
    int quote = in[at++];
    int end = at;
    while (end < to && in[end] != quote) {
      if (in[end] == '<') {
        return "< in an attribute";
      }
      end++;
    }
    if (end == to) {
      return "attribute does not end";
    }
    arena.begin(end - at);
    while (at < end) {
      if (in[at] == '&') {
        int length = reference(at);
        if (length < 0) {
          return "unknown entity";
        }
        arena.add(referenced);
        at += length;
      } else {
        arena.add(in[at++]);
      }
    }
    at++;
    sink.xml(true, arena.array(), arena.from(), arena.to());
    return null;
  }

  private @Nullable String close() {
    at += 2;
    int name = at;
    skipName();
    int end = at;
    skipBlanks();
    if (at >= to || in[at] != '>') {
      return "expected >";
    }
    at++;
    if (depth == 0) {
      return "end tag without start";
    }
    depth--;
    int from = names[2 * depth];
    if (!java.util.Arrays.equals(in, from, names[2 * depth + 1], in, name, end)) {
      return "end tag of another element";
    }
    return null;
  }

  private int referenced;

  /** Length of the reference that begins here, or -1; its octet goes to {@link #referenced}. */
  private int reference(int from) {
    int end = from + 1;
    while (end < to && end < from + 12 && in[end] != ';') {
      end++;
    }
    if (end >= to || in[end] != ';') {
      return -1;
    }
    String name =
        new String(in, from + 1, end - from - 1, java.nio.charset.StandardCharsets.ISO_8859_1);
    referenced =
        switch (name) {
          case "amp" -> '&';
          case "lt" -> '<';
          case "gt" -> '>';
          case "quot" -> '"';
          case "apos" -> '\'';
          default -> numeric(name);
        };
    return referenced < 0 ? -1 : end - from + 1;
  }

  private static int numeric(String name) {
    boolean hex = name.startsWith("#x");
    if (!hex && !name.startsWith("#")) {
      return -1;
    }
    int value = 0;
    for (int i = hex ? 2 : 1; i < name.length(); i++) {
      int digit = Character.digit(name.charAt(i), hex ? 16 : 10);
      if (digit < 0) {
        return -1;
      }
      value = (value * (hex ? 16 : 10) + digit) & 0xffffff;
    }
    // Beyond ASCII a question mark stands in: no rule looks for what it would be.
    return value == 0 ? -1 : value < 128 ? value : '?';
  }

  private void skipName() {
    while (at < to && " \t\r\n/>=<\"'&".indexOf(in[at]) < 0) {
      at++;
    }
  }

  private void skipBlanks() {
    while (at < to && (in[at] == ' ' || in[at] == '\t' || in[at] == '\r' || in[at] == '\n')) {
      at++;
    }
  }

  private boolean startsWith(String wanted) {
    if (to - at < wanted.length()) {
      return false;
    }
    for (int i = 0; i < wanted.length(); i++) {
      if ((in[at + i] & 0xff) != wanted.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
