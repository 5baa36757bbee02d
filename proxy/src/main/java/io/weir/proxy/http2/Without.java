package io.weir.proxy.http2;

import io.weir.proxy.http.FieldName;
import io.weir.proxy.http.FieldSink;

/** Passes all fields on but those of one name. */
record Without(FieldName left, FieldSink to) implements FieldSink {
  @Override
  public void field(
      FieldName known,
      byte[] name,
      int nameStart,
      int nameEnd,
      byte[] value,
      int valueStart,
      int valueEnd) {
    if (known != left) {
      to.field(known, name, nameStart, nameEnd, value, valueStart, valueEnd);
    }
  }
}
