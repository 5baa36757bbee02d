package io.weir.proxy;

import io.netty.channel.embedded.EmbeddedChannel;
import io.weir.net.ClientIdentity;
import io.weir.net.IpAddress;
import io.weir.proxy.http.Head;
import io.weir.proxy.http1.HeadParser;
import io.weir.proxy.stage.Reason;
import io.weir.proxy.tls.TlsSession;
import java.net.InetSocketAddress;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * A request that nobody sent, for running the stages over it: {@code weir explain}. It meets the
 * real parser, settings and stages; no socket is opened, and nothing is forwarded or recorded.
 *
 * @param listener name of the listener it comes to
 * @param peer the other end of its connection
 * @param tls what its handshake agreed on; null on plain TCP
 * @param head its octets in HTTP/1.1, up to and with the empty line
 * @param content what follows the head, for whoever judges it when INSPECT holds the request
 */
@SuppressWarnings("ArrayRecordComponent") // Octets for the parser; requests are not compared.
public record HypotheticalRequest(
    String listener, ClientIdentity peer, @Nullable TlsSession tls, byte[] head, byte[] content) {

  /**
   * Parses the head and judges the request, on an event loop that lives as long as this call.
   *
   * @param snapshot what it is judged by
   * @param judge gets the exchange before the first stage, and why the parser refused the head, or
   *     null
   * @throws IllegalArgumentException if the snapshot has no such listener
   */
  public <T> T ask(ProxySnapshot snapshot, BiFunction<Exchange, @Nullable Reason, T> judge) {
    ListenerSettings settings = snapshot.listener(listener);
    if (settings == null) {
      throw new IllegalArgumentException("listener: " + listener + " (expected: a configured one)");
    }
    try (Proxy proxy = new Proxy(1, ListeningSockets.none())) {
      proxy.assume(snapshot);
      return proxy.each(loop -> judge(loop, new Listener(proxy, settings), judge)).getFirst();
    }
  }

  private <T> T judge(Loop loop, Listener at, BiFunction<Exchange, @Nullable Reason, T> judge) {
    InetSocketAddress local = at.settings().addresses().getFirst();
    IpAddress address = IpAddress.of(local.getAddress());
    EmbeddedChannel channel = new EmbeddedChannel();
    ClientConnection connection =
        new ClientConnection(channel, loop, at, peer, address, local.getPort());
    connection.tls = tls;
    Exchange exchange = loop.exchange(new NoClientSide(), connection, System.nanoTime());
    try {
      Reason refused = parse(exchange.request, at.settings());
      exchange.headRead(content.length == 0);
      return judge.apply(exchange, refused);
    } finally {
      exchange.abandon();
      channel.close();
    }
  }

  private @Nullable Reason parse(Head request, ListenerSettings settings) {
    request.append(head, 0, head.length);
    Reason refused = HeadParser.request(request, settings.limits());
    return refused == null && !request.complete ? Reason.FRAME_MALFORMED : refused;
  }
}
