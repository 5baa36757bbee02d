package io.weir.net;

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

  Provenance(String text) {
    this.text = text;
  }

  /** The stable name for logs, metrics and headers. */
  public String text() {
    return text;
  }

  @Override
  public String toString() {
    return text;
  }
}
