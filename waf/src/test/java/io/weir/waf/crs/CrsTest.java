package io.weir.waf.crs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * One of the Core Rule Set's own regression tests, in the format of ftw-tests-schema.
 *
 * @param name rule and number, as overrides name it
 */
record CrsTest(String name, List<Stage> stages) {

  record Stage(
      Request request,
      List<Integer> expected,
      List<Integer> unexpected,
      @Nullable String pattern,
      @Nullable String noPattern,
      int status,
      boolean mayFail) {}

  /** A request as the test's client sends it. */
  @SuppressWarnings("ArrayRecordComponent")
  record Request(
      String method,
      String uri,
      String version,
      List<Map.Entry<String, String>> headers,
      byte[] body) {

    @Nullable String header(String name) {
      for (Map.Entry<String, String> header : headers) {
        if (header.getKey().equalsIgnoreCase(name)) {
          return header.getValue();
        }
      }
      return null;
    }
  }

  static List<CrsTest> readAll(Path folder) throws IOException {
    List<CrsTest> tests = new ArrayList<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(f -> f.toString().matches(".*\\.ya?ml")).sorted().toList()) {
        read(file, tests);
      }
    }
    return tests;
  }

  private static void read(Path file, List<CrsTest> tests) throws IOException {
    Load load = new Load(LoadSettings.builder().setCodePointLimit(64 << 20).build());
    Object document = load.loadFromString(Files.readString(file));
    if (!(document instanceof Map<?, ?> map) || map.get("tests") == null) {
      return;
    }
    for (Object test : list(map.get("tests"))) {
      Map<?, ?> fields = (Map<?, ?>) test;
      List<Stage> stages = new ArrayList<>();
      for (Object stage : list(fields.get("stages"))) {
        stages.add(stage((Map<?, ?>) stage));
      }
      tests.add(new CrsTest(map.get("rule_id") + "-" + fields.get("test_id"), stages));
    }
  }

  private static List<?> list(@Nullable Object value) {
    return value instanceof List<?> list ? list : List.of();
  }

  private static Stage stage(Map<?, ?> fields) {
    Map<?, ?> input = fields.get("input") instanceof Map<?, ?> map ? map : Map.of();
    Map<?, ?> output = fields.get("output") instanceof Map<?, ?> given ? given : Map.of();
    Map<?, ?> log = output.get("log") instanceof Map<?, ?> given ? given : Map.of();
    return new Stage(
        request(input),
        ids(log.get("expect_ids")),
        ids(log.get("no_expect_ids")),
        (String) log.get("match_regex"),
        (String) log.get("no_match_regex"),
        output.get("status") instanceof Integer status ? status : 0,
        Boolean.TRUE.equals(output.get("expect_error")));
  }

  private static List<Integer> ids(@Nullable Object list) {
    List<Integer> ids = new ArrayList<>();
    if (list instanceof List<?> values) {
      values.forEach(value -> ids.add((Integer) value));
    }
    return ids;
  }

  private static String text(Map<?, ?> input, String key, String otherwise) {
    Object value = input.get(key);
    return value == null ? otherwise : value.toString();
  }

  /** What the reference client sends: it completes header fields and encodes plain form data. */
  private static Request request(Map<?, ?> input) {
    if (input.get("encoded_request") != null) {
      return raw(Base64.getMimeDecoder().decode(text(input, "encoded_request", "")));
    }
    Map<String, String> headers = new LinkedHashMap<>();
    if (input.get("headers") instanceof Map<?, ?> given) {
      given.forEach((name, value) -> headers.put(name.toString(), value == null ? "" : "" + value));
    }
    String data = text(input, "data", "");
    String method = text(input, "method", "GET");
    boolean complete = !Boolean.FALSE.equals(input.get("autocomplete_headers"));
    if (complete && !data.isEmpty()) {
      addIfMissing(headers, "Content-Type", "application/x-www-form-urlencoded");
      if ("application/x-www-form-urlencoded".equals(find(headers, "Content-Type"))) {
        data = encodeIfPlain(data);
      }
    }
    if (find(headers, "Content-Type").startsWith("multipart/form-data;")) {
      data = data.replace("\n", "\r\n");
    }
    byte[] body = data.getBytes(StandardCharsets.UTF_8);
    if (complete) {
      addIfMissing(headers, "Connection", "close");
      if (body.length > 0 || method.matches("POST|.*PUT.*|.*PATCH.*|.*DELETE")) {
        addIfMissing(headers, "Content-Length", "" + body.length);
      }
    }
    return new Request(
        method,
        text(input, "uri", "/"),
        text(input, "version", "HTTP/1.1"),
        new ArrayList<>(headers.entrySet()),
        body);
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

  private static String encodeIfPlain(String data) {
    if (data.indexOf('+') >= 0 || data.matches("(?s).*%[0-9A-Fa-f]{2}.*")) {
      return data;
    }
    if (data.indexOf('%') >= 0) {
      return data; // the client cannot unescape it and sends it as it is
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
    return java.net.URLEncoder.encode(text, StandardCharsets.UTF_8)
        .replace("*", "%2A")
        .replace("%7E", "~");
  }

  private static Request raw(byte[] octets) {
    String text = new String(octets, StandardCharsets.ISO_8859_1);
    int end = text.indexOf("\r\n\r\n");
    String head = end < 0 ? text : text.substring(0, end);
    String body = end < 0 ? "" : text.substring(end + 4);
    String[] lines = head.split("\r\n", -1);
    String[] line = lines[0].split(" ", 3);
    List<Map.Entry<String, String>> headers = new ArrayList<>();
    boolean chunked = false;
    for (int i = 1; i < lines.length; i++) {
      int colon = lines[i].indexOf(':');
      if (colon > 0) {
        headers.add(Map.entry(lines[i].substring(0, colon), lines[i].substring(colon + 1).strip()));
        chunked |= lines[i].equalsIgnoreCase("transfer-encoding: chunked");
      }
    }
    return new Request(
        line[0],
        line.length > 1 ? line[1] : "",
        line.length > 2 ? line[2] : "",
        headers,
        (chunked ? dechunk(body) : body).getBytes(StandardCharsets.ISO_8859_1));
  }

  private static String dechunk(String body) {
    StringBuilder out = new StringBuilder();
    int at = 0;
    while (at < body.length()) {
      int end = body.indexOf("\r\n", at);
      int size = end < 0 ? 0 : Integer.parseInt(body.substring(at, end).strip(), 16);
      if (size == 0) {
        break;
      }
      out.append(body, end + 2, Math.min(body.length(), end + 2 + size));
      at = end + 4 + size;
    }
    return out.toString();
  }
}
