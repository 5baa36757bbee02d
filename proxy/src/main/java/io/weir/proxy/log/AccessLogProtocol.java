package io.weir.proxy.log;

import java.nio.charset.StandardCharsets;

/** The protocol between client and Weir, by the name that the log gives it. */
public enum AccessLogProtocol {
  /** HTTP/1.0. */
  HTTP_1_0("HTTP/1.0"),
  /** HTTP/1.1. */
  HTTP_1_1("HTTP/1.1"),
  /** HTTP/2. */
  HTTP_2("HTTP/2"),
  /** A WebSocket, logged when it closes. */
  WEBSOCKET("WebSocket"),
  /** A request too broken to tell. */
  UNKNOWN("unknown");

  private static final AccessLogProtocol[] ALL = values();

  private final byte[] quoted;

  AccessLogProtocol(String name) {
    quoted = ('"' + name + '"').getBytes(StandardCharsets.US_ASCII);
  }

  static byte[] quoted(int ordinal) {
    return ALL[ordinal].quoted;
  }
}
