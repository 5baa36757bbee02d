package io.weir.config;

import java.util.Optional;

@Block(
    """
    One rule of `sni_routing`: either a server name with its certificate and pool, or the `default` for all other names \
    and for clients that send none. An exact name is preferred to a wildcard, a longer wildcard to a shorter. Without a \
    default the handshake is refused, and no certificate is revealed.\
    """)
public record SniRule(
    @Key(
            doc = "Server name, exact (`api.example.com`) or wildcard (`\"*.example.com\"`).",
            form = Form.HOST_PATTERN)
        Optional<String> sni,
    @Key(
            doc = "Name of the certificate that is shown. Not for `tls_passthrough`.",
            form = Form.NAME)
        Optional<String> certificate,
    @Key(
            doc =
                "Pool for requests that no route matches; for `tls_passthrough` the pool of the connection.",
            form = Form.NAME)
        Optional<String> pool,
    @Key(name = "default", doc = "What happens to every other server name.")
        Optional<Default> otherwise) {

  @Block("What happens where no server name of `sni_routing` matches.")
  public record Default(
      @Key(
              doc =
                  "`reject` ends the handshake; `serve` uses the certificate and pool given here.",
              def = "reject")
          Action action,
      @Key(doc = "Name of the certificate that is shown, with `action: serve`.", form = Form.NAME)
          Optional<String> certificate,
      @Key(doc = "Pool as above, with `action: serve`.", form = Form.NAME) Optional<String> pool) {}

  /** What happens to a server name that no rule knows. */
  public enum Action {
    REJECT,
    SERVE
  }
}
