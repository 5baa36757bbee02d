package io.weir.proxy.http1;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The nonce of an opening handshake (RFC 6455 §4.1) for clients that opened with RFC 8441, which
 * has none.
 */
final class WebSocketKey {
  private WebSocketKey() {}

  static byte[] random() {
    byte[] nonce = new byte[16];
    ThreadLocalRandom.current().nextBytes(nonce);
    return Base64.getEncoder().encodeToString(nonce).getBytes(StandardCharsets.US_ASCII);
  }
}
