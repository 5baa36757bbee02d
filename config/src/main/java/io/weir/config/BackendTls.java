package io.weir.config;

import java.util.List;
import java.util.Optional;

@Block("TLS between Weir and backends.")
public record BackendTls(
    @Key(doc = "Whether backends are spoken to over TLS.", def = "true") boolean enabled,
    @Key(
            doc =
                "Whether the backend's certificate must be valid for its name. Switching it off trusts anybody in between.",
            def = "true")
        boolean verifyCertificate,
    @Key(doc = "File of CA certificates (PEM). Without it: the system's.", form = Form.FILE)
        Optional<String> caCertificate,
    @Key(doc = "File of the certificate that Weir shows (PEM).", form = Form.FILE)
        Optional<String> clientCertificate,
    @Key(doc = "File of the private key to it (PEM, PKCS #8).", form = Form.FILE)
        Optional<String> clientKey,
    @Key(
            doc =
                "Name sent as SNI and looked for in the certificate. Without it: the host name in the backend's address.",
            form = Form.HOST)
        Optional<String> sniHostname,
    @Key(doc = "Oldest version that is spoken.", def = "TLSv1.2") TlsVersion minVersion,
    @Key(
            doc = "Cipher suites, preferred first.",
            def =
                "[TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256, TLS_AES_128_GCM_SHA256,"
                    + " ECDHE-ECDSA-AES256-GCM-SHA384, ECDHE-RSA-AES256-GCM-SHA384, ECDHE-ECDSA-CHACHA20-POLY1305,"
                    + " ECDHE-RSA-CHACHA20-POLY1305]")
        List<CipherSuite> cipherSuites) {}
