package io.weir.proxy.tls;

/**
 * Why a connection ended before a TLS session was established. The reason is the stable name in
 * logs and metrics; the alert is what the client is told (RFC 8446 section 6).
 */
public enum TlsRefusal {
  /** The first bytes are not a TLS handshake record; nothing is answered. */
  NOT_TLS("tls.not_tls", TlsRefusal.SILENT),
  /** The client hello breaks RFC 8446 section 4.1.2, or its server name is not one. */
  UNREADABLE_HELLO("tls.unreadable_hello", 50),
  /** The client hello with its record headers is longer than {@link ClientHello#MAX_LENGTH}. */
  HELLO_TOO_LARGE("tls.hello_too_large", 47),
  /** No row for the server name, and no default. No certificate was revealed. */
  UNRECOGNIZED_NAME("tls.unrecognized_name", 112),
  /** The client names application protocols, but none that the listener speaks (RFC 7301). */
  NO_APPLICATION_PROTOCOL("tls.no_application_protocol", 120),
  /** Hello and handshake took longer than allowed. */
  HANDSHAKE_TIMEOUT("tls.handshake_timeout", TlsRefusal.SILENT),
  /** So many handshakes were under way that the oldest had to give way. */
  TOO_MANY_HANDSHAKES("tls.too_many_handshakes", TlsRefusal.SILENT),
  /** BoringSSL ended the handshake, e.g. for a version too low; it told the client why. */
  HANDSHAKE_FAILED("tls.handshake_failed", TlsRefusal.SILENT),
  /** The client left before the handshake was done. */
  CLIENT_CLOSED("tls.client_closed", TlsRefusal.SILENT);

  static final int SILENT = -1;

  private final String reason;
  private final int alert;

  TlsRefusal(String reason, int alert) {
    this.reason = reason;
    this.alert = alert;
  }

  /** The stable name in logs and metrics. */
  public String reason() {
    return reason;
  }

  /** The alert's number, or {@link #SILENT} if the handler sends none. */
  int alert() {
    return alert;
  }
}
