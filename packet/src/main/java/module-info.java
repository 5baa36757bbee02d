/** The packet plane: XDP programs in front of the network stack, loaded and driven over FFM. */
@org.jspecify.annotations.NullMarked
module io.weir.packet {
  requires static org.jspecify;
  requires transitive io.weir.net;

  exports io.weir.packet;
}
