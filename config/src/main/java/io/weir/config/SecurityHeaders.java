package io.weir.config;

import java.util.Optional;

@Block("Header fields set on every response that does not carry a value of its own for them.")
public record SecurityHeaders(
    @Key(
            doc = "Value of `X-Frame-Options`. `off`: not set.",
            def = "DENY",
            off = true,
            form = Form.HEADER_VALUE)
        Optional<String> xFrameOptions,
    @Key(
            doc = "Value of `X-Content-Type-Options`. `off`: not set.",
            def = "nosniff",
            off = true,
            form = Form.HEADER_VALUE)
        Optional<String> xContentTypeOptions,
    @Key(
            doc = "Value of `Content-Security-Policy`. `off`: not set.",
            def = "\"frame-ancestors 'none'; object-src 'none'; base-uri 'self'\"",
            off = true,
            form = Form.HEADER_VALUE)
        Optional<String> contentSecurityPolicy,
    @Key(
            doc = "Whether the backend's `Server` and `X-Powered-By` fields are removed.",
            def = "true")
        boolean removeServer) {}
