package io.weir.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.weir.net.ClientIdentity;
import io.weir.net.IpAddress;
import io.weir.net.Provenance;
import io.weir.policy.CircuitBreaker;
import io.weir.policy.CircuitLimits;
import io.weir.policy.OutlierLimits;
import io.weir.proxy.http.FieldName;
import io.weir.proxy.http.HeadLimits;
import io.weir.proxy.http.Tolerances;
import io.weir.proxy.http1.Http1ClientSide;
import io.weir.proxy.http1.Http1UpstreamSide;
import io.weir.proxy.identity.Trust;
import io.weir.proxy.inspect.Protection;
import io.weir.proxy.route.Route;
import io.weir.proxy.route.RouteTable;
import io.weir.proxy.route.WeightedPools;
import io.weir.proxy.upstream.BackendSettings;
import io.weir.proxy.upstream.ConnectionPool;
import io.weir.proxy.upstream.Pool;
import io.weir.proxy.upstream.PoolSettings;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The whole HTTP/1.1 request path without a socket: what a client says goes in, what backends get
 * and what the client gets comes out. For fuzzing: nothing of the path is left out or stood in for.
 */
public final class InMemoryProxy implements AutoCloseable {
  private static final int CONNECTIONS = 8;
  private static final long HOUR = 3_600_000_000_000L;

  /** What a backend does about what one connection has received so far. */
  public interface Backend {
    /**
     * Asked each time more has arrived.
     *
     * @param received everything so far on this connection
     * @return what it says now, or null for nothing
     * @throws IllegalStateException for a fault of ours on its connection
     */
    byte @Nullable [] answer(int connection, byte[] received);

    /** Whether it closes the connection once it has said that. */
    default boolean closes() {
      return false;
    }
  }

  /**
   * What came of it.
   *
   * @param toBackend what each used connection to the backend received
   * @param toClient what the client received
   * @param closed whether the client's connection was closed
   */
  @SuppressWarnings("ArrayRecordComponent") // read once by a test
  public record Outcome(List<byte[]> toBackend, byte[] toClient, boolean closed) {}

  private final Proxy proxy = new Proxy(1, ListeningSockets.none());
  private final Pool pool = new Pool("backends");
  private final Listener listener;

  /** A proxy that tolerates just this. */
  public InMemoryProxy(Tolerances tolerances) {
    this(tolerances, null);
  }

  /** A proxy that also inspects. */
  public InMemoryProxy(Tolerances tolerances, @Nullable Protection protection) {
    // Nothing of one run may tell on the next: no retry, and no backend set aside.
    OutlierLimits none = new OutlierLimits(0, 0, 1, 1, 0);
    PoolSettings.Resilience noRetries = new PoolSettings.Resilience(none, CircuitLimits.NONE, 0, 0);
    PoolSettings settings =
        new PoolSettings(
            PoolSettings.Balancing.DEFAULTS, PoolSettings.Connections.DEFAULTS, noRetries);
    // Where nobody listens: all connections are ours.
    InetSocketAddress nobody = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
    pool.update(settings, List.of(new BackendSettings("one", nobody)), System.nanoTime());
    ListenerSettings web =
        new ListenerSettings(
            "web",
            List.of(),
            null,
            false,
            new RouteTable(
                List.of(Route.named("all").protection(protection).then(WeightedPools.of(pool)))),
            tolerances,
            HeadLimits.DEFAULT,
            Trust.NOBODY,
            ForwardedMode.OVERWRITE,
            ForwardedMode.OVERWRITE,
            EnumSet.of(FieldName.X_FORWARDED_FOR),
            new ListenerSettings.ClientTimeouts(HOUR, HOUR, HOUR, HOUR, 0),
            ListenerSettings.ConnectionLimits.NONE,
            null,
            SecurityFields.NONE);
    proxy.assume(new ProxySnapshot(1, "", "", Map.of("web", web), Map.of("backends", pool)));
    listener = new Listener(proxy, web);
  }

  /**
   * One client's connection from its begin to its end.
   *
   * @param said what the client says
   * @param step in pieces of so many octets
   */
  public Outcome run(byte[] said, int step, Backend backend) {
    Connections connections = ask(loop -> new Connections(loop));
    for (int at = 0; at < said.length; at += step) {
      int from = at;
      ask(loop -> connections.say(said, from, Math.min(step, said.length - from)));
      settle(connections, backend);
    }
    return ask(loop -> connections.end());
  }

  /** The client says all of it and is gone, before anybody else has done anything. */
  public Outcome runAndLeave(byte[] said, Backend backend) {
    Connections connections = ask(loop -> new Connections(loop));
    ask(loop -> {
      connections.say(said, 0, said.length);
      connections.close(connections.client);
      return true;
    });
    settle(connections, backend);
    return ask(loop -> connections.end());
  }

  /** Until both sides have said all they have to say, and every judgement is there. */
  private void settle(Connections connections, Backend backend) {
    boolean moved = true;
    while (moved) {
      CompletableFuture.runAsync(() -> {}, proxy.inspectors()).join();
      moved = ask(loop -> connections.pass(backend));
    }
  }

  /** Octets that are held back. */
  public long held() {
    return ask(Loop::held);
  }

  /** Leaves no more than so many octets for content that is held back; returns what it took. */
  public long leaveRoom(long octets) {
    long taken = proxy.mostHeld() - held() - octets;
    ask(loop -> loop.reserve(taken));
    return taken;
  }

  /** Gives back what {@link #leaveRoom} took. */
  public void giveRoom(long taken) {
    ask(loop -> loop.reserve(-taken));
  }

  private <T> T ask(java.util.function.Function<Loop, T> question) {
    return proxy.each(question).getFirst();
  }

  @Override
  public void close() {
    proxy.close();
  }

  /** Touched on the event loop only. */
  private final class Connections {
    private final EmbeddedChannel client;
    private final List<EmbeddedChannel> upstream = new ArrayList<>();
    private final List<ByteArrayOutputStream> toBackend = new ArrayList<>();
    private final ByteArrayOutputStream toClient = new ByteArrayOutputStream();

    Connections(Loop loop) {
      client = new EmbeddedChannel();
      ClientIdentity peer =
          new ClientIdentity(IpAddress.parse("192.0.2.1"), 50_000, Provenance.SOCKET);
      client
          .pipeline()
          .addLast(
              new Http1ClientSide(
                  new ClientConnection(
                      client, loop, listener, peer, IpAddress.parse("192.0.2.2"), 80)));
      ConnectionPool connections = loop.connections(pool.backends().getFirst());
      for (int i = 0; i < CONNECTIONS; i++) {
        pool.tryTake(CircuitBreaker.Resource.CONNECTION);
        Http1UpstreamSide side = new Http1UpstreamSide(loop, connections);
        EmbeddedChannel channel = new EmbeddedChannel(side);
        upstream.add(channel);
        connections.count(side, channel);
        toBackend.add(new ByteArrayOutputStream());
        connections.release(side);
      }
    }

    boolean say(byte[] said, int from, int length) {
      if (client.isOpen()) {
        client.writeInbound(Unpooled.copiedBuffer(said, from, length));
      }
      return true;
    }

    /** Whether anything moved. */
    boolean pass(Backend backend) {
      boolean moved = take(client, toClient);
      for (int i = 0; i < CONNECTIONS; i++) {
        EmbeddedChannel channel = upstream.get(i);
        if (take(channel, toBackend.get(i))) {
          moved = true;
          byte[] answer = answer(backend, i);
          if (answer != null && channel.isOpen()) {
            channel.writeInbound(Unpooled.copiedBuffer(answer));
          }
          if (backend.closes()) {
            channel.close();
          }
        }
      }
      return moved;
    }

    private byte @Nullable [] answer(Backend backend, int connection) {
      try {
        return backend.answer(connection, toBackend.get(connection).toByteArray());
      } catch (IllegalStateException fault) {
        upstream.get(connection).pipeline().fireExceptionCaught(fault);
        return null;
      }
    }

    private boolean take(EmbeddedChannel from, ByteArrayOutputStream to) {
      from.runPendingTasks();
      boolean some = false;
      for (ByteBuf out = from.readOutbound(); out != null; out = from.readOutbound()) {
        byte[] octets = new byte[out.readableBytes()];
        out.readBytes(octets);
        out.release();
        to.writeBytes(octets);
        some |= octets.length > 0;
      }
      return some;
    }

    /** With the handlers told of it, which the channel leaves for later. */
    private void close(EmbeddedChannel channel) {
      channel.close();
      channel.runPendingTasks();
    }

    Outcome end() {
      take(client, toClient);
      boolean closed = !client.isOpen();
      close(client);
      List<byte[]> received = new ArrayList<>();
      for (int i = 0; i < CONNECTIONS; i++) {
        take(upstream.get(i), toBackend.get(i));
        close(upstream.get(i));
        if (toBackend.get(i).size() > 0) {
          received.add(toBackend.get(i).toByteArray());
        }
      }
      return new Outcome(received, toClient.toByteArray(), closed);
    }
  }
}
