package io.weir.proxy.route;

import io.weir.net.ClientIdentity;
import io.weir.net.IpPrefixSet;
import io.weir.proxy.http.Head;

/** A condition on the client's address, however it was established. */
final class ClientPredicate implements RoutePredicate {
  private final IpPrefixSet networks;
  private final String text;

  ClientPredicate(IpPrefixSet networks, String text) {
    if (networks.isEmpty()) {
      throw new IllegalArgumentException("clients: [] (expected: at least one network)");
    }
    this.networks = networks;
    this.text = text;
  }

  @Override
  public boolean test(Head head, ClientIdentity client, Handshake handshake) {
    return networks.contains(client.address());
  }

  @Override
  public String toString() {
    return "client is in " + text;
  }
}
