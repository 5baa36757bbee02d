package io.weir.config;

import java.util.List;
import java.util.Optional;

@Block(value = "Certificates obtained and renewed by ACME.", needs = Feature.CERTIFICATE_MANAGEMENT)
public record CertificateManagement(
    @Key(doc = "Whether the block has effect.", def = "true") boolean enabled,
    @Key(doc = "Certificate authority: a known name or the URL of its ACME directory.")
        String provider,
    @Key(doc = "Whether certificates are renewed without asking.", def = "true") boolean autoRenew,
    @Key(doc = "Days before expiry at which renewal starts.", def = "30", range = "1 to 365")
        int renewalDaysBeforeExpiry,
    @Key(doc = "How control over the names is proven.", def = "http-01") Challenge challengeType,
    @Key(doc = "Who serves the DNS zone, for `dns-01`.", form = Form.NAME)
        Optional<String> dnsProvider,
    @Key(doc = "How a new certificate reaches the fleet.", def = "rolling")
        Deployment deploymentStrategy,
    @Key(
            doc = "Whether a certificate that does not work is replaced by the one before.",
            def = "true")
        boolean rollbackOnFailure,
    @Key(doc = "Who is warned when.") Monitoring monitoring) {

  /** A challenge of RFC 8555 or RFC 8737. */
  public enum Challenge implements Label {
    HTTP_01("http-01"),
    DNS_01("dns-01"),
    TLS_ALPN_01("tls-alpn-01");

    private final String label;

    Challenge(String label) {
      this.label = label;
    }

    @Override
    public String label() {
      return label;
    }
  }

  /** How a new certificate reaches the fleet. */
  public enum Deployment {
    ROLLING,
    ALL_AT_ONCE
  }

  @Block("Warnings about certificates that are about to expire.")
  public record Monitoring(
      @Key(
              doc = "Days before expiry at which a warning is sent.",
              def = "[30, 14, 7, 1]",
              range = "1 to 365")
          List<Integer> expiryWarningDays,
      @Key(doc = "Where warnings go.", def = "log", form = Form.NAME) String alertChannel) {}
}
