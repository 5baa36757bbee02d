package io.weir.proxy.http2;

/** Where {@link HpackDecoder} announces each field, whose octets it has put into the head. */
interface HpackSink {
  /**
   * A field with a valid name and value.
   *
   * @param tag what the name means, see {@link StaticTable}
   * @param neverIndexed whether every hop must keep it out of its tables (RFC 7541 §6.2.3)
   */
  void field(
      int tag, int nameStart, int nameEnd, int valueStart, int valueEnd, boolean neverIndexed);
}
