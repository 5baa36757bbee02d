package io.weir.proxy.tls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslHandler;
import io.netty.internal.tcnative.SSL;
import io.netty.util.IllegalReferenceCountException;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GenericFutureListener;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Reads the client hello and chooses the row. Then it removes itself in favour of the tunnel, or
 * puts BoringSSL's handler in front and stays behind it until the handshake is done: its deadline
 * counts so long, and errors end here rather than in the log.
 *
 * <p>Netty has such a handler too ({@code SslClientHelloHandler}); this one differs in that an
 * unreadable hello never gets the default row's rules, that memory is bounded whatever the records'
 * size, and that one deadline covers hello and handshake. Confined to the channel's event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Of closing: what fails to close is closed.
final class ClientHelloHandler extends ChannelInboundHandlerAdapter
    implements GenericFutureListener<Future<Channel>> {
  private static final byte[] NO_NAME = {};

  /** Bytes of protocol and suite names; the keys are the few dozen names BoringSSL knows. */
  private static final Map<String, byte[]> INTERNED = new ConcurrentHashMap<>();

  private final TlsServer server;
  private final TlsEvents events;
  private final ClientHelloReader reader = new ClientHelloReader();
  private @Nullable ByteBuf received;
  private boolean copied;
  private long deadline;
  private @Nullable PendingHandshakes pending;
  private @Nullable SslHandler handshake;
  private @Nullable SniRow row;
  private byte[] serverName = NO_NAME;
  private Fingerprint fingerprint = Fingerprint.NONE;
  private @Nullable Channel channel;
  private boolean reported;

  ClientHelloHandler(TlsServer server, TlsEvents events) {
    this.server = server;
    this.events = events;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    channel = ctx.channel();
    begin(ctx);
  }

  /** Takes its place among the handshakes of this loop, once there is a loop. */
  private void begin(ChannelHandlerContext ctx) {
    if (ctx.channel().isRegistered() && pending == null) {
      TlsSettings settings = server.current().settings();
      deadline = System.nanoTime() + settings.handshakeTimeout().toNanos();
      pending = server.pending(ctx.executor());
      pending.begin(this, settings.pendingHandshakes());
    }
  }

  private void end() {
    if (pending != null) {
      pending.end(this);
    }
  }

  /** Its time is over, or others need the place. */
  void cut(TlsRefusal why) {
    end();
    report(why, null);
    if (channel != null) {
      channel.close();
    }
  }

  @Override
  public void channelRegistered(ChannelHandlerContext ctx) {
    begin(ctx);
    ctx.fireChannelRegistered();
  }

  /** When hello and handshake have to be done: a {@link System#nanoTime}. */
  long deadline() {
    return deadline;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
    if (reported) {
      ReferenceCountUtil.release(message);
      return;
    }
    received = append(ctx.alloc(), received, (ByteBuf) message);
    TlsRefusal refusal = reader.read(received);
    if (refusal == null && reader.complete()) {
      refusal = decide(ctx);
    }
    if (refusal != null) {
      refuse(ctx, refusal);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (handshake == null && !reported && !ctx.channel().config().isAutoRead()) {
      ctx.read();
    }
    ctx.fireChannelReadComplete();
  }

  private ByteBuf append(ByteBufAllocator allocator, @Nullable ByteBuf before, ByteBuf in) {
    if (before == null) {
      return in;
    }
    ByteBuf all = before;
    if (!copied) {
      copied = true;
      all = allocator.ioBuffer(4096).writeBytes(before);
      before.release();
    }
    all.writeBytes(in);
    in.release();
    return all;
  }

  private @Nullable TlsRefusal decide(ChannelHandlerContext ctx) throws Exception {
    ClientHello hello = reader.hello();
    if (hello == null) {
      return TlsRefusal.UNREADABLE_HELLO;
    }
    while (true) {
      TlsServer.Generation generation = server.current();
      try {
        return decide(ctx, generation, hello);
      } catch (IllegalReferenceCountException replaced) {
        // An update released the context between look-up and use: look again.
        if (generation == server.current()) {
          throw replaced;
        }
      }
    }
  }

  private @Nullable TlsRefusal decide(
      ChannelHandlerContext ctx, TlsServer.Generation generation, ClientHello hello)
      throws Exception {
    int index =
        generation.names().find(hello.bytes(), hello.serverNameOffset(), hello.serverNameLength());
    if (index < 0) {
      return TlsRefusal.UNRECOGNIZED_NAME;
    }
    SniRow chosen = generation.names().rows().get(index);
    ServerContext context = generation.context(index);
    if (context == null) {
      passThrough(ctx, chosen, hello);
      return null;
    }
    if (!generation.speaks(hello)) {
      return TlsRefusal.NO_APPLICATION_PROTOCOL;
    }
    shakeHands(ctx, context.newHandler(ctx.alloc()), chosen, hello);
    return null;
  }

  private void passThrough(ChannelHandlerContext ctx, SniRow chosen, ClientHello hello) {
    end();
    events.hello(ctx.channel(), chosen, hello);
    ByteBuf bytes = takeReceived();
    ctx.fireChannelRead(bytes);
    ctx.pipeline().remove(this);
  }

  private void shakeHands(
      ChannelHandlerContext ctx, SslHandler handler, SniRow chosen, ClientHello hello)
      throws Exception {
    row = chosen;
    serverName = hello.serverName();
    fingerprint = Fingerprint.of(hello);
    handshake = handler;
    events.hello(ctx.channel(), chosen, hello);
    handler.setHandshakeTimeoutMillis(0);
    handler.handshakeFuture().addListener(this);
    ctx.pipeline().addBefore(ctx.name(), null, handler);
    handler.channelRead(
        ctx.pipeline().context(handler), reader.joined(ctx.alloc(), takeReceived()));
  }

  private ByteBuf takeReceived() {
    ByteBuf bytes = Objects.requireNonNull(received);
    received = null;
    return bytes;
  }

  /** The handshake is done, well or badly. */
  @Override
  public void operationComplete(Future<Channel> future) {
    SslHandler handler = handshake;
    if (handler == null || channel == null || row == null) {
      return;
    }
    end();
    if (future.isSuccess()) {
      reported = true;
      channel.pipeline().remove(this);
      events.established(channel, session(handler, row));
    } else {
      Throwable cause = future.cause();
      report(
          cause instanceof ClosedChannelException
              ? TlsRefusal.CLIENT_CLOSED
              : TlsRefusal.HANDSHAKE_FAILED,
          cause);
    }
  }

  private TlsSession session(SslHandler handler, SniRow chosen) {
    SSLSession session = handler.engine().getSession();
    boolean resumed =
        handler.engine() instanceof ReferenceCountedOpenSslEngine engine
            && SSL.isSessionReused(engine.sslPointer());
    return new TlsSession(
        chosen,
        serverName,
        intern(session.getProtocol()),
        intern(session.getCipherSuite()),
        handler.applicationProtocol(),
        fingerprint,
        resumed);
  }

  private static byte[] intern(String name) {
    byte[] bytes = INTERNED.get(name);
    return bytes != null
        ? bytes
        : INTERNED.computeIfAbsent(name, n -> n.getBytes(StandardCharsets.US_ASCII));
  }

  private void refuse(ChannelHandlerContext ctx, TlsRefusal refusal) {
    end();
    takeReceived().release();
    report(refusal, null);
    if (refusal.alert() == TlsRefusal.SILENT) {
      ctx.close();
    } else {
      ctx.writeAndFlush(alert(ctx, refusal)).addListener(ChannelFutureListener.CLOSE);
    }
  }

  /** A record with a fatal alert (RFC 8446 section 6), in the clear: no keys exist yet. */
  private static ByteBuf alert(ChannelHandlerContext ctx, TlsRefusal refusal) {
    return ctx.alloc()
        .ioBuffer(7)
        .writeByte(21)
        .writeShort(0x0303)
        .writeShort(2)
        .writeByte(2)
        .writeByte(refusal.alert());
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    end();
    report(TlsRefusal.CLIENT_CLOSED, null);
    ctx.fireChannelInactive();
  }

  /** The socket's errors before the hello; then BoringSSL's, which the future brings too. */
  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (handshake == null) {
      report(TlsRefusal.CLIENT_CLOSED, cause);
      ctx.close();
    }
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    end();
    if (received != null) {
      received.release();
      received = null;
    }
  }

  private void report(TlsRefusal refusal, @Nullable Throwable cause) {
    if (!reported && channel != null) {
      reported = true;
      events.refused(channel, refusal, cause);
    }
  }
}
