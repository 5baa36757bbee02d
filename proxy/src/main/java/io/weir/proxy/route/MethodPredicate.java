package io.weir.proxy.route;

import io.weir.net.ClientIdentity;
import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.Head;
import io.weir.proxy.http.Method;
import java.util.List;

/** A condition on the method: known ones by one bit each, others by their octets. */
final class MethodPredicate implements RoutePredicate {
  private final List<String> methods;
  private final int known;
  private final byte[][] others;

  MethodPredicate(List<String> methods) {
    if (methods.isEmpty()) {
      throw new IllegalArgumentException("methods: [] (expected: at least one)");
    }
    this.methods = List.copyOf(methods);
    this.known = methods.stream().mapToInt(m -> 1 << of(m).ordinal()).reduce(0, (a, b) -> a | b);
    this.others =
        methods.stream()
            .filter(m -> of(m) == Method.OTHER)
            .map(Ascii::bytes)
            .toArray(byte[][]::new);
  }

  private static Method of(String method) {
    byte[] bytes = Ascii.bytes(method);
    return Method.of(bytes, 0, bytes.length);
  }

  @Override
  public boolean test(Head head, ClientIdentity client, Handshake handshake) {
    return (known >> head.method.ordinal() & 1) != 0
        && (head.method != Method.OTHER || isListed(head));
  }

  private boolean isListed(Head head) {
    for (byte[] other : others) {
      if (Ascii.equal(head.bytes, head.methodStart, head.methodEnd, other)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public String toString() {
    return "method is one of " + methods;
  }
}
