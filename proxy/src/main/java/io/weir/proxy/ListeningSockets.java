package io.weir.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.IntegerUnixChannelOption;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Opens listening sockets, or takes those that an ending process hands over (LB-9): a connection
 * waiting to be accepted belongs to the socket, so none is lost as long as the socket lives on.
 */
public final class ListeningSockets {
  private static final int BACKLOG = 65535;

  /**
   * What the kernel takes for a client beyond what is on its way to it. Without this bound it would
   * take megabytes for each client that hardly reads, and they would be fetched from the backend.
   */
  private static final int MOST_UNSENT = 64 * 1024;

  private static final IntegerUnixChannelOption UNSENT =
      new IntegerUnixChannelOption("TCP_NOTSENT_LOWAT", 6, 25); // of linux/in.h and linux/tcp.h

  private final Map<InetSocketAddress, List<Integer>> descriptors;

  /**
   * Sockets handed over, by address.
   *
   * @param descriptors file descriptors that are listening already; empty for a cold start
   */
  public ListeningSockets(Map<InetSocketAddress, List<Integer>> descriptors) {
    this.descriptors = new HashMap<>(descriptors);
  }

  /** None: every socket is opened anew. */
  public static ListeningSockets none() {
    return new ListeningSockets(Map.of());
  }

  /**
   * One accepting socket for each loop; with several loops the kernel spreads connections over
   * them.
   *
   * @param ours whether this process listens there already, for a listener that is replaced
   * @param transparent whether connections meant for other addresses are taken too
   */
  List<Channel> open(
      Transport transport,
      List<Loop> loops,
      Listener listener,
      InetSocketAddress address,
      boolean ours,
      boolean transparent)
      throws IOException {
    List<Integer> handed = descriptors.remove(address);
    List<Channel> channels = new ArrayList<>();
    try {
      if (handed != null) {
        for (int i = 0; i < handed.size(); i++) {
          Loop loop = loops.get(i % loops.size());
          Channel channel = new EpollServerSocketChannel(handed.get(i));
          setTransparent(channel, transparent);
          channels.add(register(channel, loop, listener, null));
        }
        return channels;
      }
      if (!ours) {
        refuseForeign(address);
      }
      for (Loop loop : loops) {
        Channel channel = transport.newServerChannel(address, true);
        if (transparent) {
          setTransparent(channel, true);
        }
        channels.add(register(channel, loop, listener, address));
      }
      return channels;
    } catch (IOException failed) {
      channels.forEach(Channel::close);
      throw failed;
    }
  }

  /**
   * Sockets that share an address would quietly share it with a second Weir of the same user too; a
   * socket that does not share finds out.
   */
  private static void refuseForeign(InetSocketAddress address) throws IOException {
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(address);
    } catch (IOException taken) {
      throw new IOException(address + ": " + taken.getMessage(), taken);
    }
  }

  private static Channel register(
      Channel channel, Loop loop, Listener listener, @Nullable InetSocketAddress address)
      throws IOException {
    channel.config().setOption(io.netty.channel.ChannelOption.SO_BACKLOG, BACKLOG);
    channel.config().setOption(io.netty.channel.ChannelOption.SO_REUSEADDR, true);
    channel.config().setOption(UNSENT, MOST_UNSENT); // accepted sockets inherit it
    channel.pipeline().addLast(listener.acceptor(loop));
    await(loop.executor.register(channel), channel);
    if (address != null) {
      await(channel.bind(address), channel);
    }
    return channel;
  }

  /** Lets a listening socket take connections meant for other addresses, or no more. */
  static void setTransparent(Channel channel, boolean transparent) throws IOException {
    try {
      channel.config().setOption(EpollChannelOption.IP_TRANSPARENT, transparent);
    } catch (ChannelException refused) {
      channel.unsafe().closeForcibly();
      throw new IOException(
          "transparent: the kernel refuses IP_TRANSPARENT (needs CAP_NET_ADMIN)", refused);
    }
  }

  private static void await(ChannelFuture future, Channel channel) throws IOException {
    future.awaitUninterruptibly();
    if (!future.isSuccess()) {
      channel.close();
      throw future.cause() instanceof IOException failed ? failed : new IOException(future.cause());
    }
  }

  /** Closes what was handed over but is not configured any more. */
  void closeUnclaimed() {
    descriptors
        .values()
        .forEach(
            list -> list.forEach(fd -> new EpollServerSocketChannel(fd).unsafe().closeForcibly()));
    descriptors.clear();
  }
}
