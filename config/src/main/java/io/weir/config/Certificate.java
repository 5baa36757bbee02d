package io.weir.config;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

@Block(
    """
    A certificate with its chain and key, read from files and read again when they change. RSA and ECDSA certificates for \
    the same names stand side by side as `pairs` of one entry: each client gets the one it understands.\
    """)
public record Certificate(
    @Key(doc = "Name by which listeners refer to it.", form = Form.NAME) String name,
    @Key(
            doc =
                "File of the certificate and its chain (PEM), the host's own first. Relative paths start at the"
                    + " configuration file.",
            form = Form.FILE)
        Optional<String> certificate,
    @Key(doc = "File of the private key (PEM, PKCS #8).", form = Form.FILE) Optional<String> key,
    @Key(doc = "Several certificates with their keys, instead of `certificate` and `key`.")
        List<Pair> pairs) {

  /** All the certificates with their keys, whichever way they were written. */
  public List<Pair> allPairs() {
    Stream<Pair> own =
        certificate.isPresent() && key.isPresent()
            ? Stream.of(new Pair(certificate.get(), key.get()))
            : Stream.empty();
    return Stream.concat(own, pairs.stream()).toList();
  }

  @Block("One of several certificates for the same names.")
  public record Pair(
      @Key(doc = "File of the certificate and its chain (PEM).", form = Form.FILE)
          String certificate,
      @Key(doc = "File of the private key (PEM, PKCS #8).", form = Form.FILE) String key) {}
}
