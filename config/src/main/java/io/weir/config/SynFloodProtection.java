package io.weir.config;

import java.time.Duration;

@Block(
    """
    Floods of connection attempts, answered before they cost memory. Counted for the whole host: where a listener has the \
    block too, it says the same. Works on the interfaces of `packet_plane`; without that block on those of the default \
    routes, with no other filters, and Weir does not start where that cannot be done.\
    """)
public record SynFloodProtection(
    @Key(doc = "Whether the block has effect.", def = "true") boolean enabled,
    @Key(
            doc =
                "Whether the kernel answers with cookies where its backlog is full, and reads them back.",
            def = "true")
        boolean synCookies,
    @Key(
            doc =
                "Whether SYNs are answered with cookies before the stack sees them as long as an attack lasts, so that"
                    + " nothing is remembered before a valid ACK. Needs `syn_cookies` and `xdp_validation`.",
            def = "true")
        boolean synProxy,
    @Key(
            doc = "Half-open connections that the kernel keeps for each listener.",
            def = "65536",
            range = "128 to 16777216")
        int maxSynBacklog,
    @Key(
            doc = "SYN per second and source: an IPv4 address or an IPv6 /64.",
            def = "100",
            range = "1 to 1000000000")
        int synRateLimitPerIp,
    @Key(doc = "SYN per second in all.", def = "1000000", range = "1 to 1000000000")
        int synRateLimitGlobal,
    @Key(
            doc =
                "Whether packets are validated by XDP programs, in the driver where that can be. `false`: by nftables"
                    + " rules only.",
            def = "true")
        boolean xdpValidation,
    @Key(
            doc = "SYN per second in all above which an attack is seen, and `syn_proxy` begins.",
            def = "10000",
            range = "1 to 1000000000")
        int attackSynRate,
    @Key(
            name = "attack_hold_seconds",
            doc = "How long an attack is taken to last beyond its last sign.",
            def = "10",
            unit = "s",
            range = "1s to 1h")
        Duration attackHold) {}
