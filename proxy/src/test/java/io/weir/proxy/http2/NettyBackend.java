package io.weir.proxy.http2;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An HTTP/2 server by prior knowledge, Netty's: echoes content piece by piece and ends with the
 * trailer {@code grpc-status: 0}; {@code /SIZE} answers with so many octets instead.
 */
final class NettyBackend implements AutoCloseable {
  final BlockingQueue<Http2Headers> requests = new LinkedBlockingQueue<>();
  final AtomicInteger connections = new AtomicInteger();
  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Channel server;

  NettyBackend(int maxStreams) {
    server =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    connections.incrementAndGet();
                    channel
                        .pipeline()
                        .addLast(
                            Http2FrameCodecBuilder.forServer()
                                .initialSettings(
                                    Http2Settings.defaultSettings()
                                        .maxConcurrentStreams(maxStreams))
                                .build(),
                            new Http2MultiplexHandler(
                                new ChannelInitializer<Channel>() {
                                  @Override
                                  protected void initChannel(Channel stream) {
                                    stream.pipeline().addLast(new Echo());
                                  }
                                }));
                  }
                })
            .bind(InetAddress.getLoopbackAddress(), 0)
            .syncUninterruptibly()
            .channel();
  }

  InetSocketAddress address() {
    return (InetSocketAddress) server.localAddress();
  }

  private final class Echo extends ChannelInboundHandlerAdapter {
    private boolean websocket;

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      if (message instanceof Http2HeadersFrame head) {
        if (head.headers().path() != null) {
          requests.add(head.headers());
          websocket = head.headers().contains(":protocol");
          begin(ctx, head.headers().path().toString());
        }
        if (head.isEndStream()) {
          end(ctx);
        }
      } else if (message instanceof Http2DataFrame data) {
        ByteBuf content = data.content();
        ctx.writeAndFlush(new DefaultHttp2DataFrame(content, false));
        if (data.isEndStream()) {
          end(ctx);
        }
      }
    }

    private void begin(ChannelHandlerContext ctx, String path) {
      ctx.writeAndFlush(
          new DefaultHttp2HeadersFrame(
              new DefaultHttp2Headers().status("200").add("x-backend", "netty")));
      if (path.length() > 1 && Character.isDigit(path.charAt(1))) {
        byte[] content = new byte[Integer.parseInt(path.substring(1))];
        java.util.Arrays.fill(content, (byte) 'x');
        ctx.writeAndFlush(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(content), false));
      }
    }

    private void end(ChannelHandlerContext ctx) {
      if (websocket) {
        ctx.writeAndFlush(new DefaultHttp2DataFrame(Unpooled.EMPTY_BUFFER, true));
      } else {
        ctx.writeAndFlush(
            new DefaultHttp2HeadersFrame(new DefaultHttp2Headers().add("grpc-status", "0"), true));
      }
    }
  }

  @Override
  public void close() {
    group.shutdownGracefully(0, 1, java.util.concurrent.TimeUnit.SECONDS);
  }
}
