package io.weir.proxy.tls;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * What one server name presents: a certificate chain with its key, or several of different key
 * types, of which each client gets the one it can verify. Loaded by {@link CertificateLoader}.
 *
 * @param name the operator's name for it, used in messages
 * @param chains at least one
 */
public record CertificateEntry(String name, List<Chain> chains) {

  /**
   * A key and the certificates that vouch for it.
   *
   * @param key RSA or EC
   * @param certificates the leaf first, then each one's issuer; the root may be left out
   */
  public record Chain(PrivateKey key, List<X509Certificate> certificates) {
    public Chain {
      certificates = List.copyOf(certificates);
      if (certificates.isEmpty()) {
        throw new IllegalArgumentException("certificates: empty (expected: at least the leaf)");
      }
    }

    X509Certificate leaf() {
      return certificates.getFirst();
    }

    X509Certificate[] toArray() {
      return certificates.toArray(X509Certificate[]::new);
    }

    /** Whether the key is EC: offered before RSA because signing costs a tenth. */
    boolean isEc() {
      return key.getAlgorithm().equals("EC");
    }
  }

  public CertificateEntry {
    chains = List.copyOf(chains);
    if (chains.isEmpty()) {
      throw new IllegalArgumentException(name + ": no certificate (expected: at least one)");
    }
    long ec = chains.stream().filter(Chain::isEc).count();
    if (ec > 1 || chains.size() - ec > 1) {
      throw new IllegalArgumentException(
          name + ": " + chains.size() + " certificates (expected: one for each of EC and RSA)");
    }
  }
}
