package io.weir.config;

/** A version of TLS that Weir speaks, oldest first. */
public enum TlsVersion implements Label {
  TLS_1_2("TLSv1.2"),
  TLS_1_3("TLSv1.3");

  private final String label;

  TlsVersion(String label) {
    this.label = label;
  }

  /** The name by which TLS libraries know it, which is also the written form. */
  @Override
  public String label() {
    return label;
  }
}
