package io.weir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.socket.nio.NioChannelOption;
import io.weir.proxy.upstream.PoolSettings.Connections;
import io.weir.proxy.upstream.PoolSettings.Protocol;
import io.weir.proxy.upstream.PoolSettings.TcpKeepalive;
import java.net.InetSocketAddress;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the kernel is told about a socket to a backend. */
class TransportTest {
  @BeforeAll
  static void loadTheNativeLibrary() {
    Epoll.ensureAvailability();
  }

  private static final InetSocketAddress BACKEND = new InetSocketAddress("192.0.2.1", 80);

  private static Connections connections(@Nullable TcpKeepalive probes) {
    return new Connections(Protocol.HTTP1, 2_000_000_000L, 1, 1, probes, null);
  }

  @Test
  void probesAsThePoolSaysWithEpoll() {
    Channel channel = Transport.EPOLL.newChannel(BACKEND, connections(new TcpKeepalive(17, 5, 4)));
    assertThat(channel.config().getOption(ChannelOption.SO_KEEPALIVE)).isTrue();
    assertThat(channel.config().getOption(EpollChannelOption.TCP_KEEPIDLE)).isEqualTo(17);
    assertThat(channel.config().getOption(EpollChannelOption.TCP_KEEPINTVL)).isEqualTo(5);
    assertThat(channel.config().getOption(EpollChannelOption.TCP_KEEPCNT)).isEqualTo(4);
    channel.unsafe().closeForcibly();
  }

  @Test
  void probesAsThePoolSaysWithoutEpoll() {
    Channel channel = Transport.NIO.newChannel(BACKEND, connections(new TcpKeepalive(17, 5, 4)));
    assertThat(channel.config().getOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE)))
        .isEqualTo(17);
    assertThat(channel.config().getOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT)))
        .isEqualTo(4);
    channel.unsafe().closeForcibly();
  }

  @Test
  void doesNotProbeWhereThePoolWantsNone() {
    Channel channel = Transport.EPOLL.newChannel(BACKEND, connections(null));
    assertThat(channel.config().getOption(ChannelOption.SO_KEEPALIVE)).isFalse();
    assertThat(channel.config().getConnectTimeoutMillis()).isEqualTo(2000);
    channel.unsafe().closeForcibly();
  }
}
