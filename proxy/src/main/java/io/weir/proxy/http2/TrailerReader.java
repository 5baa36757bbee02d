package io.weir.proxy.http2;

import io.weir.proxy.http.FieldName;
import io.weir.proxy.http.Head;

/**
 * Puts the fields of a trailer section into a head; pseudo-headers have no place there (RFC 9113
 * §8.1).
 */
final class TrailerReader implements HpackSink {
  private final Head head;
  private boolean malformed;

  TrailerReader(Head head) {
    this.head = head;
  }

  boolean isMalformed() {
    return malformed;
  }

  @Override
  public void field(
      int tag, int nameStart, int nameEnd, int valueStart, int valueEnd, boolean neverIndexed) {
    if ((tag & StaticTable.PSEUDO) != 0) {
      malformed = true;
    } else {
      head.add(FieldName.at(tag), nameStart, nameEnd, valueStart, valueEnd);
    }
  }
}
