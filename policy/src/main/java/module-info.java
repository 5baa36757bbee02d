/** Who may come in, how often, what looks wrong: pure decisions, time passed in. */
@org.jspecify.annotations.NullMarked
module io.weir.policy {
  requires transitive io.weir.net;
  requires static org.jspecify;

  exports io.weir.policy;
}
