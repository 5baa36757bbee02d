package io.weir.proxy.tls;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.nio.charset.StandardCharsets;
import java.security.cert.Certificate;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** A TLS client connection over loopback, its handshake done. */
final class NettyTlsClient implements AutoCloseable {
  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
  private final SslHandler tls;
  private final Channel channel;

  NettyTlsClient(SslContext context, String name, int port) throws Exception {
    this(context.newHandler(ByteBufAllocator.DEFAULT, name, port), port);
  }

  NettyTlsClient(SslHandler tls, int port) throws Exception {
    this.tls = tls;
    channel =
        new Bootstrap()
            .group(loops)
            .channel(NioSocketChannel.class)
            .handler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel made) {
                    made.pipeline().addLast(tls, new Answers());
                  }
                })
            .connect("127.0.0.1", port)
            .sync()
            .channel();
    try {
      tls.handshakeFuture().sync();
    } catch (Throwable failed) {
      close();
      throw failed;
    }
  }

  SSLSession session() {
    return tls.engine().getSession();
  }

  Certificate leaf() throws SSLPeerUnverifiedException {
    return session().getPeerCertificates()[0];
  }

  @Nullable String ask(String question) throws InterruptedException {
    channel
        .writeAndFlush(Unpooled.copiedBuffer(question, StandardCharsets.US_ASCII))
        .syncUninterruptibly();
    return answers.poll(10, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    channel.close().syncUninterruptibly();
    loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }

  private final class Answers extends SimpleChannelInboundHandler<ByteBuf> {
    @Override
    protected void channelRead0(ChannelHandlerContext ctx, ByteBuf answer) {
      answers.add(answer.toString(StandardCharsets.US_ASCII));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      answers.add(String.valueOf(cause));
    }
  }
}
