/** A compiler for SecLang rules and the engine that judges HTTP transactions by them. */
@org.jspecify.annotations.NullMarked
module io.weir.waf {
  requires com.github.luben.zstd_jni;
  requires dec; // org.brotli:dec, which has no descriptor
  requires io.weir.net;
  requires static org.jspecify;

  exports io.weir.waf;
  exports io.weir.waf.regression;
}
