/** Addresses, prefixes, address tables and wire formats: pure values, no I/O, no clock. */
@org.jspecify.annotations.NullMarked
module io.weir.net {
  requires static org.jspecify;

  exports io.weir.net;
}
