package io.weir.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.weir.net.ClientIdentity;
import io.weir.net.IpAddress;
import io.weir.policy.ConnectionLimiter;
import io.weir.policy.SlowClients;
import io.weir.proxy.http1.Http1ClientSide;
import io.weir.proxy.http2.Http2ClientConnection;
import io.weir.proxy.identity.ProxyHeaderHandler;
import io.weir.proxy.identity.Trust;
import io.weir.proxy.identity.Trust.ProxyProtocolMode;
import io.weir.proxy.stage.Reason;
import io.weir.proxy.tls.ClientHello;
import io.weir.proxy.tls.SniRow;
import io.weir.proxy.tls.TlsEvents;
import io.weir.proxy.tls.TlsRefusal;
import io.weir.proxy.tls.TlsServer;
import io.weir.proxy.tls.TlsSession;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
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
  private final SlowClients slowClients =
      new SlowClients(new SecureRandom().nextLong(), System.nanoTime());

  /** Connections accepted. Any loop adds. */
  public final LongAdder accepted = new LongAdder();

  private final ConcurrentHashMap<String, LongAdder> ended = new ConcurrentHashMap<>();

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

  /** Weir ended a connection or refused it, for what the whole of it did. */
  public void ended(String reason) {
    ended.computeIfAbsent(reason, name -> new LongAdder()).increment();
  }

  /**
   * How many connections Weir ended or refused, by dotted reason; those of requests not counted.
   */
  public Map<String, Long> ended() {
    Map<String, Long> sums = new TreeMap<>();
    ended.forEach((reason, count) -> sums.put(reason, count.sum()));
    return sums;
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
      accepted.increment();
      Trust trust = settings().trust();
      ClientConnection connection = connection(child, loop, trust);
      ProxyProtocolMode header =
          trust.proxyProtocol().isEmpty() ? null : trust.proxyProtocol(connection.peer.address());
      // Who announces its clients is none: they are counted when they are known.
      boolean announces = header != null && header != ProxyProtocolMode.REFUSED;
      if (!announces && admit(connection) != null) {
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
      proxy.transport().watchInput(child);
      loop.executor.register(child);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      proxy.acceptFailed(Listener.this, cause);
    }
  }

  /** ADMIT for connections: why the client gets none now, which is counted, or null. */
  public @Nullable Reason admit(ClientConnection connection) {
    Reason refused = refusal(connection);
    if (refused != null) {
      ended(refused.text());
    }
    return refused;
  }

  private @Nullable Reason refusal(ClientConnection connection) {
    ListenerSettings.ConnectionLimits limits = settings().connections();
    IpAddress client = limits.client(connection.peer.address());
    if (client == null) {
      return null;
    }
    long now = System.nanoTime();
    if (slowClients.isBlocked(client, now)) {
      return Reason.ADMIT_SLOW_CLIENT;
    }
    if (!limiter.tryOpen(client, limits.most(), limits.newPerSecond(), now)) {
      return Reason.ADMIT_TOO_MANY_CONNECTIONS;
    }
    connection.countedFor = client;
    return null;
  }

  /** A connection that was admitted is closed. */
  void closed(ClientConnection connection) {
    if (connection.countedFor != null) {
      limiter.closed(connection.countedFor);
    }
  }

  /** A client that is not exempt showed a sign of slowness. */
  void shown(ClientConnection connection, SlowClients.Sign sign) {
    ListenerSettings.ConnectionLimits limits = settings().connections();
    IpAddress client = connection.countedFor;
    long now = System.nanoTime();
    if (client != null
        && limits.mostPoints() > 0
        && slowClients.add(client, sign, limits.mostPoints(), limits.block(), now)
        && connection.isFromItsOwnAddress()) {
      proxy.blockObserver().blocked(limits.network(client), now + limits.block());
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
      ended(refusal.reason());
      if (refusal == TlsRefusal.HANDSHAKE_TIMEOUT) {
        connection.shows(SlowClients.Sign.HANDSHAKE_LATE);
      }
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
