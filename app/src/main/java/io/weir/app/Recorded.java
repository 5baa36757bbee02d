package io.weir.app;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.weir.net.IpAddress;
import io.weir.waf.regression.TestRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** Requests out of files: as they went over a connection, or as the access log has them. */
final class Recorded {
  private Recorded() {}

  /**
   * What a file asks.
   *
   * @param file a request, or lines of the access log
   * @param from whose request it is, where the file does not say
   * @param listener where it came to, where that is known
   * @throws IllegalArgumentException if it is neither
   */
  static List<Question> read(byte[] file, IpAddress from, Optional<String> listener) {
    return file.length > 0 && file[0] == '{'
        ? ofLog(new String(file, UTF_8), listener)
        : List.of(ofOctets(file, from, listener));
  }

  private static Question ofOctets(byte[] file, IpAddress from, Optional<String> listener) {
    byte[] octets = withLineEnds(file);
    int head = headLength(octets);
    TestRequest request = TestRequest.ofOctets(octets);
    String host = request.header("Host");
    return new Question(
        request.method(),
        false,
        host == null ? "" : host,
        request.uri(),
        Arrays.copyOf(octets, head),
        request.body(),
        from,
        listener);
  }

  /** What an editor saved has bare LF: those of the head are made whole. */
  private static byte[] withLineEnds(byte[] file) {
    String text = new String(file, ISO_8859_1);
    int end = text.indexOf("\n\n");
    if (text.contains("\r\n") || end < 0) {
      return file;
    }
    String head = text.substring(0, end + 2).replace("\n", "\r\n");
    return (head + text.substring(end + 2)).getBytes(ISO_8859_1);
  }

  private static int headLength(byte[] octets) {
    int end = new String(octets, ISO_8859_1).indexOf("\r\n\r\n");
    if (end < 0) {
      throw new IllegalArgumentException(
          "no request (expected: a head, an empty line and the content, or an access log)");
    }
    return end + 4;
  }

  // ------------------------------------------------------------------ the log

  private static List<Question> ofLog(String text, Optional<String> listener) {
    List<Question> questions = new ArrayList<>();
    int number = 0;
    for (String line : text.lines().toList()) {
      number++;
      if (!line.isBlank()) {
        questions.add(ofEntry(entry(line, number), listener));
      }
    }
    return questions;
  }

  private static Map<?, ?> entry(String line, int number) {
    try {
      Object entry = new Load(LoadSettings.builder().build()).loadFromString(line);
      if (entry instanceof Map<?, ?> fields && fields.get("client_ip") != null) {
        return fields;
      }
    } catch (YamlEngineException notJson) {
      // said below
    }
    throw new IllegalArgumentException("line " + number + ": no entry of the access log");
  }

  private static Question ofEntry(Map<?, ?> entry, Optional<String> listener) {
    String query = text(entry, "query");
    List<String> headers = new ArrayList<>();
    add(headers, "User-Agent", text(entry, "user_agent"));
    add(headers, "Referer", text(entry, "referer"));
    String host = text(entry, "host");
    boolean secure = entry.get("ssl_protocol") != null;
    return Question.of(
        text(entry, "method"),
        (secure ? "https://" : "http://")
            + (host.isEmpty() ? "unknown" : host)
            + text(entry, "path")
            + (query.isEmpty() ? "" : "?" + query),
        "",
        IpAddress.parse(text(entry, "client_ip")),
        headers,
        listener.or(() -> Optional.of(text(entry, "listener"))));
  }

  private static void add(List<String> headers, String name, String value) {
    if (!value.isEmpty()) {
      headers.add(name + ": " + value);
    }
  }

  private static String text(Map<?, ?> entry, String key) {
    @Nullable Object value = entry.get(key);
    return value == null ? "" : value.toString();
  }
}
