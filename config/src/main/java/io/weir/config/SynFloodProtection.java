package io.weir.config;

@Block(
    value = "Floods of connection attempts, answered before they cost memory.",
    needs = Feature.PACKET_PLANE)
public record SynFloodProtection(
    @Key(doc = "Whether the block has effect.", def = "true") boolean enabled,
    @Key(doc = "Whether the kernel's SYN cookies are required.", def = "true") boolean synCookies,
    @Key(doc = "Whether no state is kept before a valid ACK.", def = "true") boolean synProxy,
    @Key(doc = "Half-open connections per listener.", def = "65536", range = "128 to 16777216")
        int maxSynBacklog,
    @Key(doc = "SYN per second and source.", def = "100", range = "1 to 1000000000")
        int synRateLimitPerIp,
    @Key(doc = "SYN per second in all.", def = "1000000", range = "1 to 1000000000")
        int synRateLimitGlobal,
    @Key(doc = "Whether packets are validated at the driver.", def = "true")
        boolean xdpValidation) {}
