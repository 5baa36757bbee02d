package io.weir.proxy.upstream;

import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.Head;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.Locale;
import javax.crypto.Mac;
import javax.crypto.SecretKey;

/**
 * Pins a client to one backend by a cookie. Its value is a keyed hash of pool and backend: it says
 * nothing to who does not have the key, survives reloads and restarts, and means the same on every
 * instance that has the key. Scripts never see it (RFC 6265 §4.1.2.6).
 *
 * @param name of the cookie: a token (RFC 6265 §4.1.1)
 * @param key for HMAC-SHA-256; the same on all instances of a fleet
 * @param path that browsers send it to; begins with "/", no ";" and no control character
 * @param maxAgeSeconds how long browsers keep it; 0 until they close
 * @param sameSite which sites' requests carry it
 */
public record StickyCookie(
    String name, SecretKey key, String path, long maxAgeSeconds, SameSite sameSite) {
  private static final int DIGITS = 16;

  /**
   * Which sites' requests carry the cookie. NONE means all of them, and browsers want TLS for it.
   */
  public enum SameSite {
    STRICT,
    LAX,
    NONE;

    private final String text = name().charAt(0) + name().substring(1).toLowerCase(Locale.ROOT);
  }

  /**
   * @throws IllegalArgumentException if one of them is not as said
   */
  public StickyCookie {
    byte[] octets = Ascii.bytes(name);
    boolean token = octets.length > 0;
    for (byte octet : octets) {
      token &= Ascii.isToken(octet);
    }
    if (!token) {
      throw new IllegalArgumentException("name: " + name + " (expected: a token)");
    }
    if (!path.matches("/[ -:<-~]*")) {
      throw new IllegalArgumentException("path: " + path + " (expected: / and visible ASCII)");
    }
    if (maxAgeSeconds < 0) {
      throw new IllegalArgumentException(
          "maxAgeSeconds: " + maxAgeSeconds + " (expected: 0 or more)");
    }
  }

  /**
   * What pins clients to one backend.
   *
   * @param value the number that the cookie's value spells
   * @param plain value of the Set-Cookie field in cleartext
   * @param secure value of the Set-Cookie field on TLS
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared, and a copy would be made per response
  record Pin(long value, byte[] plain, byte[] secure) {}

  /** The pin of a backend. */
  Pin pin(String pool, String backend) {
    long value = keyedHash(pool + '\n' + backend);
    String field = name + '=' + HexFormat.of().toHexDigits(value) + "; Path=" + path;
    if (maxAgeSeconds > 0) {
      field += "; Max-Age=" + maxAgeSeconds;
    }
    field += "; HttpOnly; SameSite=" + sameSite.text;
    return new Pin(value, Ascii.bytes(field), Ascii.bytes(field + "; Secure"));
  }

  private long keyedHash(String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(key);
      return ByteBuffer.wrap(mac.doFinal(text.getBytes(StandardCharsets.UTF_8))).getLong();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HmacSHA256", e);
    }
  }

  /** The number that the request's cookie spells in 16 lower-case hexadecimal digits, or 0. */
  static long valueIn(Head request, byte[] cookieName) {
    long found = PairReader.findCookie(request, cookieName);
    if (found == PairReader.ABSENT || PairReader.end(found) - PairReader.start(found) != DIGITS) {
      return 0;
    }
    long value = 0;
    for (int i = PairReader.start(found); i < PairReader.end(found); i++) {
      byte digit = request.bytes[i];
      if (digit >= '0' && digit <= '9') {
        value = value << 4 | digit - '0';
      } else if (digit >= 'a' && digit <= 'f') {
        value = value << 4 | digit - 'a' + 10;
      } else {
        return 0;
      }
    }
    return value;
  }
}
