package io.weir.config;

import io.weir.net.IpPrefix;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * One whole configuration: every default filled in, every block of a listener, route or pool
 * already merged with the block of the same name at the top level. Immutable.
 */
@Block(
    """
    The keys of the file itself. The blocks `trusted_proxies`, `proxy_protocol`, `forwarded_headers`, `identity_header`, `limits`, `tolerate`, `client_limits`, \
    `slowloris_protection`, `tls`, `security_headers`, `sni_routing`, `syn_flood_protection`, `waf`, `backend_tls`, \
    `backend_mtls` and `certificate_management` are defaults: where the same block may stand in a listener, a route or a \
    pool too, the keys given there override, key by key, those given here.\
    """)
public record Config(
    @Key(
            doc =
                "Name of this instance in the access log (`lb_instance`). Without it: the host's name.")
        Optional<String> instance,
    @Key(
            doc = "Event loops, each a thread that owns its connections. 0: one per core.",
            def = "0",
            range = "0 to 1024")
        int workers,
    @Key(
            doc =
                "Zone in which this instance runs. Pools with `cross_zone: false` use the backends of this zone.",
            form = Form.NAME)
        Optional<String> zone,
    @Key(
            doc = "Where metrics, health and status are served. `off`: nowhere.",
            def = "{}",
            off = true)
        Optional<Management> management,
    @Key(doc = "The access log. `off`: none is written.", def = "{}", off = true)
        Optional<AccessLog> accessLog,
    @Key(
            doc =
                "How long a stopping instance or a replaced listener lets connections finish before it closes them.",
            def = "300s",
            range = "0s to 24h")
        Duration drainTimeout,
    @Key(
            doc =
                "Unix socket by which a new process takes over the listening sockets of the running one, so that a"
                    + " restart refuses no connection. Without it: one named after this file, in"
                    + " `$XDG_RUNTIME_DIR/weir` or `/run/weir`.",
            form = Form.FILE)
        Optional<String> takeoverSocket,
    @Key(
            doc =
                "Networks of the proxies in front of Weir. Only their forwarded headers are believed, and those are read"
                    + " from the right, up to the first address that is not in these networks.")
        List<IpPrefix> trustedProxies,
    @Key(doc = "Who announces clients by the PROXY protocol.")
        List<ProxyProtocolRule> proxyProtocol,
    @Key(doc = "What is told to backends about the client.") ForwardedHeaders forwardedHeaders,
    @Key(
            doc = "A signed header that tells backends about the client. Without it: none.",
            off = true)
        Optional<IdentityHeader> identityHeader,
    @Key(doc = "Sizes beyond which a request is refused.") Limits limits,
    @Key(
            doc =
                "Deviations from the strict grammar of requests that are let pass; everything else that two readers could"
                    + " understand differently is refused. `empty_line`: one empty line before a request;"
                    + " `unencoded_query`: `{ } | \\ ^` and the backtick in a query, as browsers send them;"
                    + " `unencoded_target`: `\" < >` and octets beyond ASCII in a path or query, in a path also"
                    + " `{ } | ^` and the backtick;"
                    + " `path_parameters`: `;` in a path; `empty_segments`: `//` in a path stays instead of becoming `/`;"
                    + " `encoded_slashes`: `%2F` and `%5C` in a path. `[]`: none.",
            def = "[empty_line, unencoded_query, path_parameters]")
        List<Tolerance> tolerate,
    @Key(doc = "Request rate of each client address. Without this block there is no such limit.")
        Optional<ClientLimits> clientLimits,
    @Key(doc = "Timeouts and counts that slow or hoarding clients run into.")
        SlowlorisProtection slowlorisProtection,
    @Key(doc = "TLS towards clients.") Tls tls,
    @Key(doc = "Headers added to responses. `off`: none.", def = "{}", off = true)
        Optional<SecurityHeaders> securityHeaders,
    @Key(doc = "Which certificate and pool a TLS server name leads to.") List<SniRule> sniRouting,
    @Key(doc = "TLS towards backends. Without this block backends are spoken to in the clear.")
        Optional<BackendTls> backendTls,
    @Key(doc = "Proven identity of backends.") Optional<BackendMtls> backendMtls,
    @Key(doc = "SYN floods, refused in the kernel.")
        Optional<SynFloodProtection> synFloodProtection,
    @Key(doc = "Packets that are refused, or balanced, before the network stack sees them.")
        Optional<PacketPlaneSection> packetPlane,
    @Key(doc = "The web application firewall.") Optional<Waf> waf,
    @Key(doc = "Certificates obtained and renewed by Weir itself.")
        Optional<CertificateManagement> certificateManagement,
    @Key(doc = "Certificates and their private keys, by name.") List<Certificate> certificates,
    @Key(doc = "Groups of backends, by name.") List<Pool> pools,
    @Key(doc = "Where clients connect. At least one.") List<Listener> listeners,
    @Key(
            doc =
                "What happens to which request: for the same host, the first route of the file that matches decides.")
        List<Route> routes) {

  /** Protection against SYN floods: that of the file, or else that of its listeners. */
  public Optional<SynFloodProtection> hostSynFloodProtection() {
    return synFloodProtection
        .or(() -> listeners.stream().flatMap(l -> l.synFloodProtection().stream()).findFirst())
        .filter(SynFloodProtection::enabled);
  }

  /** The packet plane where it is switched on. */
  public Optional<PacketPlaneSection> activePacketPlane() {
    return packetPlane.filter(PacketPlaneSection::enabled);
  }
}
