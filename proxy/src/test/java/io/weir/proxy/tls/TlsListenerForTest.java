package io.weir.proxy.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A listener on loopback that echoes lines, or raw bytes where the row passes through. */
@SuppressWarnings("FutureReturnValueIgnored")
final class TlsListenerForTest implements TlsEvents, AutoCloseable {
  final TlsServer server;
  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Channel channel;
  private final BlockingQueue<TlsSession> sessions = new LinkedBlockingQueue<>();
  private final BlockingQueue<TlsRefusal> refusals = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> hellos = new LinkedBlockingQueue<>();
  volatile @Nullable SniRow passedThrough;

  TlsListenerForTest(TlsServer server) throws InterruptedException {
    this.server = server;
    channel =
        new ServerBootstrap()
            .group(loops)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel child) {
                    child.pipeline().addLast(server.newHandler(TlsListenerForTest.this));
                  }
                })
            .bind("127.0.0.1", 0)
            .sync()
            .channel();
  }

  int port() {
    return ((InetSocketAddress) channel.localAddress()).getPort();
  }

  TlsSession nextSession() throws InterruptedException {
    return next(sessions);
  }

  TlsRefusal nextRefusal() throws InterruptedException {
    return next(refusals);
  }

  String nextHello() throws InterruptedException {
    return next(hellos);
  }

  private static <T> T next(BlockingQueue<T> queue) throws InterruptedException {
    T next = queue.poll(10, TimeUnit.SECONDS);
    assertThat(next).isNotNull();
    return Objects.requireNonNull(next);
  }

  @Override
  public void hello(Channel client, SniRow row, ClientHello hello) {
    hellos.add(new String(hello.serverName(), StandardCharsets.US_ASCII));
    if (row.passesThrough()) {
      passedThrough = row;
      client.pipeline().addLast(new Echo(""));
    }
  }

  @Override
  public void established(Channel client, TlsSession session) {
    sessions.add(session);
    client.pipeline().addLast(new Echo("echo: "));
  }

  @Override
  public void refused(Channel client, TlsRefusal refusal, @Nullable Throwable cause) {
    refusals.add(refusal);
  }

  @Override
  public void close() {
    channel.close().syncUninterruptibly();
    loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    server.close();
  }

  private static final class Echo extends ChannelInboundHandlerAdapter {
    private final byte[] prefix;

    Echo(String prefix) {
      this.prefix = prefix.getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ByteBuf in = (ByteBuf) message;
      boolean quit = in.toString(StandardCharsets.ISO_8859_1).contains("quit");
      ctx.write(ctx.alloc().buffer().writeBytes(prefix));
      ctx.writeAndFlush(in).addListener(quit ? ChannelFutureListener.CLOSE : future -> {});
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }
}
