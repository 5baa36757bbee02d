package io.weir.app.takeover;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.weir.packet.Handover;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The running process's end: gives its listening sockets to a new process of the same user, and
 * learns when that one serves. Needs epoll.
 */
public final class TakeoverServer implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(TakeoverServer.class.getName());

  private final Path path;
  private final Running running;
  private final AtomicBoolean taken = new AtomicBoolean();
  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(
          1, new DefaultThreadFactory("weir-takeover", true), EpollIoHandler.newFactory());
  private final @Nullable Object fileKey;

  /**
   * What the running process says when it is asked.
   *
   * @param sockets those that listen at the time of the question
   * @param packetPlane what it gives of its packet plane; the descriptors belong to the asker
   * @param failed run when a new process got that, and ended without serving
   * @param takenOver run once, on a thread of its own, when a new process serves
   */
  public record Running(
      Supplier<Map<InetSocketAddress, List<Channel>>> sockets,
      Supplier<Handover> packetPlane,
      Runnable failed,
      Runnable takenOver) {}

  /**
   * Waits for a new process.
   *
   * @param path of the Unix socket; one that is there already is replaced. Its folder is made if
   *     need be, and then only for this user
   * @throws IOException if there cannot be such a socket
   */
  public TakeoverServer(Path path, Running running) throws IOException {
    this.path = path;
    this.running = running;
    try {
      fileKey = listen();
    } catch (IOException | RuntimeException failed) {
      shutDown();
      throw failed;
    }
  }

  /** Under a name of its own first: under the right name it never has wrong permissions. */
  private @Nullable Object listen() throws IOException {
    ControlPath.makeFolder(path);
    Path mine = path.resolveSibling(path.getFileName() + "." + ProcessHandle.current().pid());
    Files.deleteIfExists(mine);
    new ServerBootstrap()
        .group(group)
        .channel(EpollServerDomainSocketChannel.class)
        .childHandler(
            new ChannelInitializer<EpollDomainSocketChannel>() {
              @Override
              protected void initChannel(EpollDomainSocketChannel channel) {
                channel.pipeline().addLast(new Conversation());
              }
            })
        .bind(new DomainSocketAddress(mine.toFile()))
        .syncUninterruptibly();
    Files.setPosixFilePermissions(mine, PosixFilePermissions.fromString("rw-------"));
    Files.move(mine, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    return fileKey(path);
  }

  private static @Nullable Object fileKey(Path file) throws IOException {
    return Files.getAttribute(file, "unix:ino");
  }

  /** Waits no longer. The socket's name is removed unless a new process has it. */
  @Override
  public void close() {
    try {
      if (Files.exists(path) && String.valueOf(fileKey).equals(String.valueOf(fileKey(path)))) {
        Files.delete(path);
      }
    } catch (IOException left) {
      LOG.log(System.Logger.Level.DEBUG, "cannot remove {0}: {1}", path, left.getMessage());
    }
    shutDown();
  }

  private void shutDown() {
    group.shutdownGracefully(0, 1, java.util.concurrent.TimeUnit.SECONDS);
  }

  /** One new process. */
  private final class Conversation extends SimpleChannelInboundHandler<ByteBuf> {
    private final List<EpollServerSocketChannel> offered = new ArrayList<>();
    private final StringBuilder received = new StringBuilder();
    private Handover plane = Handover.NONE;
    private boolean serves;

    @Override
    public void channelActive(ChannelHandlerContext context) throws IOException {
      int uid = ((EpollDomainSocketChannel) context.channel()).peerCredentials().uid();
      if (uid != ControlPath.uid()) {
        LOG.log(System.Logger.Level.WARNING, "takeover refused: asked by user {0}", uid);
        context.close();
        return;
      }
      List<Offer.Sockets> list = new ArrayList<>();
      running
          .sockets()
          .get()
          .forEach((address, channels) -> {
            channels.forEach(channel -> offered.add((EpollServerSocketChannel) channel));
            list.add(new Offer.Sockets(address, channels.size()));
          });
      plane = running.packetPlane().get();
      String offer = new Offer(list, Offer.Part.of(plane)).text();
      context.writeAndFlush(Unpooled.copiedBuffer(offer, StandardCharsets.US_ASCII));
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, ByteBuf data) {
      received.append(data.toString(StandardCharsets.US_ASCII));
      switch (received.toString()) {
        case "send\n" -> send(context);
        case "ready\n", "send\nready\n" -> ready(context);
        default -> {
          if (received.length() > "send\nready\n".length()) {
            context.close();
          }
        }
      }
    }

    private void send(ChannelHandlerContext context) {
      offered.forEach(socket -> send(context, socket.fd().intValue()));
      plane.parts().stream()
          .filter(part -> part.descriptor() >= 0)
          .forEach(part -> send(context, part.descriptor()));
      context.flush();
    }

    private static void send(ChannelHandlerContext context, int descriptor) {
      context
          .write(new FileDescriptor(descriptor))
          .addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
    }

    private void ready(ChannelHandlerContext context) {
      serves = true;
      if (taken.compareAndSet(false, true)) {
        Thread.ofPlatform().name("weir-taken-over").start(running.takenOver());
      }
      context.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      if (!serves && !plane.isEmpty()) {
        Thread.ofPlatform().name("weir-not-taken-over").start(running.failed());
      }
      plane.close();
      plane = Handover.NONE;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      LOG.log(System.Logger.Level.WARNING, "takeover failed: {0}", cause);
      context.close();
    }
  }
}
