package io.weir.config;

/**
 * What the language can say that depends on a part of Weir. A block or key of a feature that is not
 * there yet is read as strictly as any other and then refused, unless it is switched off: nobody
 * believes in a protection that is not there.
 */
public enum Feature {
  /** Everything that always works. */
  CORE(true, "core"),
  WAF(true, "web application firewall"),
  BACKEND_MTLS(false, "identity and revocation checks of backends"),
  CERTIFICATE_MANAGEMENT(false, "certificate management"),
  OCSP_STAPLING(false, "OCSP stapling"),
  SHARED_TICKET_KEYS(false, "sharing of session ticket keys between instances"),
  HEDGING(false, "hedged requests");

  private final boolean available;
  private final String words;

  Feature(boolean available, String words) {
    this.available = available;
    this.words = words;
  }

  /** Whether this version of Weir does it. */
  public boolean available() {
    return available;
  }

  /** What it is called in a sentence: "this version of Weir has no … yet". */
  String words() {
    return words;
  }
}
