package io.weir.config;

@Block(
    """
    A token bucket per client address: a client may send `burst` requests at once and `requests_per_second` on average; \
    what exceeds that is answered 429. The client is the proven address, never what a header claims.\
    """)
public record ClientLimits(
    @Key(doc = "Requests per second and client, on average.", def = "100", range = "1 to 1000000")
        int requestsPerSecond,
    @Key(doc = "Requests a client may send at once.", def = "200", range = "1 to 10000000")
        int burst,
    @Key(
            doc = "IPv6 addresses that share this many leading bits are one client.",
            def = "64",
            range = "32 to 128")
        int ipv6Prefix,
    @Key(
            doc =
                "Clients that are remembered; the memory is taken once, and a flood of new addresses evicts nobody who"
                    + " is over the limit.",
            def = "131072",
            range = "1024 to 16777216")
        int tableSize) {}
