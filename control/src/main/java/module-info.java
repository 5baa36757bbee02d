/** Compile, publish, observe: generations, certificates, health, metrics. */
@org.jspecify.annotations.NullMarked
module io.weir.control {
  requires transitive io.weir.config;
  requires transitive io.weir.packet;
  requires transitive io.weir.proxy;
  requires io.netty.buffer;
  requires io.netty.common;
  requires io.netty.handler;
  requires io.netty.transport;
  requires io.prometheus.metrics.model;
  requires io.prometheus.writer.text;
  requires jdk.httpserver;
  requires static org.jspecify;

  exports io.weir.control;
  exports io.weir.control.health;
  exports io.weir.control.packet;
}
