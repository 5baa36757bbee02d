package io.weir.proxy;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import io.weir.proxy.http.Head;
import io.weir.proxy.identity.Disclosure;
import io.weir.proxy.tls.SniRow;
import io.weir.proxy.upstream.Backend;
import io.weir.proxy.upstream.Outcome;
import io.weir.proxy.upstream.Pool;
import io.weir.proxy.upstream.Tried;
import java.net.ConnectException;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Hands a TLS connection to a pool without decrypting it (TLS-6): octets go both ways as they come,
 * and each side is read only as long as the other keeps up. Confined to its event loop.
 */
final class PassThrough extends ChannelInboundHandlerAdapter implements TimerWheel.Owner {
  private final ClientConnection connection;
  private final @Nullable Pool pool;
  private final TimerWheel.Timer timer = new TimerWheel.Timer(this);
  private final ArrayDeque<Object> early = new ArrayDeque<>();
  private final Tried tried = new Tried();
  private @Nullable Channel upstream;
  private @Nullable Backend backend;
  private final byte[] serverName;
  private boolean moved;

  PassThrough(ClientConnection connection, SniRow row, byte[] serverName) {
    this.connection = connection;
    this.serverName = serverName;
    String name = row.pool();
    this.pool = name == null ? null : connection.loop.proxy.snapshot().pools().get(name);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    context.channel().config().setAutoRead(false);
    context.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    connect();
  }

  private void connect() {
    Loop loop = connection.loop;
    long now = connection.loop.clock();
    Backend chosen =
        pool == null ? null : pool.select(new Head(), connection.peer, loop.index, now, tried);
    if (pool == null || chosen == null || tried.contains(chosen)) {
      connection.channel.close();
      return;
    }
    tried.add(chosen);
    backend = chosen;
    chosen.began(loop.index);
    Channel channel =
        loop.proxy.transport().newChannel(chosen.address(), pool.settings().connections());
    channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, false);
    channel.pipeline().addLast(new FromBackend());
    Disclosure told = pool.settings().disclosure();
    boolean possible = told.canReach(chosen.address(), connection.peer);
    if (possible && told.perClient()) {
      disclose(told, channel);
    }
    loop.executor.register(channel);
    if (possible) {
      channel
          .connect(chosen.address(), told.source(connection.peer))
          .addListener((ChannelFutureListener) done -> connectDone(done, channel));
    } else {
      connectDone(channel.newFailedFuture(new ConnectException("another family")), channel);
    }
  }

  private void disclose(Disclosure told, Channel channel) {
    byte[] id = new byte[Loop.ID_LENGTH];
    connection.loop.nextRequestId(id);
    told.prepare(channel, connection.peer, connection, serverName, id);
  }

  private void connectDone(ChannelFuture done, Channel channel) {
    if (done.isSuccess()) {
      connected(channel);
    } else {
      channel.close();
      ended(Outcome.CONNECT_FAILED);
      connect();
    }
  }

  private void connected(Channel channel) {
    if (!connection.channel.isActive()) {
      channel.close();
      return;
    }
    upstream = channel;
    for (Object data = early.poll(); data != null; data = early.poll()) {
      channel.write(data, channel.voidPromise());
    }
    channel.flush();
    connection.channel.config().setAutoRead(true);
    armTimer();
  }

  private void armTimer() {
    moved = false;
    long idle = connection.listener.settings().timeouts().tunnel();
    connection.loop.timers.arm(timer, connection.loop.recently() + idle);
  }

  @Override
  public void expired(TimerWheel.Timer of, long now) {
    if (moved) {
      armTimer();
    } else {
      connection.channel.close();
    }
  }

  private void ended(Outcome outcome) {
    Backend by = backend;
    backend = null;
    if (by != null) {
      by.ended(connection.loop.index, outcome, connection.loop.clock());
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object data) {
    moved = true;
    Channel to = upstream;
    if (to == null) {
      early.add(data);
    } else {
      to.write(data, to.voidPromise());
      context.channel().config().setAutoRead(to.isWritable());
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    if (upstream != null) {
      upstream.flush();
    }
  }

  /** The client has said all it has to say; the backend is told, and may still answer. */
  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event == ChannelInputShutdownEvent.INSTANCE) {
      if (upstream instanceof DuplexChannel to) {
        to.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(sent -> Transport.shutDownOutput(to));
      } else {
        context.close();
      }
    }
    context.fireUserEventTriggered(event);
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (upstream != null && context.channel().isWritable()) {
      upstream.config().setAutoRead(true);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    connection.loop.timers.remove(timer);
    early.forEach(ReferenceCountUtil::release);
    early.clear();
    ended(Outcome.SUCCESS);
    if (upstream != null) {
      closeAfterFlush(upstream);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    connection.loop.proxy.connectionFailed(cause);
    context.close();
  }

  private static void closeAfterFlush(Channel channel) {
    channel.writeAndFlush(channel.alloc().buffer(0)).addListener(ChannelFutureListener.CLOSE);
  }

  /** The backend's direction. */
  private final class FromBackend extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object data) {
      moved = true;
      Channel client = connection.channel;
      client.write(data, client.voidPromise());
      context.channel().config().setAutoRead(client.isWritable());
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
      connection.channel.flush();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
      if (context.channel().isWritable()) {
        connection.channel.config().setAutoRead(true);
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      if (upstream == context.channel()) {
        closeAfterFlush(connection.channel);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      connection.loop.proxy.connectionFailed(cause);
      context.close();
    }
  }
}
