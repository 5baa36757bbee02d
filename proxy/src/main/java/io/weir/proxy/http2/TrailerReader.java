package io.weir.proxy.http2;

import io.weir.proxy.http.FieldName;
import io.weir.proxy.http.Head;

/**
 * Puts the fields of a trailer section into a head; pseudo-headers, fields of a connection and
 * those that frame the message or name its host have no place there (RFC 9113 §8.1 and §8.2.2, RFC
 * 9110 §6.5.1).
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
      FieldName name = FieldName.at(tag);
      malformed |= name.isHopByHop() || name == FieldName.CONTENT_LENGTH || name == FieldName.HOST;
      head.add(name, nameStart, nameEnd, valueStart, valueEnd);
    }
  }
}
