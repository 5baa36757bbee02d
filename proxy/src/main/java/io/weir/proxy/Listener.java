package io.weir.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.weir.net.ClientIdentity;
import io.weir.net.IpAddress;
import io.weir.policy.ConnectionLimiter;
import io.weir.proxy.http1.Http1ClientSide;
import io.weir.proxy.http2.Http2ClientConnection;
import io.weir.proxy.identity.ProxyHeaderHandler;
import io.weir.proxy.identity.Trust;
import io.weir.proxy.identity.Trust.ProxyProtocolMode;
import io.weir.proxy.tls.ClientHello;
import io.weir.proxy.tls.SniRow;
import io.weir.proxy.tls.TlsEvents;
import io.weir.proxy.tls.TlsRefusal;
import io.weir.proxy.tls.TlsServer;
import io.weir.proxy.tls.TlsSession;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Accepts connections and gives them their first handler. The same object as long as a listener of
 * its name is configured, over any number of generations.
 */
public final class Listener {
  private final Proxy proxy;
  private final String name;
  private final byte[] nameBytes;
  private volatile Current current;

  private final ConnectionLimiter limiter =
      new ConnectionLimiter(new SecureRandom().nextLong(), System.nanoTime());

  /**
   * Connections accepted, those closed at once as their client had too many, and TLS handshakes
   * that came to nothing. Any loop adds.
   */
  public final LongAdder accepted = new LongAdder();

  public final LongAdder refused = new LongAdder();

  public final LongAdder handshakesRefused = new LongAdder();

  Listener(Proxy proxy, ListenerSettings settings) {
    this.proxy = proxy;
    this.name = settings.name();
    this.nameBytes = io.weir.proxy.http.Ascii.bytes(name);
    this.current = new Current(ProxySnapshot.EMPTY, settings);
  }

  /** Stable name. */
  public String name() {
    return name;
  }

  /**
   * Settings of the running generation; the last ones known where it has no such listener any more.
   */
  public ListenerSettings settings() {
    return settings(proxy.snapshot());
  }

  /** The name as octets; not to be changed. */
  public byte[] nameBytes() {
    return nameBytes;
  }

  ListenerSettings settings(ProxySnapshot snapshot) {
    Current known = current;
    return known.snapshot == snapshot ? known.settings : lookUp(known, snapshot);
  }

  private ListenerSettings lookUp(Current before, ProxySnapshot snapshot) {
    ListenerSettings found = snapshot.listener(name);
    ListenerSettings settings = found == null ? before.settings : found;
    current = new Current(snapshot, settings);
    return settings;
  }

  /** The settings of one generation, so that a request need not look them up by name. */
  private record Current(ProxySnapshot snapshot, ListenerSettings settings) {}

  /** Takes connections from one listening socket on one event loop. */
  ChannelHandler acceptor(Loop loop) {
    return new Acceptor(loop);
  }

  private final class Acceptor extends ChannelInboundHandlerAdapter {
    private final Loop loop;

    Acceptor(Loop loop) {
      this.loop = loop;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      Channel child = (Channel) message;
      Transport.prepare(child.config());
      child.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
      accepted.increment();
      Trust trust = settings().trust();
      ClientConnection connection = connection(child, loop, trust);
      ProxyProtocolMode header =
          trust.proxyProtocol().isEmpty() ? null : trust.proxyProtocol(connection.peer.address());
      // Who announces its clients is none: they are counted when they are known.
      boolean announces = header != null && header != ProxyProtocolMode.REFUSED;
      if (!announces && !admits(connection)) {
        child.unsafe().closeForcibly();
        return;
      }
      loop.opened(connection);
      child.closeFuture().addListener(connection);
      child
          .pipeline()
          .addLast(
              header == null
                  ? firstHandler(connection)
                  : new ProxyHeaderHandler(connection, header));
      loop.executor.register(child);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      proxy.acceptFailed(Listener.this, cause);
    }
  }

  /** ADMIT for connections: the client has not got too many. */
  public boolean admits(ClientConnection connection) {
    ListenerSettings.ConnectionLimits limits = settings().connections();
    IpAddress client = connection.peer.address();
    if (!limits.concern(client)) {
      return true;
    }
    connection.counted =
        limiter.tryOpen(client, limits.most(), limits.newPerSecond(), System.nanoTime());
    if (!connection.counted) {
      refused.increment();
    }
    return connection.counted;
  }

  /** A connection that was admitted is closed. */
  void closed(ClientConnection connection) {
    if (connection.counted) {
      limiter.closed(connection.peer.address());
    }
  }

  private ClientConnection connection(Channel child, Loop loop, Trust trust) {
    InetSocketAddress remote = (InetSocketAddress) child.remoteAddress();
    InetSocketAddress local = (InetSocketAddress) child.localAddress();
    ClientIdentity peer = trust.peer(IpAddress.of(remote.getAddress()), remote.getPort());
    return new ClientConnection(
        child, loop, this, peer, IpAddress.of(local.getAddress()), local.getPort());
  }

  /** What reads the first octet that is the client's own. */
  public ChannelHandler firstHandler(ClientConnection connection) {
    TlsServer tls = settings().tls();
    return tls == null
        ? new Http1ClientSide(connection)
        : tls.newHandler(new Handshake(connection));
  }

  /** What follows the handshake of one connection. */
  private final class Handshake implements TlsEvents {
    private final ClientConnection connection;

    Handshake(ClientConnection connection) {
      this.connection = connection;
    }

    @Override
    public void hello(Channel channel, SniRow row, ClientHello hello) {
      if (row.passesThrough()) {
        channel.pipeline().addLast(new PassThrough(connection, row, hello.serverName()));
      }
    }

    @Override
    public void established(Channel channel, TlsSession session) {
      connection.tls = session;
      channel
          .pipeline()
          .addLast(
              "h2".equals(session.alpn())
                  ? new Http2ClientConnection(connection)
                  : new Http1ClientSide(connection));
    }

    @Override
    public void refused(Channel channel, TlsRefusal refusal, @Nullable Throwable cause) {
      handshakesRefused.increment();
    }
  }

  /**
   * The client opened with HTTP/2's preface on plain TCP (RFC 9113 §3.3); takes over the buffer.
   */
  public void switchToHttp2(
      ChannelHandlerContext context,
      ChannelHandler http1,
      ClientConnection connection,
      ByteBuf received) {
    Http2ClientConnection http2 = new Http2ClientConnection(connection);
    context.pipeline().replace(http1, null, http2);
    context.pipeline().fireChannelRead(received);
    context.pipeline().fireChannelReadComplete();
  }
}
