package io.weir.config;

/** A key agreement group. */
public enum Curve implements Label {
  X25519MLKEM768("X25519MLKEM768"),
  X25519("X25519"),
  P_256("P-256"),
  P_384("P-384"),
  P_521("P-521");

  private final String label;

  Curve(String label) {
    this.label = label;
  }

  /** OpenSSL's name, which is also the written form. */
  @Override
  public String label() {
    return label;
  }
}
