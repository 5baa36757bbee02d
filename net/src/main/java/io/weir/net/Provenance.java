package io.weir.net;

import java.nio.charset.StandardCharsets;

/** How a client's address was established. */
public enum Provenance {
  /** The peer of the connection itself. */
  SOCKET("direct"),
  /** A PROXY protocol header from a trusted peer. */
  PROXY_PROTOCOL("proxy-protocol"),
  /** X-Forwarded-For or Forwarded, as far as trusted proxies vouch for it. */
  FORWARDED_HEADER("forwarded-header"),
  /** The source of the packets, on a listener that takes connections meant for others. */
  TRANSPARENT("transparent"),
  /** The inner packet of a gateway's tunnel. */
  GATEWAY("gateway");

  private final String text;
  private final byte[] bytes;

  Provenance(String text) {
    this.text = text;
    this.bytes = text.getBytes(StandardCharsets.US_ASCII);
  }

  /** The stable name for logs, metrics and headers. */
  public String text() {
    return text;
  }

  /** The stable name as octets; not to be changed. */
  public byte[] bytes() {
    return bytes;
  }

  @Override
  public String toString() {
    return text;
  }
}
