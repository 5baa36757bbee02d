package io.weir.config;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

@Block("TLS between clients and listeners with `protocol: https`.")
public record Tls(
    @Key(doc = "Oldest version that is spoken.", def = "TLSv1.2") TlsVersion minVersion,
    @Key(doc = "Newest version that is spoken.", def = "TLSv1.3") TlsVersion maxVersion,
    @Key(
            doc = "Cipher suites, preferred first.",
            def =
                "[TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256, TLS_AES_128_GCM_SHA256,"
                    + " ECDHE-ECDSA-AES256-GCM-SHA384, ECDHE-RSA-AES256-GCM-SHA384, ECDHE-ECDSA-CHACHA20-POLY1305,"
                    + " ECDHE-RSA-CHACHA20-POLY1305]")
        List<CipherSuite> cipherSuites,
    @Key(
            doc =
                "Key agreement groups, preferred first. The first of the default withstands quantum computers.",
            def = "[X25519MLKEM768, X25519, P-256, P-384]")
        List<Curve> ecdhCurves,
    @Key(doc = "Whether clients may resume sessions by tickets.", def = "true")
        boolean sessionTickets,
    @Key(
            doc =
                "How long a session may be resumed; the key that seals tickets is replaced after half of it, 12 h at most. A number without suffix: seconds.",
            def = "3600",
            unit = "s",
            range = "1s to 7d")
        Duration sessionTimeout,
    @Key(
            doc =
                "File of ticket keys that several instances share, so that a session resumes on any of them.",
            form = Form.FILE,
            needs = Feature.SHARED_TICKET_KEYS)
        Optional<String> sessionTicketKeyFile,
    @Key(
            doc =
                "Whether a fresh proof that the certificate is not revoked is sent along with it.",
            def = "false",
            needs = Feature.OCSP_STAPLING)
        boolean ocspStapling,
    @Key(
            doc =
                "Handshakes that may be under way at once on a listener. Beyond, the oldest of them is given up: an"
                    + " honest client is done within two round trips, a stalled one is old. How long one may take is"
                    + " `header_timeout_seconds`.",
            def = "4096",
            range = "16 to 1000000")
        int maxPendingHandshakes,
    @Key(doc = "`Strict-Transport-Security`, RFC 6797.") Hsts hsts) {

  @Block(
      "The header that tells browsers to use only HTTPS for this host from now on. Sent over TLS only.")
  public record Hsts(
      @Key(doc = "Whether the header is sent.", def = "true") boolean enabled,
      @Key(
              doc = "How long browsers remember. A number without suffix: seconds.",
              def = "31536000",
              unit = "s",
              range = "0s to 3650d")
          Duration maxAge,
      @Key(doc = "Whether subdomains are meant too.", def = "true") boolean includeSubdomains,
      @Key(doc = "Whether browsers may ship with this host on their list.", def = "true")
          boolean preload) {}
}
