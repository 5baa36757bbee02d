package io.weir.proxy.upstream;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import io.weir.policy.CircuitBreaker;
import io.weir.proxy.ClientConnection;
import io.weir.proxy.Connecting;
import io.weir.proxy.ConnectionAttempt;
import io.weir.proxy.Exchange;
import io.weir.proxy.Loop;
import io.weir.proxy.http1.Http1UpstreamSide;
import io.weir.proxy.identity.Disclosure;
import io.weir.proxy.stage.Reason;
import io.weir.proxy.tls.UpstreamTls;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one event loop to one backend. Idle ones wait in a stack: the one used last is
 * warm and is used next, the ones at the bottom grow old and are closed.
 *
 * <p>Confined to its event loop.
 */
public final class ConnectionPool {
  private final Loop loop;
  private final Backend backend;
  private final Pool pool;
  private final SharedConnections shared;
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private @Nullable Http1UpstreamSide idle;
  private int idleCount;
  private int open;

  /** An empty pool. */
  public ConnectionPool(Loop loop, Backend backend) {
    this.loop = loop;
    this.backend = backend;
    this.pool = backend.pool();
    this.shared = new SharedConnections(loop, backend);
  }

  /** Finds or makes a connection; the exchange is told, at once or later. */
  public void acquire(Exchange exchange) {
    if (settings().protocol() == PoolSettings.Protocol.HTTP2) {
      shared.acquire(exchange);
      return;
    }
    Http1UpstreamSide side = disclosure().perClient() ? ofClient(exchange) : idle;
    if (side != null && side.client == null) {
      pop(side);
      exchange.connected(side);
    } else if (side != null && isOf(side, exchange)) {
      remove(side);
      exchange.connected(side);
    } else if (!pool.tryTake(CircuitBreaker.Resource.PENDING)) {
      exchange.connectFailed(Reason.SELECT_CIRCUIT_OPEN);
    } else if (pool.tryTake(CircuitBreaker.Resource.CONNECTION)) {
      connect(exchange);
    } else {
      Waiting turn = new Waiting(exchange);
      waiting.add(turn);
      exchange.connecting(turn);
      if (idle != null) {
        idle.closeNow(); // it tells about another client, and is in the way
      }
    }
  }

  private Disclosure disclosure() {
    return pool.settings().disclosure();
  }

  /**
   * An idle connection that tells its backend about this very client; null for none. What it has
   * besides tells about somebody else and is of no use any more.
   */
  private @Nullable Http1UpstreamSide ofClient(Exchange exchange) {
    Http1UpstreamSide found = null;
    Http1UpstreamSide at = idle;
    while (at != null) {
      Http1UpstreamSide next = at.nextIdle;
      if (isOf(at, exchange)) {
        found = at;
      } else if (at.client == exchange.connection()) {
        remove(at);
        at.closeNow();
      }
      at = next;
    }
    return found;
  }

  private static boolean isOf(Http1UpstreamSide side, Exchange exchange) {
    return side.client == exchange.connection() && exchange.identity().equals(side.identity);
  }

  /** A client is gone: nobody else may use what told about it. */
  public void clientGone(ClientConnection client) {
    Http1UpstreamSide at = idle;
    while (at != null) {
      Http1UpstreamSide next = at.nextIdle;
      if (at.client == client) {
        remove(at);
        at.closeNow();
      }
      at = next;
    }
  }

  private void pop(Http1UpstreamSide side) {
    idle = side.nextIdle;
    side.nextIdle = null;
    idleCount--;
  }

  /** An exchange that waits for a connection to become free, as no more may be made. */
  private final class Waiting implements ConnectionAttempt {
    private @Nullable Exchange exchange;

    Waiting(Exchange exchange) {
      this.exchange = exchange;
    }

    @Override
    public void giveUp() {
      exchange = null;
      pool.release(CircuitBreaker.Resource.PENDING);
    }
  }

  private @Nullable Exchange nextWaiting() {
    for (Waiting next = waiting.poll(); next != null; next = waiting.poll()) {
      Exchange exchange = next.exchange;
      if (exchange != null) {
        next.exchange = null;
        return exchange;
      }
    }
    return null;
  }

  /** Makes connections for those who wait, as far as the pool's limit allows it by now. */
  private void connectWaiting() {
    while (!waiting.isEmpty() && pool.tryTake(CircuitBreaker.Resource.CONNECTION)) {
      Exchange next = nextWaiting();
      if (next == null) {
        pool.release(CircuitBreaker.Resource.CONNECTION);
        return;
      }
      connect(next);
    }
  }

  private PoolSettings.Connections settings() {
    return pool.settings().connections();
  }

  /** Whether the backend takes requests, now or when it is well again. */
  private boolean isCurrent() {
    BackendState state = backend.state();
    return state == BackendState.HEALTHY || state == BackendState.UNHEALTHY;
  }

  private void connect(Exchange exchange) {
    Http1UpstreamSide side = new Http1UpstreamSide(loop, this);
    Channel channel = loop.proxy.transport().newChannel(backend.address(), settings());
    SslHandler tls = secure(channel, backend);
    channel.pipeline().addLast(side);
    // A failed write must not throw away the answer that explains it.
    channel.config().setAutoClose(false);
    count(side, channel);
    Connecting attempt = new Connecting(exchange, channel, side, tls, pool);
    exchange.connecting(attempt);
    boolean told = !disclosure().perClient() || disclose(exchange, side, channel);
    loop.executor.register(channel);
    if (told) {
      channel
          .connect(backend.address(), disclosure().source(exchange.identity()))
          .addListener(attempt::tcpDone);
    } else {
      attempt.failed(Reason.UPSTREAM_FAMILY_MISMATCH);
    }
  }

  /** Makes the connection one that tells the backend whom it is for; false where it cannot. */
  private boolean disclose(Exchange exchange, Http1UpstreamSide side, Channel channel) {
    side.client = exchange.connection();
    side.identity = exchange.identity();
    boolean possible = disclosure().canReach(backend.address(), exchange.identity());
    if (possible) {
      // Before the side is added for good: it sends past the pipeline if nothing stands before it.
      disclosure().prepare(channel, exchange.identity(), exchange.connection(), null, exchange.id);
    }
    return possible;
  }

  /** Puts TLS into the pipeline where the pool asks for it. */
  static @Nullable SslHandler secure(Channel channel, Backend backend) {
    SslHandler tls =
        backend.pool().settings().connections().tls() instanceof UpstreamTls upstreamTls
            ? upstreamTls.newHandler(channel.alloc(), backend.address())
            : null;
    if (tls != null) {
      channel.pipeline().addLast(tls);
    }
    return tls;
  }

  /** Counts a connection, for which the limit allowed, until its channel is closed. */
  public void count(Http1UpstreamSide side, Channel channel) {
    // Also of a channel that was never connected, which is not told that it is inactive.
    channel.closeFuture().addListener(closed -> closed(side));
    open++;
  }

  /** A connection whose last response was read to its end. */
  public void release(Http1UpstreamSide side) {
    if (side.client != null
        && (!waiting.isEmpty() || !disclosure().perClient() || !side.client.channel.isActive())) {
      side.closeNow();
      return;
    }
    Exchange next = nextWaiting();
    if (next != null) {
      pool.release(CircuitBreaker.Resource.PENDING);
      next.connected(side);
    } else if (idleCount >= settings().maxIdlePerLoop() || !isCurrent()) {
      side.closeNow();
    } else {
      side.idleSince = loop.recently();
      side.nextIdle = idle;
      idle = side;
      idleCount++;
    }
  }

  /** A connection is closed, or could not be made. */
  private void closed(Http1UpstreamSide side) {
    open--;
    pool.release(CircuitBreaker.Resource.CONNECTION);
    remove(side);
    connectWaiting();
  }

  private void remove(Http1UpstreamSide side) {
    Http1UpstreamSide before = null;
    for (Http1UpstreamSide at = idle; at != null; before = at, at = at.nextIdle) {
      if (at == side) {
        if (before == null) {
          idle = at.nextIdle;
        } else {
          before.nextIdle = at.nextIdle;
        }
        at.nextIdle = null;
        idleCount--;
        return;
      }
    }
  }

  /**
   * Closes what has been idle for too long, and everything idle where the backend is gone.
   *
   * @return whether the backend is gone and nothing is open any more
   */
  public boolean expire(long now) {
    long longest = isCurrent() ? settings().idleTimeoutNanos() : 0;
    Http1UpstreamSide at = idle;
    while (at != null) {
      Http1UpstreamSide next = at.nextIdle;
      if (now - at.idleSince >= longest) {
        remove(at);
        at.closeNow();
      }
      at = next;
    }
    shared.expire(now, longest);
    connectWaiting();
    return open == 0 && waiting.isEmpty() && shared.isEmpty() && !isCurrent();
  }

  /** Whom it connects to. */
  public Backend backend() {
    return backend;
  }

  /** Open connections, idle ones among them. */
  public int open() {
    return open + shared.open();
  }

  /** Connections that wait for a request. */
  public int idle() {
    return idleCount;
  }
}
