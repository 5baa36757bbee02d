/** The weir program: daemon and command line. */
@org.jspecify.annotations.NullMarked
module io.weir.app {
  requires io.weir.control;
  requires info.picocli;
  requires static org.jspecify;
}
