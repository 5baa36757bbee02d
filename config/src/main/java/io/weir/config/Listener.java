package io.weir.config;

import io.weir.net.IpPrefix;
import java.util.List;
import java.util.Optional;

@Block("Addresses on which clients connect, and how they are spoken to.")
public record Listener(
    @Key(doc = "Name in logs, metrics and routes.", form = Form.NAME) String name,
    @Key(doc = "IP addresses with ports; `0.0.0.0` and `[::]` stand for all.", single = "address")
        List<ListenAddress> addresses,
    @Key(
            doc =
                "`http`: in the clear; `https`: over TLS; `tls_passthrough`: TLS is not ended here, the server name"
                    + " chooses the pool.",
            def = "http")
        Protocol protocol,
    @Key(
            doc =
                "Whether HTTP/2 is spoken: over TLS if the client asks for it, in the clear by prior knowledge.",
            def = "true")
        boolean http2,
    @Key(
            doc =
                "Names of certificates; the names they carry tell which server name gets which. `sni_routing` says it"
                    + " explicitly.",
            form = Form.NAME)
        List<String> certificates,
    @Key(
            doc = "Pool for requests that no route matches; without it they are answered 404.",
            form = Form.NAME)
        Optional<String> pool,
    @Key(doc = "Which certificate and pool a server name leads to.", inherit = true)
        List<SniRule> sniRouting,
    @Key(doc = "TLS towards clients.", inherit = true) Tls tls,
    @Key(doc = "Headers added to responses. `off`: none.", off = true, inherit = true)
        Optional<SecurityHeaders> securityHeaders,
    @Key(doc = "Networks of the proxies whose forwarded headers are believed.", inherit = true)
        List<IpPrefix> trustedProxies,
    @Key(
            doc =
                "Who announces clients by the PROXY protocol. Without it: nobody, and connections are not looked at for a"
                    + " header.",
            inherit = true)
        List<ProxyProtocolRule> proxyProtocol,
    @Key(
            doc =
                "Whether connections meant for other addresses are taken too, when the kernel's routing hands them over."
                    + " Needs `CAP_NET_ADMIN`; see the guide to the client's address.",
            def = "false")
        boolean transparent,
    @Key(doc = "What is told to backends about the client.", inherit = true)
        ForwardedHeaders forwardedHeaders,
    @Key(doc = "Sizes beyond which a request is refused.", inherit = true) Limits limits,
    @Key(doc = "Deviations from the strict grammar of requests that are let pass.", inherit = true)
        List<Tolerance> tolerate,
    @Key(doc = "Request rate of each client address. `off`: no limit.", off = true, inherit = true)
        Optional<ClientLimits> clientLimits,
    @Key(doc = "Timeouts and counts that slow or hoarding clients run into.", inherit = true)
        SlowlorisProtection slowlorisProtection,
    @Key(doc = "SYN floods, refused in the kernel.", inherit = true)
        Optional<SynFloodProtection> synFloodProtection,
    @Key(doc = "The web application firewall.", inherit = true) Optional<Waf> waf,
    @Key(doc = "Certificates obtained and renewed by Weir itself.", inherit = true)
        Optional<CertificateManagement> certificateManagement) {

  /** How clients are spoken to. */
  public enum Protocol {
    HTTP,
    HTTPS,
    TLS_PASSTHROUGH
  }
}
