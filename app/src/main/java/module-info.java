/** The weir program: daemon and command line. */
@org.jspecify.annotations.NullMarked
module io.weir.app {
  requires info.picocli;
  requires io.netty.buffer;
  requires io.netty.common;
  requires io.netty.transport;
  requires io.netty.transport.classes.epoll;
  requires io.netty.transport.unix.common;
  requires io.weir.control;
  requires io.weir.packet;
  requires io.weir.waf;
  requires java.logging;
  requires java.net.http;
  requires jdk.unsupported; // sun.misc.Signal: SIGHUP has no other interface
  requires org.snakeyaml.engine;
  requires static org.jspecify;

  opens io.weir.app to
      info.picocli;
  opens io.weir.app.rules to
      info.picocli;
}
