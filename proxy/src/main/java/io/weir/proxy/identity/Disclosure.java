package io.weir.proxy.identity;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.epoll.EpollChannelOption;
import io.weir.net.ClientIdentity;
import io.weir.proxy.ClientConnection;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What a pool's backends are told about clients outside of the forwarded fields.
 *
 * @param header what connections begin with; null for nothing
 * @param transparent whether the client's address is the source of the connection's packets
 * @param signer signs the field {@code Weir-Client} of each request; null for no such field
 */
public record Disclosure(
    @Nullable ProxyHeaderFormat header, boolean transparent, @Nullable IdentitySigner signer) {

  /** Nothing. */
  public static final Disclosure NONE = new Disclosure(null, false, null);

  private static final byte[] NO_NAME = {};

  /**
   * Whether a connection tells about the client that it was made for. Such a connection never
   * serves another one.
   */
  public boolean perClient() {
    return header != null || transparent;
  }

  /** Whether a connection to this backend can tell what it has to tell about this client. */
  public boolean canReach(InetSocketAddress backend, ClientIdentity client) {
    return !transparent
        || client.address().isIpv4() == (backend.getAddress().getAddress().length == 4);
  }

  /** The address that connections for this client come from; null for one of Weir's own. */
  public @Nullable InetSocketAddress source(ClientIdentity client) {
    return transparent ? new InetSocketAddress(client.address().toInetAddress(), 0) : null;
  }

  /**
   * Makes a channel ready that is neither registered nor connected yet.
   *
   * @param serverName what the client asked for in TLS; null for what its session says
   * @param id of the request or connection
   */
  public void prepare(
      Channel channel,
      ClientIdentity client,
      ClientConnection connection,
      byte @Nullable [] serverName,
      byte[] id) {
    connection.disclosed = true;
    if (header != null) {
      byte[] name = serverName != null ? serverName : serverName(connection);
      channel.pipeline().addFirst(new First(header.header(client, connection, name, id)));
    }
    if (transparent) {
      allowForeignSource(channel);
    }
  }

  private static void allowForeignSource(Channel channel) {
    try {
      channel.config().setOption(EpollChannelOption.IP_TRANSPARENT, true);
      channel.config().setOption(EpollChannelOption.IP_BIND_ADDRESS_NO_PORT, true);
    } catch (ChannelException notAllowed) {
      // Without the option the address is not ours, and connecting from it fails.
    }
  }

  private static byte[] serverName(ClientConnection connection) {
    return connection.tls == null ? NO_NAME : connection.tls.serverName();
  }

  /**
   * Puts the header before whatever is written first, be it a request or a client hello: the order
   * in which a new connection is announced to handlers and listeners does not matter then.
   */
  private static final class First extends ChannelOutboundHandlerAdapter {
    private final byte[] header;

    First(byte[] header) {
      this.header = header;
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
      context.write(Unpooled.wrappedBuffer(header), context.voidPromise());
      context.write(message, promise);
      context.pipeline().remove(this);
    }
  }
}
