package io.weir.config;

import java.time.Duration;

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
        int maxNewConnectionsPerIp) {}
