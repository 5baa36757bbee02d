package io.weir.proxy.tls;

import java.time.Duration;
import java.util.List;

/**
 * How a listener speaks TLS to clients, whatever the certificate.
 *
 * @param minVersion lowest version accepted
 * @param maxVersion highest version accepted, not below {@code minVersion}
 * @param cipherSuites OpenSSL or IANA names in order of preference; kept as IANA names. The order
 *     rules TLS 1.2; in TLS 1.3 BoringSSL takes the client's, and its three suites cannot be chosen
 *     singly
 * @param groups key exchange groups in order of preference, e.g. {@code X25519MLKEM768}, {@code
 *     P-256}
 * @param sessionTickets whether sessions may be resumed; there is no other resumption
 * @param sessionTimeoutSeconds for how long a session may be resumed, at most; 2 to 604800 (RFC
 *     8446 section 4.6.1)
 * @param alpn application protocols in order of preference (RFC 7301); a client that offers ALPN
 *     and none of these is refused, one that offers no ALPN is not
 * @param handshakeTimeout from the accepted connection to the end of the handshake; more than zero
 * @param pendingHandshakes how many may be under way at once, at least 1; beyond, the oldest gives
 *     way: an honest one is done within two round trips, a stalled one is old
 */
public record TlsSettings(
    TlsVersion minVersion,
    TlsVersion maxVersion,
    List<String> cipherSuites,
    List<String> groups,
    boolean sessionTickets,
    int sessionTimeoutSeconds,
    List<String> alpn,
    Duration handshakeTimeout,
    int pendingHandshakes) {

  private static final TlsSettings DEFAULTS =
      new TlsSettings(
          TlsVersion.TLS_1_2,
          TlsVersion.TLS_1_3,
          List.of(
              "TLS_AES_256_GCM_SHA384",
              "TLS_CHACHA20_POLY1305_SHA256",
              "TLS_AES_128_GCM_SHA256",
              "ECDHE-ECDSA-AES256-GCM-SHA384",
              "ECDHE-RSA-AES256-GCM-SHA384",
              "ECDHE-ECDSA-CHACHA20-POLY1305",
              "ECDHE-RSA-CHACHA20-POLY1305"),
          List.of("X25519MLKEM768", "X25519", "P-256", "P-384"),
          true,
          3600,
          List.of("h2", "http/1.1"),
          Duration.ofSeconds(10),
          4096);

  /**
   * @throws IllegalArgumentException with {@code name: value (expected: range)} if a value is out
   *     of range
   */
  public TlsSettings {
    cipherSuites = CipherSuites.normalise("cipher_suites", cipherSuites);
    groups = List.copyOf(groups);
    alpn = List.copyOf(alpn);
    check(
        minVersion.compareTo(maxVersion) <= 0,
        "min_version",
        minVersion.protocol(),
        "<= max_version");
    check(!groups.isEmpty(), "ecdh_curves", groups, "at least one");
    check(
        sessionTimeoutSeconds >= 2 && sessionTimeoutSeconds <= 604_800,
        "session_timeout",
        sessionTimeoutSeconds,
        "2 to 604800 seconds");
    check(
        handshakeTimeout.isPositive(),
        "handshake_timeout",
        handshakeTimeout,
        "more than 0 seconds");
    check(pendingHandshakes >= 1, "max_pending_handshakes", pendingHandshakes, "1 or more");
    check(
        minVersion == TlsVersion.TLS_1_3
            || cipherSuites.stream().anyMatch(s -> !CipherSuites.TLS_1_3.contains(s)),
        "cipher_suites",
        cipherSuites,
        "at least one for TLSv1.2, or min_version TLSv1.3");
    check(
        maxVersion == TlsVersion.TLS_1_2 || cipherSuites.containsAll(CipherSuites.TLS_1_3),
        "cipher_suites",
        cipherSuites,
        "all of " + CipherSuites.TLS_1_3 + " while max_version is TLSv1.3");
  }

  /** The defaults: TLS 1.2 and 1.3, hybrid post-quantum group first, tickets for an hour. */
  public static TlsSettings defaults() {
    return DEFAULTS;
  }

  /** The same with other versions. */
  public TlsSettings withVersions(TlsVersion min, TlsVersion max) {
    return new TlsSettings(
        min,
        max,
        cipherSuites,
        groups,
        sessionTickets,
        sessionTimeoutSeconds,
        alpn,
        handshakeTimeout,
        pendingHandshakes);
  }

  /** The same with tickets on or off, and another session timeout in seconds. */
  public TlsSettings withSessions(boolean tickets, int timeoutSeconds) {
    return new TlsSettings(
        minVersion,
        maxVersion,
        cipherSuites,
        groups,
        tickets,
        timeoutSeconds,
        alpn,
        handshakeTimeout,
        pendingHandshakes);
  }

  /** The same with other application protocols. */
  public TlsSettings withAlpn(List<String> protocols) {
    return new TlsSettings(
        minVersion,
        maxVersion,
        cipherSuites,
        groups,
        sessionTickets,
        sessionTimeoutSeconds,
        protocols,
        handshakeTimeout,
        pendingHandshakes);
  }

  /** The same with another handshake timeout. */
  public TlsSettings withHandshakeTimeout(Duration timeout) {
    return new TlsSettings(
        minVersion,
        maxVersion,
        cipherSuites,
        groups,
        sessionTickets,
        sessionTimeoutSeconds,
        alpn,
        timeout,
        pendingHandshakes);
  }

  /** The same with another number of handshakes under way at once. */
  public TlsSettings withPendingHandshakes(int most) {
    return new TlsSettings(
        minVersion,
        maxVersion,
        cipherSuites,
        groups,
        sessionTickets,
        sessionTimeoutSeconds,
        alpn,
        handshakeTimeout,
        most);
  }

  private static void check(boolean good, String name, Object value, String expected) {
    if (!good) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: " + expected + ")");
    }
  }
}
