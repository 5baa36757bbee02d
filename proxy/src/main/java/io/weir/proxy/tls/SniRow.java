package io.weir.proxy.tls;

import org.jspecify.annotations.Nullable;

/**
 * One line of an {@link SniTable}: what happens to connections that ask for a server name.
 *
 * @param pattern a host name ({@code api.example.com}), a wildcard for exactly one label ({@code
 *     *.example.com}), or {@link #DEFAULT}; ASCII, so internationalised names in their {@code xn--}
 *     form; case and a trailing dot do not matter
 * @param certificate what is presented; null passes the connection through undecrypted
 * @param pool the pool that the row prescribes; null leaves it to the routes
 * @param clientPolicy names what is demanded of client certificates; empty for nothing. Sessions
 *     are never resumed, and requests never answered, across different policies
 */
public record SniRow(
    String pattern,
    @Nullable CertificateEntry certificate,
    @Nullable String pool,
    String clientPolicy) {

  /** The pattern of the row for names that no other row matches, and for hellos without a name. */
  public static final String DEFAULT = "default";

  /** A row that terminates TLS and demands no client certificate. */
  public static SniRow terminate(String pattern, CertificateEntry certificate) {
    return new SniRow(pattern, certificate, null, "");
  }

  /** A row that hands the connection on to a pool undecrypted. */
  public static SniRow passThrough(String pattern, String pool) {
    return new SniRow(pattern, null, pool, "");
  }

  /** Whether connections are handed on undecrypted. */
  public boolean passesThrough() {
    return certificate == null;
  }
}
