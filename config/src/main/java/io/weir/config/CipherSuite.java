package io.weir.config;

/** The cipher suites that Weir offers at all: forward secret and authenticated, nothing else. */
public enum CipherSuite implements Label {
  TLS_AES_256_GCM_SHA384,
  TLS_CHACHA20_POLY1305_SHA256,
  TLS_AES_128_GCM_SHA256,
  ECDHE_ECDSA_AES256_GCM_SHA384,
  ECDHE_RSA_AES256_GCM_SHA384,
  ECDHE_ECDSA_CHACHA20_POLY1305,
  ECDHE_RSA_CHACHA20_POLY1305,
  ECDHE_ECDSA_AES128_GCM_SHA256,
  ECDHE_RSA_AES128_GCM_SHA256;

  /** The version of TLS this suite belongs to. */
  public TlsVersion version() {
    return name().startsWith("TLS_") ? TlsVersion.TLS_1_3 : TlsVersion.TLS_1_2;
  }

  /** OpenSSL's name, which is also the written form. */
  @Override
  public String label() {
    return version() == TlsVersion.TLS_1_3 ? name() : name().replace('_', '-');
  }
}
