package io.weir.config;

@Block(
    """
    A plain HTTP listener of its own for the operator: `/metrics` (Prometheus), `/healthz`, `/readyz` and the status that \
    `weir top` shows. Keep it on an address that only you reach.\
    """)
public record Management(
    @Key(doc = "IP address and port.", def = "127.0.0.1:9901") ListenAddress address) {}
