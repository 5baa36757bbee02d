package io.weir.proxy.route;

import io.weir.net.ClientIdentity;
import io.weir.proxy.http.Head;
import java.util.List;

/** A condition on the server name of the TLS handshake. */
final class SniPredicate implements RoutePredicate {
  private final String[] patterns;
  private final String text;

  SniPredicate(List<String> patterns) {
    if (patterns.isEmpty()) {
      throw new IllegalArgumentException("sni: [] (expected: at least one name)");
    }
    this.patterns =
        patterns.stream().map(p -> HostPattern.compile("sni", p)).toArray(String[]::new);
    this.text = "sni is one of " + patterns;
  }

  @Override
  public boolean test(Head head, ClientIdentity client, Handshake handshake) {
    String sni = handshake.serverName();
    if (sni != null) {
      for (String pattern : patterns) {
        if (HostPattern.covers(pattern, sni)) {
          return true;
        }
      }
    }
    return false;
  }

  @Override
  public String toString() {
    return text;
  }
}
