package io.weir.proxy.http1;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A second reader of HTTP/1.1, written from RFC 9112 and RFC 9110 alone and sharing no line with
 * Weir's: slow and obvious, one method for each rule of the grammar, one octet at a time, no
 * repair.
 *
 * <p>It reads whatever a recipient has to understand. What Weir sends has to be more: {@link
 * Request#canonical} and {@link Response#canonical} write a message down in the one form that
 * leaves no choice to any reader, and that has to be octet for octet what was read.
 */
public final class SecondReader {
  private static final int LONGEST_NUMBER = 15;

  private final InputStream in;
  private final StringBuilder taken = new StringBuilder();
  private int peeked = -2;

  /** The octets do not follow the grammar. */
  public static final class Malformed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Malformed(String rule) {
      super(rule);
    }
  }

  /** The octets end within a message. */
  public static final class CutShort extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** One field line; the value without the white space around it. */
  public record Field(String name, String value) {
    boolean is(String other) {
      return name.equalsIgnoreCase(other);
    }
  }

  /**
   * A request.
   *
   * @param version such as {@code HTTP/1.1}
   * @param body content without its framing, an octet a character
   * @param chunks sizes of the chunks, or null where the content is not chunked
   * @param octets as it stood on the wire
   */
  public record Request(
      String method,
      String target,
      String version,
      List<Field> fields,
      String body,
      @Nullable List<Integer> chunks,
      String octets) {

    /** The values of all fields of a name. */
    public List<String> values(String name) {
      return valuesOf(fields, name);
    }

    /** This request in the one form that leaves no choice to a reader. */
    public String canonical() {
      return head(method + " " + target + " HTTP/1.1", fields) + content(body, chunks);
    }
  }

  /** A response; see {@link Request}. */
  public record Response(
      int status,
      String phrase,
      String version,
      List<Field> fields,
      String body,
      @Nullable List<Integer> chunks,
      boolean endsWithConnection,
      String octets) {

    /** The values of all fields of a name. */
    public List<String> values(String name) {
      return valuesOf(fields, name);
    }

    /** This response in the one form that leaves no choice to a reader. */
    public String canonical() {
      return head("HTTP/1.1 " + status + " " + phrase, fields) + content(body, chunks);
    }
  }

  private record Content(String body, @Nullable List<Integer> chunks) {
    static final Content NONE = new Content("", null);
  }

  /** Reads from a socket or the like. */
  public SecondReader(InputStream in) {
    this.in = in;
  }

  /** Reads these octets. */
  public SecondReader(byte[] octets) {
    this(new ByteArrayInputStream(octets));
  }

  // ------------------------------------------------------------------ messages

  /** The next request, or null where the octets end before it. */
  public @Nullable Request request() {
    taken.setLength(0);
    if (isAtEnd()) {
      return null;
    }
    if (peek() == '\r') { // RFC 9112 §2.2
      lineEnd();
    }
    String method = token();
    one(' ');
    String target = target();
    one(' ');
    String version = version();
    lineEnd();
    List<Field> fields = fields();
    checkHost(fields, version);
    Content content = requestContent(fields, version);
    return new Request(
        method, target, version, fields, content.body, content.chunks, taken.toString());
  }

  /**
   * The next response, interim ones too.
   *
   * @param toMethod of the request it answers, which decides whether it has content
   */
  public Response response(String toMethod) {
    taken.setLength(0);
    String version = version();
    one(' ');
    String digits = "" + digit() + digit() + digit();
    int status = Integer.parseInt(digits);
    if (status < 100 || status > 599) {
      throw new Malformed("status: " + status);
    }
    String phrase = "";
    if (peek() == ' ') { // RFC 9112 §4 asks for it; one tolerates its absence
      one(' ');
      phrase = text();
    }
    lineEnd();
    List<Field> fields = fields();
    boolean none = toMethod.equals("HEAD") || status < 200 || status == 204 || status == 304;
    if (none) {
      checkNoContent(fields, status);
      return new Response(status, phrase, version, fields, "", null, false, taken.toString());
    }
    Content content = framed(fields, version);
    boolean untilEnd = content == null;
    if (content == null) {
      content = new Content(rest(), null);
    }
    return new Response(
        status, phrase, version, fields, content.body, content.chunks, untilEnd, taken.toString());
  }

  /** RFC 9112 §3.2: exactly one Host in HTTP/1.1, and at most one ever. */
  private static void checkHost(List<Field> fields, String version) {
    List<String> hosts = valuesOf(fields, "Host");
    if (hosts.size() > 1 || hosts.isEmpty() && version.equals("HTTP/1.1")) {
      throw new Malformed("Host fields: " + hosts.size());
    }
  }

  /** RFC 9112 §6.1, RFC 9110 §8.6: what 1xx and 204 may not say. */
  private static void checkNoContent(List<Field> fields, int status) {
    framing(fields);
    boolean never = status < 200 || status == 204;
    List<String> lengths = valuesOf(fields, "Content-Length");
    boolean zero = lengths.isEmpty() || lengths.getFirst().chars().allMatch(c -> c == '0');
    if (never && (!valuesOf(fields, "Transfer-Encoding").isEmpty() || !zero)) {
      throw new Malformed("content in " + status);
    }
  }

  // ------------------------------------------------------------------ RFC 9112 §6: content

  private Content requestContent(List<Field> fields, String version) {
    Content content = framed(fields, version);
    return content == null ? Content.NONE : content;
  }

  /** Content by its framing, or null where the head says nothing about it. */
  private @Nullable Content framed(List<Field> fields, String version) {
    framing(fields);
    if (!valuesOf(fields, "Transfer-Encoding").isEmpty()) {
      if (!version.equals("HTTP/1.1")) {
        throw new Malformed("Transfer-Encoding in " + version);
      }
      return chunked();
    }
    List<String> lengths = valuesOf(fields, "Content-Length");
    return lengths.isEmpty() ? null : new Content(octets(number(lengths.getFirst())), null);
  }

  /** At most one statement about the length, and one that everybody understands. */
  private static void framing(List<Field> fields) {
    List<String> codings = valuesOf(fields, "Transfer-Encoding");
    List<String> lengths = valuesOf(fields, "Content-Length");
    if (codings.size() + lengths.size() > 1) {
      throw new Malformed("framing fields: " + (codings.size() + lengths.size()));
    }
    if (!codings.isEmpty() && !codings.getFirst().equalsIgnoreCase("chunked")) {
      throw new Malformed("coding: " + codings.getFirst());
    }
    if (!lengths.isEmpty()) {
      number(lengths.getFirst());
    }
  }

  private static long number(String digits) {
    boolean all = !digits.isEmpty() && digits.chars().allMatch(c -> c >= '0' && c <= '9');
    String significant = digits.replaceFirst("^0+(?=.)", "");
    if (!all || significant.length() > LONGEST_NUMBER) {
      throw new Malformed("number: " + digits);
    }
    return Long.parseLong(digits);
  }

  /** RFC 9112 §7.1. */
  private Content chunked() {
    StringBuilder body = new StringBuilder();
    List<Integer> sizes = new ArrayList<>();
    while (true) {
      long size = chunkSize();
      extensions();
      lineEnd();
      if (size == 0) {
        break;
      }
      body.append(octets(size));
      sizes.add((int) size);
      lineEnd();
    }
    for (Field trailer : fields()) {
      if (isFraming(trailer.name)) {
        throw new Malformed("trailer: " + trailer.name);
      }
    }
    return new Content(body.toString(), sizes);
  }

  private static boolean isFraming(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "content-length",
          "transfer-encoding",
          "host",
          "connection",
          "keep-alive",
          "proxy-connection",
          "te",
          "upgrade" ->
          true;
      default -> false;
    };
  }

  private long chunkSize() {
    StringBuilder digits = new StringBuilder();
    while (isHex(peek())) {
      digits.append((char) next());
    }
    if (digits.isEmpty() || digits.length() > LONGEST_NUMBER) {
      throw new Malformed("chunk size: " + digits);
    }
    return Long.parseLong(digits.toString(), 16);
  }

  /** RFC 9112 §7.1.1. */
  private void extensions() {
    while (peek() == ';') {
      one(';');
      token();
      if (peek() == '=') {
        one('=');
        if (peek() == '"') {
          quoted();
        } else {
          token();
        }
      }
    }
  }

  /** RFC 9110 §5.6.4. */
  private void quoted() {
    one('"');
    while (peek() != '"') {
      if (peek() == '\\') {
        one('\\');
      }
      if (!isText(peek())) {
        throw new Malformed("in quotes: " + peek());
      }
      next();
    }
    one('"');
  }

  // ------------------------------------------------------------------ RFC 9112 §3 and §5: the head

  private String version() {
    one('H');
    one('T');
    one('T');
    one('P');
    one('/');
    one('1');
    one('.');
    char minor = digit();
    if (minor > '1') {
      throw new Malformed("version 1." + minor);
    }
    return "HTTP/1." + minor;
  }

  /** Visible ASCII; the path is in RFC 3986's letters, the query also in those of browsers. */
  private String target() {
    StringBuilder target = new StringBuilder();
    while (peek() > ' ' && peek() < 0x7f) {
      char c = (char) next();
      String never = target.indexOf("?") < 0 ? "\"<>\\^`{|}#" : "\"<>#";
      if (never.indexOf(c) >= 0) {
        throw new Malformed("in target: " + c);
      }
      target.append(c);
    }
    if (target.isEmpty()) {
      throw new Malformed("target: none");
    }
    return target.toString();
  }

  private List<Field> fields() {
    List<Field> fields = new ArrayList<>();
    while (peek() != '\r') {
      fields.add(field());
      lineEnd();
    }
    lineEnd();
    return fields;
  }

  private Field field() {
    String name = token();
    one(':');
    return new Field(name, trim(text()));
  }

  private static String trim(String text) {
    int start = 0;
    int end = text.length();
    while (start < end && isSpace(text.charAt(start))) {
      start++;
    }
    while (end > start && isSpace(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(start, end);
  }

  private static boolean isSpace(char c) {
    return c == ' ' || c == '\t';
  }

  // ------------------------------------------------------------------ RFC 9110 §5.6: small things

  private String token() {
    StringBuilder token = new StringBuilder();
    while (isToken(peek())) {
      token.append((char) next());
    }
    if (token.isEmpty()) {
      throw new Malformed("token expected, not " + peek());
    }
    return token.toString();
  }

  private String text() {
    StringBuilder text = new StringBuilder();
    while (isText(peek())) {
      text.append((char) next());
    }
    return text.toString();
  }

  private char digit() {
    if (peek() < '0' || peek() > '9') {
      throw new Malformed("digit expected, not " + peek());
    }
    return (char) next();
  }

  private void lineEnd() {
    one('\r');
    one('\n');
  }

  private void one(char expected) {
    if (peek() != expected) {
      throw new Malformed((int) expected + " expected, not " + peek());
    }
    next();
  }

  private static boolean isToken(int c) {
    return c >= 'a' && c <= 'z'
        || c >= 'A' && c <= 'Z'
        || c >= '0' && c <= '9'
        || c > 0 && "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
  }

  private static boolean isText(int c) {
    return c == '\t' || c >= ' ' && c != 0x7f;
  }

  private static boolean isHex(int c) {
    return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F';
  }

  // ------------------------------------------------------------------ octets

  /** Whether nothing more comes. */
  public boolean isAtEnd() {
    try {
      if (peeked == -2) {
        peeked = in.read();
      }
      return peeked == -1;
    } catch (IOException broken) {
      throw new CutShort();
    }
  }

  /** The same, where a connection that broke is at its end too. */
  public boolean isAtEndOrCut() {
    try {
      return isAtEnd();
    } catch (CutShort broken) {
      return true;
    }
  }

  private int peek() {
    if (isAtEnd()) {
      throw new CutShort();
    }
    return peeked;
  }

  private int next() {
    int octet = peek();
    peeked = -2;
    taken.append((char) octet);
    return octet;
  }

  private String octets(long count) {
    StringBuilder octets = new StringBuilder();
    for (long i = 0; i < count; i++) {
      octets.append((char) next());
    }
    return octets.toString();
  }

  /** All that is left, to the end. */
  String rest() {
    StringBuilder octets = new StringBuilder();
    while (!isAtEnd()) {
      octets.append((char) next());
    }
    return octets.toString();
  }

  // ------------------------------------------------------------------ the canonical form

  private static List<String> valuesOf(List<Field> fields, String name) {
    return fields.stream().filter(field -> field.is(name)).map(Field::value).toList();
  }

  private static String head(String startLine, List<Field> fields) {
    StringBuilder head = new StringBuilder(startLine).append("\r\n");
    for (Field field : fields) {
      String value = field.is("Content-Length") ? "" + number(field.value) : field.value;
      head.append(field.name).append(": ").append(value).append("\r\n");
    }
    return head.append("\r\n").toString();
  }

  private static String content(String body, @Nullable List<Integer> chunks) {
    if (chunks == null) {
      return body;
    }
    StringBuilder content = new StringBuilder();
    int at = 0;
    for (int size : chunks) {
      content.append(Integer.toHexString(size)).append("\r\n");
      content.append(body, at, at + size).append("\r\n");
      at += size;
    }
    return content.append("0\r\n\r\n").toString();
  }
}
