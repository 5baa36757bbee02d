/** A compiler for SecLang rules and the engine that judges HTTP transactions by them. */
@org.jspecify.annotations.NullMarked
module io.weir.waf {
  requires io.weir.net;
  requires static org.jspecify;

  exports io.weir.waf;
  exports io.weir.waf.regression;
}
