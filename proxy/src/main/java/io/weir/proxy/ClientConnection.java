package io.weir.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.weir.net.ClientIdentity;
import io.weir.net.IpAddress;
import io.weir.net.Provenance;
import io.weir.policy.SlowClients;
import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.Authority;
import io.weir.proxy.http.Head;
import io.weir.proxy.route.Handshake;
import io.weir.proxy.stage.Reason;
import io.weir.proxy.tls.TlsServer;
import io.weir.proxy.tls.TlsSession;
import java.net.InetSocketAddress;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * What is known of an accepted connection, whatever is spoken on it. Confined to its event loop.
 */
public final class ClientConnection implements ChannelFutureListener, Handshake {
  /** A record that cannot be decrypted, a renegotiation, too many key updates or alerts. */
  private static final String TLS_BROKEN = "tls.broken";

  public final Channel channel;
  public final Loop loop;
  public final Listener listener;

  /**
   * The address of the socket's other end, or what a trusted PROXY header told; known before the
   * first octet that is the client's.
   */
  public ClientIdentity peer;

  /** What the client connected to: this end of the socket, or what that header told. */
  public IpAddress localAddress;

  public int localPort;

  /** How the connection is secured; null on plain TCP. */
  public @Nullable TlsSession tls;

  /** Whether HTTP/2 is spoken. */
  public boolean http2;

  private @Nullable String serverName;
  private @Nullable String peerText;
  private @Nullable String localText;

  /** Whose connections it counts among: an address or an IPv6 network; null where unlimited. */
  @Nullable IpAddress countedFor;

  private boolean dribbled;

  /** Whether connections to backends were made that tell about this client. */
  public boolean disclosed;

  /** Requests begun on this connection. */
  public long requests;

  /** An accepted connection before its first octet. */
  public ClientConnection(
      Channel channel,
      Loop loop,
      Listener listener,
      ClientIdentity peer,
      IpAddress localAddress,
      int localPort) {
    this.channel = channel;
    this.loop = loop;
    this.listener = listener;
    this.peer = peer;
    this.localAddress = localAddress;
    this.localPort = localPort;
  }

  /** A PROXY header that is believed says who the client is, and what it connected to. */
  public void announced(ClientIdentity client, IpAddress destination, int destinationPort) {
    peer = client;
    localAddress = destination;
    localPort = destinationPort;
  }

  /**
   * Whether the client's packets carry its address: no proxy announced it, and no translator stands
   * between (see {@link ClientIdentity}).
   */
  boolean isFromItsOwnAddress() {
    return peer.provenance() != Provenance.PROXY_PROTOCOL
        && channel.remoteAddress() instanceof InetSocketAddress remote
        && IpAddress.of(remote.getAddress()).equals(peer.address());
  }

  /** Ends before the first request, with a record that says why. */
  public void end(Reason why) {
    Exchange none = loop.exchange(new NoClientSide(), this, System.nanoTime());
    none.fail(why);
    channel.close();
  }

  /** The TLS server name in lower case; null on plain TCP or where the client named none. */
  @Override
  public @Nullable String serverName() {
    TlsSession session = tls;
    if (serverName == null && session != null && session.serverName().length > 0) {
      serverName = Ascii.text(session.serverName(), 0, session.serverName().length);
    }
    return serverName;
  }

  @Override
  public byte[] ja3() {
    TlsSession session = tls;
    return session == null ? NOTHING : session.fingerprint().ja3();
  }

  @Override
  public byte[] ja4() {
    TlsSession session = tls;
    return session == null ? NOTHING : session.fingerprint().ja4();
  }

  /** A client's address as text; that of the peer is kept. */
  public String text(ClientIdentity client) {
    if (!client.address().equals(peer.address())) {
      return client.address().toString();
    }
    if (peerText == null) {
      peerText = peer.address().toString();
    }
    return peerText;
  }

  /** What the client connected to, as text. */
  public String localText() {
    if (localText == null) {
      localText = localAddress.toString();
    }
    return localText;
  }

  /** Whether the client speaks TLS to Weir. */
  public boolean isSecure() {
    return tls != null;
  }

  /** Whether a request for this host may come by a connection that was made for another name. */
  public boolean mayAskFor(Head request) {
    TlsServer server = listener.settings().tls();
    TlsSession session = tls;
    if (server == null || session == null) {
      return true;
    }
    int start = request.authorityStart;
    int end = Authority.hostEnd(request.bytes, start, request.authorityEnd);
    return server.names().samePolicy(session.row(), request.bytes, start, end - start);
  }

  /** The client is slow or wild in this way; it is blocked for a while when that adds up. */
  public void shows(SlowClients.Sign sign) {
    listener.shown(this, sign);
  }

  /**
   * Reading or writing failed; what a client did wrong within TLS is counted, not logged.
   *
   * @return whether that is a fault of Weir's own
   */
  public boolean failed(Throwable cause) {
    if (cause instanceof SSLException || cause.getCause() instanceof SSLException) {
      listener.ended(TLS_BROKEN);
      shows(SlowClients.Sign.FLOOD);
      return false;
    }
    return loop.proxy.connectionFailed(cause);
  }

  /** The client sends or takes in pieces of next to nothing; a connection shows that once. */
  public void dribbles(SlowClients.Sign sign) {
    if (!dribbled) {
      dribbled = true;
      shows(sign);
    }
  }

  @Override
  public void operationComplete(ChannelFuture closed) {
    loop.closed(this);
    listener.closed(this);
  }
}
