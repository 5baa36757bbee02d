/** The operator's words: YAML to records, or a list of problems with line and column. */
@org.jspecify.annotations.NullMarked
module io.weir.config {
  requires transitive io.weir.net;
  requires org.snakeyaml.engine;
  requires re2j;
  requires static org.jspecify;

  exports io.weir.config;
}
