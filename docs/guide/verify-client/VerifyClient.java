import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Verifies the header field Weir-Client. Needs Java 17 and nothing else. */
public final class VerifyClient {
  private VerifyClient() {}

  /**
   * Returns what the field says.
   *
   * @param value the field's value; a request with no such field, or with two, is not verified
   * @param keys octets of each key by its id
   * @param requestId the value of X-Request-ID of the same request
   * @param now seconds since 1970
   * @param tolerance seconds that the clocks may differ
   * @throws IllegalArgumentException if it is not to be believed
   */
  public static Map<String, String> verify(
      String value, Map<String, byte[]> keys, String requestId, long now, long tolerance) {
    int end = value.lastIndexOf(";sig=");
    require(end >= 0, "no signature");
    String signed = value.substring(0, end);
    Map<String, String> said = new HashMap<>();
    for (String pair : signed.split(";", -1)) {
      int is = pair.indexOf('=');
      require(is > 0, "not a pair: " + pair);
      require(said.put(pair.substring(0, is), pair.substring(is + 1)) == null, "twice: " + pair);
    }
    byte[] key = keys.get(said.getOrDefault("kid", ""));
    require("1".equals(said.get("v")) && key != null, "unknown version or key");
    String expected = Base64.getUrlEncoder().withoutPadding().encodeToString(hmac(key, signed));
    require(
        MessageDigest.isEqual(
            expected.getBytes(ISO_8859_1), value.substring(end + 5).getBytes(ISO_8859_1)),
        "wrong signature");
    require(said.get("id").equals(requestId), "signed for another request");
    require(
        Math.abs(now - Long.parseLong(said.get("t"))) <= tolerance, "too old, or from the future");
    return said;
  }

  private static byte[] hmac(byte[] key, String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(text.getBytes(ISO_8859_1));
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException("part of every JDK", impossible);
    }
  }

  private static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new IllegalArgumentException(otherwise);
    }
  }

  /** Arguments: key file, key id, request id, value, and the time if it is not now. */
  public static void main(String[] arguments) throws Exception {
    byte[] key = Files.readString(Path.of(arguments[0]), ISO_8859_1).strip().getBytes(ISO_8859_1);
    long now =
        arguments.length > 4 ? Long.parseLong(arguments[4]) : System.currentTimeMillis() / 1000;
    try {
      Map<String, String> said =
          verify(arguments[3], Map.of(arguments[1], key), arguments[2], now, 60);
      System.out.printf(
          "%s %s %s %s%n", said.get("addr"), said.get("port"), said.get("via"), said.get("listener"));
    } catch (IllegalArgumentException refused) {
      System.err.println("refused: " + refused.getMessage());
      System.exit(1);
    }
  }
}
