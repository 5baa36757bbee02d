package io.weir.proxy.route;

import io.weir.net.ClientIdentity;
import io.weir.proxy.http.FieldName;
import io.weir.proxy.http.Head;

/** A condition on the fields of one name, each line by itself. */
final class HeaderPredicate implements RoutePredicate {
  private final byte[] name;
  private final FieldName known;
  private final ValueMatch value;
  private final String text;

  HeaderPredicate(String name, ValueMatch value) {
    this.name = FieldEdits.token("headers.name", name);
    this.known = FieldName.of(this.name, 0, this.name.length);
    if (known == FieldName.HOST) {
      throw new IllegalArgumentException(
          "headers.name: " + name + " (expected: another field; hosts are named in match.hosts)");
    }
    this.value = value;
    this.text = "header " + name + " " + value;
  }

  @Override
  public boolean test(Head head, ClientIdentity client, Handshake handshake) {
    for (int i = next(head, 0); i >= 0; i = next(head, i + 1)) {
      if (value.fits(head.bytes, head.valueStart(i), head.valueEnd(i))) {
        return !value.wantsNone();
      }
    }
    return value.wantsNone();
  }

  private int next(Head head, int from) {
    return known == FieldName.OTHER ? head.find(name, from) : head.find(known, from);
  }

  @Override
  public String toString() {
    return text;
  }
}
