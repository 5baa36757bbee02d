package io.weir.waf.regression;

import java.io.ByteArrayOutputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A request as a test's client sends it: read as parts for engines, and as octets for servers.
 *
 * @param body the content, without chunks
 * @param octets exactly what goes over the connection
 */
@SuppressWarnings("ArrayRecordComponent")
public record TestRequest(
    String method,
    String uri,
    String version,
    List<Map.Entry<String, String>> headers,
    byte[] body,
    byte[] octets) {

  private static final String FORM = "application/x-www-form-urlencoded";
  private static final Pattern HAS_CONTENT = Pattern.compile("POST|.*PUT.*|.*PATCH.*|.*DELETE");
  private static final Pattern ESCAPED = Pattern.compile("%[0-9A-Fa-f]{2}");

  /** The first field of that name, or null. */
  public @Nullable String header(String name) {
    for (Map.Entry<String, String> header : headers) {
      if (header.getKey().equalsIgnoreCase(name)) {
        return header.getValue();
      }
    }
    return null;
  }

  /**
   * An {@code input} of the schema. As the reference client does, this completes header fields and
   * encodes plain form data.
   *
   * @throws IllegalArgumentException if a part that is encoded cannot be decoded
   */
  static TestRequest of(Map<?, ?> input) {
    String encoded = text(input, "encoded_request", "");
    return encoded.isEmpty() ? completed(input) : ofOctets(Base64.getMimeDecoder().decode(encoded));
  }

  private static String text(Map<?, ?> input, String key, String otherwise) {
    Object value = input.get(key);
    return value == null ? otherwise : value.toString();
  }

  private static TestRequest completed(Map<?, ?> input) {
    Map<String, String> headers = new LinkedHashMap<>();
    RegressionTest.map(input.get("headers"))
        .forEach((name, value) -> headers.put("" + name, value == null ? "" : "" + value));
    String method = text(input, "method", "GET");
    boolean complete = !Boolean.FALSE.equals(input.get("autocomplete_headers"));
    byte[] body = content(text(input, "data", ""), headers, complete);
    if (complete) {
      addIfMissing(headers, "Connection", "close");
      if (body.length > 0 || HAS_CONTENT.matcher(method).matches()) {
        addIfMissing(headers, "Content-Length", "" + body.length);
      }
    }
    String uri = text(input, "uri", "/");
    String version = text(input, "version", "HTTP/1.1");
    return new TestRequest(
        method,
        uri,
        version,
        List.copyOf(headers.entrySet()),
        body,
        octets(method + " " + uri + " " + version, headers, body));
  }

  private static byte[] content(String data, Map<String, String> headers, boolean complete) {
    String content = data;
    if (complete && !data.isEmpty()) {
      addIfMissing(headers, "Content-Type", FORM);
      if (FORM.equals(find(headers, "Content-Type"))) {
        content = encodeIfPlain(data);
      }
    }
    if (find(headers, "Content-Type").startsWith("multipart/form-data;")) {
      content = content.replace("\n", "\r\n");
    }
    return content.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] octets(String line, Map<String, String> headers, byte[] body) {
    StringBuilder head = new StringBuilder(line).append("\r\n");
    headers.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    ByteArrayOutputStream octets = new ByteArrayOutputStream();
    octets.writeBytes(head.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
    octets.writeBytes(body);
    return octets.toByteArray();
  }

  private static String find(Map<String, String> headers, String name) {
    for (Map.Entry<String, String> header : headers.entrySet()) {
      if (header.getKey().equalsIgnoreCase(name)) {
        return header.getValue();
      }
    }
    return "";
  }

  private static void addIfMissing(Map<String, String> headers, String name, String value) {
    if (headers.keySet().stream().noneMatch(name::equalsIgnoreCase)) {
      headers.put(name, value);
    }
  }

  /** Data with a percent sign that begins no escape is what the client cannot read: sent as is. */
  private static String encodeIfPlain(String data) {
    if (data.indexOf('+') >= 0 || ESCAPED.matcher(data).find() || data.indexOf('%') >= 0) {
      return data;
    }
    List<String> pairs = new ArrayList<>();
    for (String pair : data.split("&", -1)) {
      int equals = pair.indexOf('=');
      pairs.add(
          equals < 0
              ? encode(pair)
              : encode(pair.substring(0, equals)) + "=" + encode(pair.substring(equals + 1)));
    }
    return String.join("&", pairs);
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("*", "%2A").replace("%7E", "~");
  }

  // ------------------------------------------------------------------ recorded

  /**
   * A request as it was recorded, well-formed or not. A part that is missing is empty; a line
   * without a colon is no field.
   *
   * @param octets head and content, lines ended by CR LF
   * @throws NumberFormatException if the size of a chunk is none
   */
  public static TestRequest ofOctets(byte[] octets) {
    String text = new String(octets, StandardCharsets.ISO_8859_1);
    int end = text.indexOf("\r\n\r\n");
    String[] lines = (end < 0 ? text : text.substring(0, end)).split("\r\n", -1);
    String[] line = Arrays.copyOf(lines[0].split(" ", 3), 3);
    List<Map.Entry<String, String>> headers = new ArrayList<>();
    boolean chunked = false;
    for (int i = 1; i < lines.length; i++) {
      int colon = lines[i].indexOf(':');
      if (colon > 0) {
        headers.add(Map.entry(lines[i].substring(0, colon), lines[i].substring(colon + 1).strip()));
        chunked |= lines[i].equalsIgnoreCase("transfer-encoding: chunked");
      }
    }
    String body = end < 0 ? "" : text.substring(end + 4);
    return new TestRequest(
        part(line[0]),
        part(line[1]),
        part(line[2]),
        headers,
        (chunked ? joinChunks(body) : body).getBytes(StandardCharsets.ISO_8859_1),
        octets);
  }

  private static String part(@Nullable String part) {
    return part == null ? "" : part;
  }

  private static String joinChunks(String body) {
    StringBuilder out = new StringBuilder();
    int at = 0;
    while (at < body.length()) {
      int end = body.indexOf("\r\n", at);
      int size = end < 0 ? 0 : Integer.parseInt(body.substring(at, end).strip(), 16);
      if (size <= 0) {
        break;
      }
      size = Math.min(size, body.length());
      out.append(body, end + 2, Math.min(body.length(), end + 2 + size));
      at = end + 4 + size;
    }
    return out.toString();
  }
}
