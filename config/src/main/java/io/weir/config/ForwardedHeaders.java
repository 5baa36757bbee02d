package io.weir.config;

import java.util.List;

@Block(
    """
    What Weir tells backends about the client, and what becomes of what the client claims about itself. The \
    `X-Forwarded-*` fields and `Forwarded` (RFC 7239) are treated alike.\
    """)
public record ForwardedHeaders(
    @Key(
            doc =
                "For requests from a peer that is not a trusted proxy. `overwrite`: whatever arrived is replaced by the"
                    + " truth, so that a backend which reads the leftmost value cannot be lied to; `append`: the"
                    + " addresses that are proven stay, and the peer's is added on the right, which for a stranger, of"
                    + " whose claims none is proven, comes to the same as `overwrite`; `preserve`: passed as it came,"
                    + " nothing is added; `remove`: no such field reaches the backend.",
            def = "overwrite")
        Mode mode,
    @Key(doc = "The same for requests from one of `trusted_proxies`.", def = "append")
        Mode trustedMode,
    @Key(
            doc =
                "Which field `trusted_proxies` write. `both`: either or both; where both are there they have to agree,"
                    + " and where they do not, the address proven last is the client's. `x_forwarded_for` or `forwarded`:"
                    + " only this one is read, so that a client which adds the other cannot hide behind its proxy.",
            def = "both")
        TrustedField trustedField,
    @Key(
            doc =
                "The fields that are sent. The others of this list never reach a backend, unless the mode is `preserve`.",
            def =
                "[X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Port, X-Forwarded-Host, X-Real-IP, Forwarded]")
        List<Field> headers) {

  /** Which field tells the chain of proxies. */
  public enum TrustedField {
    BOTH,
    X_FORWARDED_FOR,
    FORWARDED
  }

  /** What happens to the fields that arrive. */
  public enum Mode {
    OVERWRITE,
    APPEND,
    PRESERVE,
    REMOVE
  }

  /** A header field that tells about the client. */
  public enum Field implements Label {
    X_FORWARDED_FOR("X-Forwarded-For"),
    X_FORWARDED_PROTO("X-Forwarded-Proto"),
    X_FORWARDED_PORT("X-Forwarded-Port"),
    X_FORWARDED_HOST("X-Forwarded-Host"),
    X_REAL_IP("X-Real-IP"),
    FORWARDED("Forwarded");

    private final String label;

    Field(String label) {
      this.label = label;
    }

    @Override
    public String label() {
      return label;
    }
  }
}
