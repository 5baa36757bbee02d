package io.weir.proxy.http1;

import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.FieldName;
import io.weir.proxy.http.Head;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.concurrent.ThreadLocalRandom;

/** The key of an opening handshake and the answer to it (RFC 6455 §4.1 and §4.2.2). */
public final class WebSocketKey {
  /** What a server puts behind the key before it hashes it (RFC 6455 §1.3). */
  private static final byte[] GUID = Ascii.bytes("258EAFA5-E914-47DA-95CA-C5AB0DC85B11");

  /** Sixteen octets in Base64. */
  private static final int LENGTH = 24;

  private WebSocketKey() {}

  /** A key for clients that opened with RFC 8441, which has none. */
  static byte[] random() {
    byte[] nonce = new byte[16];
    ThreadLocalRandom.current().nextBytes(nonce);
    return Base64.getEncoder().encodeToString(nonce).getBytes(StandardCharsets.US_ASCII);
  }

  /** Whether a request has a key, and only one. */
  static boolean isOneIn(Head request) {
    int i = request.find(FieldName.SEC_WEBSOCKET_KEY, 0);
    return i >= 0
        && request.valueEnd(i) - request.valueStart(i) == LENGTH
        && request.find(FieldName.SEC_WEBSOCKET_KEY, i + 1) < 0;
  }

  /**
   * The value of Sec-WebSocket-Accept that answers a request's key.
   *
   * @throws IllegalArgumentException if the request has no key
   */
  public static byte[] accept(Head request) {
    int key = request.find(FieldName.SEC_WEBSOCKET_KEY, 0);
    if (key < 0) {
      throw new IllegalArgumentException("sec-websocket-key: none (expected: one)");
    }
    try {
      MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
      int start = request.valueStart(key);
      sha1.update(request.bytes, start, request.valueEnd(key) - start);
      return Base64.getEncoder().encode(sha1.digest(GUID));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("SHA-1 is part of every JDK", impossible);
    }
  }

  /** Whether a response answers a request's key, and so was made by who read it. */
  static boolean isAnswered(Head request, Head response) {
    int i = response.find(FieldName.SEC_WEBSOCKET_ACCEPT, 0);
    return i >= 0
        && Ascii.equal(
            response.bytes, response.valueStart(i), response.valueEnd(i), accept(request));
  }
}
