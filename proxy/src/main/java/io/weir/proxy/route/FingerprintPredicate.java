package io.weir.proxy.route;

import io.weir.net.ClientIdentity;
import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.Head;
import java.util.Arrays;
import java.util.List;

/** A condition on the fingerprint of the client hello; never true without TLS. */
final class FingerprintPredicate implements RoutePredicate {
  private final boolean ja4;
  private final byte[][] wanted;
  private final String text;

  FingerprintPredicate(boolean ja4, List<String> fingerprints) {
    String name = ja4 ? "ja4" : "ja3";
    if (fingerprints.isEmpty()) {
      throw new IllegalArgumentException(name + ": [] (expected: at least one fingerprint)");
    }
    this.ja4 = ja4;
    this.wanted = fingerprints.stream().map(Ascii::bytes).toArray(byte[][]::new);
    this.text = name + " is one of " + fingerprints;
  }

  @Override
  public boolean test(Head head, ClientIdentity client, Handshake handshake) {
    byte[] shown = ja4 ? handshake.ja4() : handshake.ja3();
    for (byte[] fingerprint : wanted) {
      if (Arrays.equals(fingerprint, shown)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public String toString() {
    return text;
  }
}
