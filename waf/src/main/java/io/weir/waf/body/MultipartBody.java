package io.weir.waf.body;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code multipart/form-data} (RFC 7578, RFC 2046 5.1). It reads what lenient servers read
 * (lines that end with a bare LF, quoting of old browsers), so that nothing hides from it, and
 * flags each leniency, so that rules can refuse it.
 */
public final class MultipartBody {
  private static final int MAX_PART_HEADERS = 16;

  private final byte[] in;
  private final int to;
  private final byte[] delimiter;
  private final BodySink sink;
  private int at;
  private boolean sawCrlf;
  private boolean sawLf;
  private int lineEnd;

  private final int[] headerFrom = new int[MAX_PART_HEADERS];
  private final int[] headerTo = new int[MAX_PART_HEADERS];
  private int headers;

  private MultipartBody(byte[] in, int from, int to, byte[] boundary, BodySink sink) {
    this.in = in;
    this.at = from;
    this.to = to;
    this.sink = sink;
    delimiter = new byte[boundary.length + 2];
    delimiter[0] = '-';
    delimiter[1] = '-';
    System.arraycopy(boundary, 0, delimiter, 2, boundary.length);
  }

  /**
   * @param contentType the whole field value, which has the boundary
   */
  public static void read(byte[] in, int from, int to, String contentType, BodySink sink) {
    byte[] boundary = boundary(contentType, sink);
    if (boundary == null) {
      sink.error("Multipart: no valid boundary in Content-Type");
      return;
    }
    MultipartBody body = new MultipartBody(in, from, to, boundary, sink);
    String problem = body.parts();
    if (body.sawLf) {
      sink.multipart(body.sawCrlf ? MultipartFlag.CRLF_LF_LINES : MultipartFlag.LF_LINE);
      if (body.sawCrlf) {
        sink.multipart(MultipartFlag.LF_LINE);
      }
    }
    if (problem != null) {
      sink.error("Multipart: " + problem);
    }
  }

  private static byte @Nullable [] boundary(String contentType, BodySink sink) {
    String lower = contentType.toLowerCase(Locale.ROOT);
    int parameter = lower.indexOf("boundary");
    if (parameter < 0 || lower.indexOf("boundary", parameter + 8) >= 0 && count(lower) > 1) {
      return null;
    }
    int equals = parameter + 8;
    while (equals < lower.length() && lower.charAt(equals) == ' ') {
      sink.multipart(MultipartFlag.BOUNDARY_WHITESPACE);
      equals++;
    }
    if (equals >= lower.length() || lower.charAt(equals) != '=') {
      return null;
    }
    String value = contentType.substring(equals + 1);
    if (value.startsWith(" ") || value.startsWith("\t")) {
      sink.multipart(MultipartFlag.BOUNDARY_WHITESPACE);
      value = value.strip();
    }
    if (value.startsWith("\"")) {
      sink.multipart(MultipartFlag.BOUNDARY_QUOTED);
      int close = value.indexOf('"', 1);
      if (close < 0) {
        return null;
      }
      value = value.substring(1, close);
    } else {
      int end = 0;
      while (end < value.length() && ";, \t".indexOf(value.charAt(end)) < 0) {
        end++;
      }
      value = value.substring(0, end);
    }
    if (value.isEmpty() || value.length() > 200) {
      return null;
    }
    return value.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static int count(String contentType) {
    int count = 0;
    for (int i = contentType.indexOf("boundary="); i >= 0; ) {
      count++;
      i = contentType.indexOf("boundary=", i + 1);
    }
    return count;
  }

  private @Nullable String parts() {
    int kind;
    while ((kind = delimiterAt(at)) == 0) {
      if (at >= to) {
        return "no boundary found";
      }
      int begin = at;
      nextLine();
      if (lineEnd > begin) {
        sink.multipart(MultipartFlag.DATA_BEFORE);
      }
    }
    while (kind == 1) {
      nextLine();
      String problem = part();
      if (problem != null) {
        return problem;
      }
      kind = delimiterAt(at);
    }
    nextLine();
    for (int i = at; i < to; i++) {
      if (in[i] != '\r' && in[i] != '\n') {
        sink.multipart(MultipartFlag.DATA_AFTER);
        break;
      }
    }
    return null;
  }

  /** 1 for a delimiter at the start of this line, 2 for the last one, 0 for none. */
  private int delimiterAt(int from) {
    if (to - from < delimiter.length) {
      return 0;
    }
    for (int i = 0; i < delimiter.length; i++) {
      if (in[from + i] != delimiter[i]) {
        return 0;
      }
    }
    int end = from + delimiter.length;
    boolean last = to - end >= 2 && in[end] == '-' && in[end + 1] == '-';
    if (last) {
      end += 2;
    }
    int blanks = end;
    while (blanks < to && (in[blanks] == ' ' || in[blanks] == '\t')) {
      blanks++;
    }
    boolean ends = blanks == to || in[blanks] == '\n' || in[blanks] == '\r';
    if (!ends) {
      return 0;
    }
    if (blanks > end) {
      sink.multipart(MultipartFlag.BOUNDARY_WHITESPACE);
    }
    return last ? 2 : 1;
  }

  /** Moves to the next line; {@link #lineEnd} is where this one ended, without its terminator. */
  private void nextLine() {
    int end = at;
    while (end < to && in[end] != '\n') {
      end++;
    }
    lineEnd = end;
    if (end < to) {
      if (end > at && in[end - 1] == '\r') {
        lineEnd--;
        sawCrlf = true;
      } else {
        sawLf = true;
      }
    }
    at = Math.min(to, end + 1);
  }

  private @Nullable String part() {
    headers = 0;
    while (true) {
      if (at >= to) {
        return "part headers do not end";
      }
      int begin = at;
      nextLine();
      if (lineEnd == begin) {
        break;
      }
      if (in[begin] == ' ' || in[begin] == '\t') {
        sink.multipart(
            headers == 0 ? MultipartFlag.INVALID_HEADER_FOLDING : MultipartFlag.HEADER_FOLDING);
        if (headers > 0) {
          headerTo[headers - 1] = lineEnd; // folded lines stay together, terminators included
        }
        continue;
      }
      if (headers == MAX_PART_HEADERS) {
        return "more than " + MAX_PART_HEADERS + " headers in a part";
      }
      headerFrom[headers] = begin;
      headerTo[headers++] = lineEnd;
    }
    return content();
  }

  private int nameFrom;
  private int nameTo;
  private int fileFrom;
  private int fileTo;

  private @Nullable String content() {
    nameFrom = -1;
    fileFrom = -1;
    String problem = null;
    for (int i = 0; i < headers; i++) {
      if (startsWith(headerFrom[i], headerTo[i], "content-disposition")) {
        if (nameFrom >= 0) {
          problem = "two Content-Disposition headers in a part";
        }
        disposition(headerFrom[i], headerTo[i]);
      } else if (!hasColon(headerFrom[i], headerTo[i])) {
        sink.multipart(MultipartFlag.INVALID_PART);
        problem = "part header without colon";
      }
    }
    for (int i = 0; i < headers; i++) {
      sink.partHeader(
          in, Math.max(nameFrom, 0), Math.max(nameTo, 0), in, headerFrom[i], headerTo[i]);
    }
    int begin = at;
    int end = begin;
    while (true) {
      if (at >= to) {
        emit(begin, to);
        return "final boundary missing";
      }
      if (delimiterAt(at) != 0) {
        break;
      }
      if (in[at] == '-' && at + 1 < to && in[at + 1] == '-') {
        unmatched();
      }
      nextLine();
      end = lineEnd;
    }
    if (nameFrom < 0) {
      sink.multipart(MultipartFlag.INVALID_PART);
      problem = problem == null ? "part without name" : problem;
    }
    if (!emit(begin, Math.max(begin, end))) {
      return "too many arguments";
    }
    return problem;
  }

  /** A line that begins like a boundary with other text. */
  private void unmatched() {
    sink.multipart(MultipartFlag.UNMATCHED_BOUNDARY);
  }

  private boolean emit(int from, int end) {
    if (nameFrom < 0) {
      return true;
    }
    if (!sink.mayAddArgument()) {
      return false;
    }
    if (fileFrom >= 0) {
      sink.file(in, nameFrom, nameTo, in, fileFrom, fileTo, from, end);
    } else {
      sink.argument(in, nameFrom, nameTo, in, from, end);
    }
    return true;
  }

  private boolean hasColon(int from, int end) {
    for (int i = from; i < end; i++) {
      if (in[i] == ':') {
        return i > from;
      }
    }
    return false;
  }

  private boolean startsWith(int from, int end, String lower) {
    if (end - from < lower.length()) {
      return false;
    }
    for (int i = 0; i < lower.length(); i++) {
      int octet = in[from + i];
      if ((octet >= 'A' && octet <= 'Z' ? octet + 32 : octet) != lower.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** Finds name and filename; what does not look like a parameter is flagged and skipped. */
  private void disposition(int from, int end) {
    int i = from;
    while (i < end && in[i] != ':') {
      i++;
    }
    i++;
    while (i < end && in[i] != ';') {
      if (in[i] == '=') {
        sink.multipart(MultipartFlag.MISSING_SEMICOLON);
        break;
      }
      i++;
    }
    boolean first = true;
    while (i < end) {
      if (in[i] == ';') {
        i++;
      } else if (!first) {
        sink.multipart(MultipartFlag.MISSING_SEMICOLON);
      }
      first = false;
      while (i < end && (in[i] == ' ' || in[i] == '\t' || in[i] == '\r' || in[i] == '\n')) {
        i++;
      }
      int name = i;
      while (i < end && in[i] != '=' && in[i] != ';') {
        i++;
      }
      if (i >= end || in[i] == ';') {
        if (i > name) {
          sink.multipart(MultipartFlag.INVALID_PART);
        }
        continue;
      }
      i = parameter(name, i, end);
    }
  }

  private int parameter(int name, int equals, int end) {
    int nameEnd = equals;
    while (nameEnd > name && (in[nameEnd - 1] == ' ' || in[nameEnd - 1] == '\t')) {
      nameEnd--;
    }
    int i = equals + 1;
    while (i < end && (in[i] == ' ' || in[i] == '\t')) {
      i++;
    }
    int valueFrom = i;
    int valueTo;
    if (i < end && in[i] == '"') {
      valueFrom = ++i;
      while (i < end && in[i] != '"') {
        // Browsers send a backslash as it is, others escape the quote with it.
        i += in[i] == '\\' && i + 1 < end && in[i + 1] == '"' ? 2 : 1;
      }
      valueTo = Math.min(i, end);
      if (i >= end) {
        sink.multipart(MultipartFlag.INVALID_QUOTING);
      }
      i++;
    } else {
      if (i < end && in[i] == '\'') {
        sink.multipart(MultipartFlag.INVALID_QUOTING);
      }
      while (i < end && in[i] != ';') {
        i++;
      }
      valueTo = i;
    }
    while (i < end && (in[i] == ' ' || in[i] == '\t')) {
      i++;
    }
    boolean isFile =
        equalsName(name, nameEnd, "filename") || equalsName(name, nameEnd, "filename*");
    if (equalsName(name, nameEnd, "name")) {
      if (nameFrom >= 0) {
        sink.multipart(MultipartFlag.INVALID_PART);
      }
      nameFrom = valueFrom;
      nameTo = valueTo;
    } else if (isFile) {
      if (fileFrom >= 0 && nameEnd - name == 8) {
        sink.multipart(MultipartFlag.INVALID_PART);
      }
      fileFrom = valueFrom;
      fileTo = valueTo;
    }
    return i;
  }

  private boolean equalsName(int from, int end, String lower) {
    return end - from == lower.length() && startsWith(from, end, lower);
  }
}
