package io.weir.proxy.route;

import io.weir.net.ClientIdentity;
import io.weir.proxy.http.Head;
import java.nio.charset.StandardCharsets;

/** A condition on the query parameters of one name; "&amp;" separates parameters. */
final class QueryPredicate implements RoutePredicate {
  private final byte[] name;
  private final ValueMatch value;
  private final String text;

  QueryPredicate(String name, ValueMatch value) {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("queries.name: \"\" (expected: a name)");
    }
    this.name = name.getBytes(StandardCharsets.UTF_8);
    this.value = value;
    this.text = "query " + name + " " + value;
  }

  @Override
  public boolean test(Head head, ClientIdentity client, Handshake handshake) {
    byte[] bytes = head.bytes;
    for (int start = head.queryStart; start < head.queryEnd; ) {
      int end = indexOf(bytes, start, head.queryEnd, '&');
      int equals = indexOf(bytes, start, end, '=');
      if (FormEncoding.behind(bytes, start, equals, name) == equals
          && value.fitsDecoded(bytes, Math.min(equals + 1, end), end)) {
        return !value.wantsNone();
      }
      start = end + 1;
    }
    return value.wantsNone();
  }

  private static int indexOf(byte[] bytes, int start, int end, char wanted) {
    int at = start;
    while (at < end && bytes[at] != wanted) {
      at++;
    }
    return at;
  }

  @Override
  public String toString() {
    return text;
  }
}
