package io.weir.proxy.http;

/** Takes the fields of an outgoing head one by one; each HTTP version writes them its own way. */
public interface FieldSink {
  /**
   * One field, {@code name[nameStart, nameEnd)} and {@code value[valueStart, valueEnd)}; the octets
   * are valid during the call only.
   */
  void field(
      FieldName known,
      byte[] name,
      int nameStart,
      int nameEnd,
      byte[] value,
      int valueStart,
      int valueEnd);

  /** A field of a known name. */
  default void field(FieldName name, byte[] value) {
    field(name, name.bytes(), 0, name.bytes().length, value, 0, value.length);
  }
}
