package io.weir.it;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2SettingsFrame;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.codec.http2.Http2StreamFrame;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** An HTTP/2 connection with prior knowledge by Netty's codec, for what other clients cannot do. */
final class Http2Client implements AutoCloseable {
  private static final char ENABLE_CONNECT_PROTOCOL = 8; // RFC 8441 §3

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final CompletableFuture<Http2Settings> settings = new CompletableFuture<>();
  private final Channel channel;

  private Http2Client(int port) {
    channel =
        new Bootstrap()
            .group(group)
            .channel(NioSocketChannel.class)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel opened) {
                    opened
                        .pipeline()
                        .addLast(Http2FrameCodecBuilder.forClient().validateHeaders(false).build())
                        .addLast(
                            new SettingsReader(),
                            new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()));
                  }
                })
            .connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port))
            .syncUninterruptibly()
            .channel();
  }

  static Http2Client connect(int port) {
    return new Http2Client(port);
  }

  private final class SettingsReader extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object frame) {
      if (frame instanceof Http2SettingsFrame first) {
        settings.complete(first.settings());
      }
      context.fireChannelRead(frame);
    }
  }

  boolean allowsExtendedConnect() throws Exception {
    Long value =
        settings.get(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS).get(ENABLE_CONNECT_PROTOCOL);
    return value != null && value == 1;
  }

  /** Asks for a WebSocket by extended CONNECT. */
  Stream webSocket(String path) {
    Http2Headers headers =
        new DefaultHttp2Headers(false)
            .method("CONNECT")
            .scheme("http")
            .authority("localhost")
            .path(path)
            .add(":protocol", "websocket")
            .add("sec-websocket-version", "13");
    return open(headers, false);
  }

  /** Opens a stream with these fields. */
  Stream open(Http2Headers headers, boolean end) {
    Stream stream = new Stream();
    stream.channel =
        new Http2StreamChannelBootstrap(channel)
            .handler(stream)
            .open()
            .syncUninterruptibly()
            .getNow();
    stream.channel.writeAndFlush(new DefaultHttp2HeadersFrame(headers, end)).syncUninterruptibly();
    return stream;
  }

  @Override
  public void close() {
    channel.close().syncUninterruptibly();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }

  /** One stream, and what came on it. */
  static final class Stream extends SimpleChannelInboundHandler<Http2StreamFrame> {
    private final CompletableFuture<String> status = new CompletableFuture<>();
    private final CompletableFuture<Void> end = new CompletableFuture<>();
    private final ByteBuf received = Unpooled.buffer();
    private Channel channel;

    Stream() {
      super(false);
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, Http2StreamFrame frame) {
      switch (frame) {
        case Http2HeadersFrame headers -> {
          status.complete(String.valueOf(headers.headers().status()));
          ended(headers.isEndStream());
        }
        case Http2DataFrame data -> {
          synchronized (received) {
            received.writeBytes(data.content());
            received.notifyAll();
          }
          ended(data.isEndStream());
        }
        case Http2ResetFrame reset -> {
          status.complete("reset " + reset.errorCode());
          end.complete(null);
        }
        default -> {}
      }
      ReferenceCountUtil.release(frame);
    }

    private void ended(boolean endOfStream) {
      if (endOfStream) {
        end.complete(null);
      }
    }

    String awaitStatus() throws Exception {
      return status.get(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    void send(byte[] data) {
      channel
          .writeAndFlush(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(data)))
          .syncUninterruptibly();
    }

    /** Waits until so many octets have come; all that have. */
    byte[] awaitBytes(int least) throws InterruptedException {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(Tools.PATIENCE_SECONDS);
      synchronized (received) {
        while (received.readableBytes() < least && System.nanoTime() < deadline) {
          received.wait(100);
        }
        byte[] octets = new byte[received.readableBytes()];
        received.getBytes(0, octets);
        return octets;
      }
    }
  }
}
