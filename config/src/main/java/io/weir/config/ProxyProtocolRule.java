package io.weir.config;

import io.weir.net.IpPrefix;
import java.util.List;

@Block(
    """
    Who may begin a connection with a header of the PROXY protocol, version 1 or 2, that names the client: one rule of \
    `proxy_protocol`. The first rule that names the source of the connection decides; a source that no rule names may \
    not. The header comes before TLS. Name only networks of load balancers that always write one themselves: who \
    reaches Weir from there without passing them can claim any address.\
    """)
public record ProxyProtocolRule(
    @Key(doc = "Networks of the sources. At least one.") List<IpPrefix> networks,
    @Key(
            doc =
                "`required`: a connection without a header is refused; `optional`: it is a client of its own; `refused`:"
                    + " a connection with a header is refused.",
            def = "required")
        Mode mode) {

  /** What a source may do. */
  public enum Mode {
    REQUIRED,
    OPTIONAL,
    REFUSED
  }
}
