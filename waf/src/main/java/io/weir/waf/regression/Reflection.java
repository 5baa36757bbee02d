package io.weir.waf.regression;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the tests' backend answers. A request for /reflect describes the answer it wants in a JSON
 * object: {@code status}, {@code headers}, {@code body} or {@code encodedBody} in base64.
 *
 * @param status 100 to 599
 * @param headers name to value; there is always a Content-Type
 * @param body the content
 */
@SuppressWarnings("ArrayRecordComponent")
public record Reflection(int status, Map<String, String> headers, byte[] body) {

  private static final int OK = 200;
  private static final int BAD_REQUEST = 400;

  /** Whether the answer to a request for this depends on its content. */
  public static boolean isAskedFor(String uri) {
    return uri.startsWith("/reflect");
  }

  /** The answer to everything else. */
  public static Reflection plain() {
    return of(Map.of());
  }

  /**
   * The answer that a content asks for.
   *
   * @param asked what a JSON reader made of it, or null where it is not JSON
   */
  public static Reflection of(@Nullable Object asked) {
    if (!(asked instanceof Map<?, ?> fields)) {
      return new Reflection(BAD_REQUEST, Map.of("Content-Type", "text/plain"), new byte[0]);
    }
    Map<String, String> headers = new LinkedHashMap<>();
    RegressionTest.map(fields.get("headers"))
        .forEach((name, value) -> headers.put("" + name, "" + value));
    if (headers.keySet().stream().noneMatch("Content-Type"::equalsIgnoreCase)) {
      headers.put("Content-Type", "text/plain");
    }
    int status = fields.get("status") instanceof Integer given ? given : OK;
    return new Reflection(status, headers, body(fields));
  }

  private static byte[] body(Map<?, ?> fields) {
    Object encoded = fields.get("encodedBody");
    if (encoded != null) {
      return Base64.getDecoder().decode(encoded.toString());
    }
    Object plain = fields.get("body");
    return plain == null ? new byte[0] : plain.toString().getBytes(StandardCharsets.UTF_8);
  }
}
