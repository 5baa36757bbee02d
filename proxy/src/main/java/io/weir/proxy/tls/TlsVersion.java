package io.weir.proxy.tls;

/** The versions of TLS that Weir speaks; older ones are refused (RFC 8996). */
public enum TlsVersion {
  TLS_1_2("TLSv1.2"),
  TLS_1_3("TLSv1.3");

  private final String protocol;

  TlsVersion(String protocol) {
    this.protocol = protocol;
  }

  /** The name in configuration and logs: {@code TLSv1.2} or {@code TLSv1.3}. */
  public String protocol() {
    return protocol;
  }

  /** The protocol names from {@code min} to {@code max}, both included. */
  static String[] protocols(TlsVersion min, TlsVersion max) {
    return min == max
        ? new String[] {min.protocol}
        : new String[] {TLS_1_2.protocol, TLS_1_3.protocol};
  }
}
