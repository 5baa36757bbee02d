package io.weir.config;

import io.weir.net.IpPrefix;
import java.time.Duration;
import java.util.List;

@Block(
    """
    Attackers hold connections by sending or reading very slowly, or by opening very many. These limits end such \
    connections. They apply to HTTP/1.1 and HTTP/2 alike.\
    """)
public record SlowlorisProtection(
    @Key(
            name = "header_timeout_seconds",
            doc =
                "Time in which a whole request head must have arrived; also for the TLS handshake.",
            def = "10",
            unit = "s",
            range = "> 0")
        Duration headerTimeout,
    @Key(
            name = "body_timeout_seconds",
            doc =
                "Time a body may go without progress at the minimum rate. Not a cap: a large upload that keeps moving is"
                    + " never cut.",
            def = "30",
            unit = "s",
            range = "> 0")
        Duration bodyTimeout,
    @Key(
            name = "idle_timeout_seconds",
            doc = "Time a connection may stay open between two requests.",
            def = "60",
            unit = "s",
            range = "> 0")
        Duration idleTimeout,
    @Key(
            name = "min_data_rate_bytes_per_second",
            doc =
                "Slowest rate at which a client may send a body or read a response, in bytes per second. 0: any rate.",
            def = "100",
            range = "0 to 1000000000")
        int minDataRate,
    @Key(
            doc = "Connections that one client address may hold at once. 0: no limit.",
            def = "100",
            range = "0 to 1000000000")
        int maxConnectionsPerIp,
    @Key(
            name = "max_new_connections_per_ip_per_second",
            doc = "Connections that one client address may open per second. 0: no limit.",
            def = "20",
            range = "0 to 1000000000")
        int maxNewConnectionsPerIp,
    @Key(
            doc =
                "Networks of clients whose connections are neither counted nor scored, such as monitoring. Trusted"
                    + " proxies and the machine itself are exempt anyway; the timeouts hold for everybody.")
        List<IpPrefix> exemptNetworks,
    @Key(
            doc = "IPv6 addresses that share this many leading bits are one client.",
            def = "64",
            range = "32 to 128")
        int ipv6Prefix,
    @Key(
            doc =
                "Signs of slowness after which a client is blocked. A head or body that is cut for slowness, or an"
                    + " answer not read, counts 3, a head in tiny pieces or a tiny window 1, an HTTP/2 flood 10; each"
                    + " second takes 1 off. 0: nobody is blocked.",
            def = "60",
            range = "0 to 1000000")
        int maxSlownessScore,
    @Key(
            name = "block_seconds",
            doc = "How long such a client gets no new connection.",
            def = "60",
            unit = "s",
            range = "1s to 1h")
        Duration block) {}
