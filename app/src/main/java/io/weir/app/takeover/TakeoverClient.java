package io.weir.app.takeover;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.DomainSocketReadMode;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.weir.packet.Handover;
import io.weir.proxy.ListeningSockets;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The new process's end: gets the listening sockets of the running one, and tells it when it may
 * stop. For one thread.
 */
public final class TakeoverClient implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 10;

  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(
          1, new DefaultThreadFactory("weir-takeover", true), EpollIoHandler.newFactory());
  private final Conversation conversation = new Conversation();
  private final Channel channel;
  private final HandedOver received;

  private record HandedOver(Map<InetSocketAddress, List<Integer>> sockets, Handover plane) {}

  /**
   * Asks the running process for its sockets and waits for them, 10 s at most.
   *
   * @throws IOException if none runs there, it is another user's, or it does not answer as it
   *     should; it then serves on
   */
  public TakeoverClient(Path socket) throws IOException {
    try {
      channel = connect(socket);
      received = await(conversation.handedOver);
    } catch (IOException failed) {
      close();
      throw new IOException("takeover from " + socket + ": " + failed.getMessage(), failed);
    }
  }

  private Channel connect(Path socket) throws IOException {
    ChannelFuture connected =
        new Bootstrap()
            .group(group)
            .channel(EpollDomainSocketChannel.class)
            .handler(conversation)
            .connect(new DomainSocketAddress(socket.toFile()))
            .awaitUninterruptibly();
    if (!connected.isSuccess()) {
      throw new IOException("no running process there: " + connected.cause().getMessage());
    }
    return connected.channel();
  }

  private static <T> T await(CompletableFuture<T> answer) throws IOException {
    try {
      return answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException failed) {
      throw failed.getCause() instanceof IOException io ? io : new IOException(failed.getCause());
    } catch (TimeoutException silent) {
      throw new IOException("no answer within " + PATIENCE_SECONDS + " s", silent);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", interrupted);
    }
  }

  /** The sockets, listening already. To be used once. */
  public ListeningSockets sockets() {
    return new ListeningSockets(received.sockets);
  }

  /** What is given of the packet plane. To be used once. */
  public Handover packetPlane() {
    return received.plane;
  }

  /** Tells the running process that this one serves, so that it stops accepting. */
  public void ready() {
    channel
        .writeAndFlush(Unpooled.copiedBuffer("ready\n", StandardCharsets.US_ASCII))
        .awaitUninterruptibly();
  }

  /** Ends the conversation. Without {@link #ready} the running process goes on as before. */
  @Override
  public void close() {
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  private static final class Conversation extends ChannelInboundHandlerAdapter {
    final CompletableFuture<HandedOver> handedOver = new CompletableFuture<>();
    private final StringBuilder text = new StringBuilder();
    private final List<Integer> received = new ArrayList<>();
    private @Nullable Offer offer;

    @Override
    public void channelActive(ChannelHandlerContext context) throws IOException {
      int uid = ((EpollDomainSocketChannel) context.channel()).peerCredentials().uid();
      if (uid != ControlPath.uid()) {
        throw new IOException("the process there is user " + uid + "'s");
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (message instanceof FileDescriptor descriptor) {
        received.add(descriptor.intValue());
      } else {
        ByteBuf data = (ByteBuf) message;
        text.append(data.toString(StandardCharsets.US_ASCII));
        data.release();
        if (offer == null) {
          readOffer(context);
        }
      }
      Offer of = offer;
      if (of != null && received.size() == of.descriptors()) {
        readMode(context, DomainSocketReadMode.BYTES);
        handedOver.complete(sorted(of));
      }
    }

    /**
     * The running process sends descriptors only when asked, so that they never come while octets
     * are read: the kernel would drop them.
     */
    private void readOffer(ChannelHandlerContext context) {
      if (text.length() > Offer.MAX_CHARS) {
        throw new IllegalArgumentException("takeover: the offer is too long");
      }
      if (text.length() > 1 && text.substring(text.length() - 2).equals("\n\n")) {
        offer = Offer.parse(text.toString());
        readMode(context, DomainSocketReadMode.FILE_DESCRIPTORS);
        context.writeAndFlush(Unpooled.copiedBuffer("send\n", StandardCharsets.US_ASCII));
      }
    }

    private static void readMode(ChannelHandlerContext context, DomainSocketReadMode mode) {
      ((EpollDomainSocketChannel) context.channel()).config().setReadMode(mode);
    }

    private HandedOver sorted(Offer of) {
      Map<InetSocketAddress, List<Integer>> sockets = new HashMap<>();
      int next = 0;
      for (Offer.Sockets each : of.sockets()) {
        sockets.put(each.address(), List.copyOf(received.subList(next, next + each.count())));
        next += each.count();
      }
      List<Handover.Part> plane = new ArrayList<>();
      for (Offer.Part each : of.plane()) {
        int descriptor = each.hasDescriptor() ? received.get(next++) : -1;
        plane.add(new Handover.Part(each.words(), descriptor));
      }
      return new HandedOver(sockets, new Handover(plane));
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      fail(new IOException("the running process closed"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      fail(cause);
      context.close();
    }

    private void fail(Throwable cause) {
      if (handedOver.completeExceptionally(cause)) {
        received.forEach(Conversation::close);
      }
    }

    private static void close(int descriptor) {
      try {
        new FileDescriptor(descriptor).close();
      } catch (IOException ignored) {
        // It was never ours to use.
      }
    }
  }
}
