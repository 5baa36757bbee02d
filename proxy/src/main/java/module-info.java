/** Connections, TLS, HTTP, stages, routes, upstreams, access log. */
@org.jspecify.annotations.NullMarked
module io.weir.proxy {
  requires transitive io.weir.net;
  requires transitive io.weir.policy;
  requires transitive io.weir.waf;
  requires io.netty.buffer;
  requires io.netty.common;
  requires io.netty.handler;
  requires io.netty.transport;
  requires io.netty.transport.classes.epoll;
  requires io.netty.transport.unix.common;
  requires io.netty.tcnative.classes.openssl;
  requires jdk.net;
  requires re2j;
  requires static org.jspecify;

  exports io.weir.proxy;
  exports io.weir.proxy.http;
  exports io.weir.proxy.http1 to
      io.weir.control;
  exports io.weir.proxy.identity;
  exports io.weir.proxy.inspect;
  exports io.weir.proxy.log;
  exports io.weir.proxy.route;
  exports io.weir.proxy.stage;
  exports io.weir.proxy.tls;
  exports io.weir.proxy.upstream;
}
