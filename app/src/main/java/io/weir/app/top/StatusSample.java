package io.weir.app.top;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * What {@code GET /status} of the management listener said at one moment.
 *
 * @param json the members; those that are missing read as empty, 0 or false, since the running
 *     process may be of another version
 */
public record StatusSample(Map<?, ?> json) {
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final int MAX_CHARS = 16 * 1024 * 1024;

  /**
   * Asks a management listener.
   *
   * @throws IOException if nobody answers there, or not with a status
   */
  public static StatusSample fetch(HttpClient client, URI management)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(management.resolve("/status")).timeout(PATIENCE).build();
    HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new IOException("status " + answer.statusCode());
    }
    return parse(answer.body());
  }

  /** Reads JSON, with the reader at hand: every JSON text is YAML 1.2. */
  static StatusSample parse(String json) throws IOException {
    try {
      LoadSettings settings = LoadSettings.builder().setCodePointLimit(MAX_CHARS).build();
      if (new Load(settings).loadFromString(json) instanceof Map<?, ?> map) {
        return new StatusSample(map);
      }
    } catch (YamlEngineException malformed) {
      throw new IOException("the answer is no JSON", malformed);
    }
    throw new IOException("the answer is no status");
  }

  String text(String name) {
    Object value = json.get(name);
    return value == null ? "" : value.toString();
  }

  double number(String name) {
    return json.get(name) instanceof Number number ? number.doubleValue() : 0;
  }

  boolean flag(String name) {
    return Boolean.TRUE.equals(json.get(name));
  }

  /** The numbers of an array. */
  double[] numbers(String name) {
    return json.get(name) instanceof List<?> list
        ? list.stream().mapToDouble(n -> n instanceof Number of ? of.doubleValue() : 0).toArray()
        : new double[0];
  }

  /** The objects of an array. */
  List<StatusSample> list(String name) {
    return json.get(name) instanceof List<?> list
        ? list.stream()
            .filter(Map.class::isInstance)
            .map(each -> new StatusSample((Map<?, ?>) each))
            .toList()
        : List.of();
  }

  /** The object of this name. */
  StatusSample object(String name) {
    return new StatusSample(json.get(name) instanceof Map<?, ?> map ? map : Map.of());
  }

  /** The one of a list that has the same values under these names, or an empty one. */
  StatusSample like(StatusSample other, String list, String... names) {
    return list(list).stream()
        .filter(each ->
            List.of(names).stream().allMatch(name -> each.text(name).equals(other.text(name))))
        .findFirst()
        .orElse(new StatusSample(Map.of()));
  }

  /** Seconds from an earlier sample of the same process to this one; at least a millisecond. */
  double secondsSince(StatusSample earlier) {
    try {
      Duration between =
          Duration.between(Instant.parse(earlier.text("time")), Instant.parse(text("time")));
      return Math.max(0.001, between.toNanos() / 1e9);
    } catch (DateTimeParseException unknown) {
      return 1;
    }
  }
}
