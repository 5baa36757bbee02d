package io.weir.proxy.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;

/** Renders entries for tests and reads lines back with a strict reader of another make. */
final class Lines {
  private static final JsonMapper STRICT =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private Lines() {}

  /** The bytes of an entry's line, with its line feed. */
  static byte[] render(AccessLogEntry entry) {
    JsonBuffer out = new JsonBuffer(LineRenderer.maxLine());
    entry.seal();
    new LineRenderer("weir-1", out).render(entry.record, 0);
    return Arrays.copyOf(out.bytes, out.position);
  }

  static JsonNode read(byte[] line) {
    try {
      return STRICT.readTree(line);
    } catch (IOException e) {
      throw new UncheckedIOException(new String(line, UTF_8), e);
    }
  }

  static JsonNode read(AccessLogEntry entry) {
    return read(render(entry));
  }

  /** What a field of the log says of a text. */
  static String of(AccessLogField field, String name, String text) {
    return read(new AccessLogEntry().text(field, text.getBytes(UTF_8))).get(name).textValue();
  }
}
