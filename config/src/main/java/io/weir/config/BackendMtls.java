package io.weir.config;

import java.util.List;
import java.util.Optional;

@Block(
    value = "Mutual TLS with backends whose identity is checked by name and against revocation.",
    needs = Feature.BACKEND_MTLS)
public record BackendMtls(
    @Key(doc = "Whether the block has effect.", def = "true") boolean enabled,
    @Key(doc = "File of the certificate that Weir shows (PEM).", form = Form.FILE)
        String clientCertificate,
    @Key(doc = "File of the private key to it.", form = Form.FILE) String clientKey,
    @Key(doc = "File of the CA certificates that backends must chain to.", form = Form.FILE)
        String caCertificate,
    @Key(doc = "Whether the backend's certificate is verified.", def = "true")
        boolean verifyBackend,
    @Key(doc = "Names of which the backend's certificate must carry one.", form = Form.HOST_PATTERN)
        List<String> allowedSans,
    @Key(doc = "Where the revocation list is fetched.", form = Form.URL) Optional<String> crlUrl,
    @Key(doc = "Where revocation is asked.", form = Form.URL) Optional<String> ocspUrl) {}
