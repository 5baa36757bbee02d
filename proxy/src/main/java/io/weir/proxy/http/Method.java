package io.weir.proxy.http;

import java.nio.charset.StandardCharsets;

/** Request methods of RFC 9110 §9.3 and RFC 5789, with the properties that retries depend on. */
public enum Method {
  GET(true, true),
  HEAD(true, true),
  POST(false, false),
  PUT(false, true),
  DELETE(false, true),
  OPTIONS(true, true),
  PATCH(false, false),
  TRACE(true, true),
  CONNECT(false, false),
  /** Any other token; its bytes stay in the head. */
  OTHER(false, false);

  private static final Method[] KNOWN = {
    GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH, TRACE, CONNECT
  };

  private final boolean safe;
  private final boolean idempotent;
  private final byte[] token;

  Method(boolean safe, boolean idempotent) {
    this.safe = safe;
    this.idempotent = idempotent;
    this.token = name().getBytes(StandardCharsets.US_ASCII);
  }

  /** Whether the method promises to change nothing (RFC 9110 §9.2.1). */
  public boolean isSafe() {
    return safe;
  }

  /** Whether sending it twice is as good as once (RFC 9110 §9.2.2), so that it may be retried. */
  public boolean isIdempotent() {
    return idempotent;
  }

  /** The method named by these bytes; case counts (RFC 9110 §9.1). */
  public static Method of(byte[] bytes, int start, int end) {
    for (Method method : KNOWN) {
      if (Ascii.equal(bytes, start, end, method.token)) {
        return method;
      }
    }
    return OTHER;
  }
}
