package io.weir.proxy;

import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannelOption;
import io.weir.proxy.upstream.PoolSettings;
import io.weir.proxy.upstream.PoolSettings.TcpKeepalive;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.NotYetConnectedException;
import jdk.net.ExtendedSocketOptions;

/** How sockets are reached: epoll, or the JDK's selector where there is no epoll. */
public enum Transport {
  EPOLL {
    @Override
    IoHandlerFactory ioHandlers() {
      return EpollIoHandler.newFactory();
    }

    @Override
    ServerChannel newServerChannel(InetSocketAddress address, boolean shared) {
      EpollServerSocketChannel channel = new EpollServerSocketChannel(family(address));
      channel.config().setOption(UnixChannelOption.SO_REUSEPORT, shared);
      return channel;
    }

    @Override
    Channel rawChannel(InetSocketAddress peer) {
      return new EpollSocketChannel(family(peer));
    }

    @Override
    void watchInput(Channel channel) {
      channel.unsafe().beginRead();
    }

    @Override
    void probe(ChannelConfig config, TcpKeepalive probes) {
      config.setOption(EpollChannelOption.TCP_KEEPIDLE, probes.idleSeconds());
      config.setOption(EpollChannelOption.TCP_KEEPINTVL, probes.intervalSeconds());
      config.setOption(EpollChannelOption.TCP_KEEPCNT, probes.probes());
    }
  },
  NIO {
    @Override
    IoHandlerFactory ioHandlers() {
      return NioIoHandler.newFactory();
    }

    @Override
    ServerChannel newServerChannel(InetSocketAddress address, boolean shared) {
      NioServerSocketChannel channel = new NioServerSocketChannel();
      channel.config().setOption(NioChannelOption.of(StandardSocketOptions.SO_REUSEPORT), shared);
      return channel;
    }

    @Override
    Channel rawChannel(InetSocketAddress peer) {
      return new NioSocketChannel();
    }

    @Override
    void watchInput(Channel channel) {}

    @Override
    void probe(ChannelConfig config, TcpKeepalive probes) {
      config.setOption(
          NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE), probes.idleSeconds());
      config.setOption(
          NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL), probes.intervalSeconds());
      config.setOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT), probes.probes());
    }
  };

  private static final int WIDEST = 192 * 1024;

  /**
   * Beyond the high mark a side counts as slow and the other one is not read; below the low one it
   * is again.
   */
  private static final WriteBufferWaterMark WATER_MARK = waterMark(WIDEST / 8);

  private static final PooledByteBufAllocator ALLOCATOR = PooledByteBufAllocator.DEFAULT;

  abstract IoHandlerFactory ioHandlers();

  /**
   * A listening socket, not bound yet; a shared one lets each event loop have its own on one
   * address.
   */
  abstract ServerChannel newServerChannel(InetSocketAddress address, boolean shared);

  abstract Channel rawChannel(InetSocketAddress peer);

  /**
   * Has a socket that is not registered yet watched for input from its registration on; else that
   * is asked for by a system call of its own.
   */
  abstract void watchInput(Channel channel);

  /** When the kernel asks whether the other side is still there. */
  abstract void probe(ChannelConfig config, TcpKeepalive probes);

  /** The better of the two on this machine. */
  public static Transport best() {
    return Epoll.isAvailable() ? EPOLL : NIO;
  }

  /** A socket to connect to this backend, as its pool wants it. */
  public Channel newChannel(InetSocketAddress backend, PoolSettings.Connections settings) {
    Channel channel = rawChannel(backend);
    watchInput(channel);
    ChannelConfig config = channel.config();
    prepare(config);
    config.setConnectTimeoutMillis(Math.toIntExact(settings.connectTimeoutNanos() / 1_000_000));
    TcpKeepalive probes = settings.keepalive();
    if (probes != null) {
      config.setOption(ChannelOption.SO_KEEPALIVE, true);
      probe(config, probes);
    }
    return channel;
  }

  /** A socket for IPv6 serves IPv4 too, but each connection costs more calls and more memory. */
  private static SocketProtocolFamily family(InetSocketAddress address) {
    return address.getAddress() instanceof Inet4Address
        ? SocketProtocolFamily.INET
        : SocketProtocolFamily.INET6;
  }

  /**
   * Tells the other side that nothing more comes. Past Netty, which would make two exceptions with
   * their stack traces for what is no error.
   */
  public static void shutDownOutput(DuplexChannel channel) {
    if (channel instanceof EpollSocketChannel epoll) {
      try {
        ((Socket) epoll.fd()).shutdown(false, true);
      } catch (IOException | NotYetConnectedException gone) { // reset by the other side
        channel.close();
      }
    } else {
      channel.shutdownOutput();
    }
  }

  /** Whether the last read found that the other side has said all. */
  public static boolean isAtEnd(Channel channel) {
    return channel.unsafe().recvBufAllocHandle().lastBytesRead() < 0;
  }

  /** Lets closing be a reset: whatever waits to be taken by the other side goes at once. */
  public static void resetOnClose(Channel channel) {
    if (channel.isOpen()) {
      channel.config().setOption(ChannelOption.SO_LINGER, 0);
    }
  }

  /** What all connections have in common; costs no system call. */
  static void prepare(ChannelConfig config) {
    config.setAllocator(ALLOCATOR);
    config.setWriteBufferWaterMark(WATER_MARK);
  }

  /**
   * For a channel that has become writable again: what it has once taken may wait for it twice from
   * now on. One that reads nothing never gets here, and holds little; one that is fast has the
   * whole width after three rounds, so that large answers go out in few large writes.
   */
  public static void widen(ChannelConfig config) {
    int high = config.getWriteBufferHighWaterMark();
    if (high < WIDEST) {
      config.setWriteBufferWaterMark(waterMark(2 * high));
    }
  }

  private static WriteBufferWaterMark waterMark(int high) {
    return new WriteBufferWaterMark(high / 3, high);
  }
}
