package io.weir.proxy.route;

import io.weir.net.ClientIdentity;
import io.weir.net.IpPrefix;
import io.weir.net.IpPrefixSet;
import io.weir.proxy.http.Head;
import java.util.List;

/**
 * One condition of a route. {@code toString} says it in the operator's words, for {@code weir
 * explain}.
 *
 * <p>Immutable; safe in any thread.
 */
public sealed interface RoutePredicate
    permits PathPredicate,
        MethodPredicate,
        HeaderPredicate,
        QueryPredicate,
        ClientPredicate,
        SniPredicate,
        FingerprintPredicate {

  /**
   * Whether the request fulfils the condition.
   *
   * @param head with a normalised path
   * @param client who is asking
   * @param handshake of the connection that it came by
   */
  boolean test(Head head, ClientIdentity client, Handshake handshake);

  /** The path is exactly this one. */
  static RoutePredicate pathExact(String path) {
    return PathPredicate.exact(path);
  }

  /** The path is this one or lies below it; see {@link PathPredicate}. */
  static RoutePredicate pathPrefix(String prefix) {
    return PathPredicate.prefix(prefix);
  }

  /** The whole path matches this regular expression (RE2 syntax). */
  static RoutePredicate pathRegex(String regex) {
    return PathPredicate.regex(regex);
  }

  /** The method is one of these; GET does not include HEAD. */
  static RoutePredicate methods(List<String> methods) {
    return new MethodPredicate(methods);
  }

  /** A field of this name, in any case, has a value like this. */
  static RoutePredicate header(String name, ValueMatch value) {
    return new HeaderPredicate(name, value);
  }

  /** A query parameter of this name has a value like this, both after decoding. */
  static RoutePredicate query(String name, ValueMatch value) {
    return new QueryPredicate(name, value);
  }

  /** The client's address is in one of these networks. */
  static RoutePredicate clients(List<IpPrefix> networks) {
    return new ClientPredicate(IpPrefixSet.of(networks), networks.toString());
  }

  /** The TLS server name is one of these, exact or wildcard; never true without TLS. */
  static RoutePredicate sni(List<String> patterns) {
    return new SniPredicate(patterns);
  }

  /** The client hello's JA3 fingerprint is one of these; never true without TLS. */
  static RoutePredicate ja3(List<String> fingerprints) {
    return new FingerprintPredicate(false, fingerprints);
  }

  /** The client hello's JA4 fingerprint is one of these; never true without TLS. */
  static RoutePredicate ja4(List<String> fingerprints) {
    return new FingerprintPredicate(true, fingerprints);
  }
}
