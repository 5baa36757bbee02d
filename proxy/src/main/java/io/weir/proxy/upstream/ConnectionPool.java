package io.weir.proxy.upstream;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.weir.proxy.Connecting;
import io.weir.proxy.Exchange;
import io.weir.proxy.Loop;
import io.weir.proxy.http1.Http1UpstreamSide;
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
  private @Nullable Http1UpstreamSide idle;
  private int idleCount;
  private int open;

  /** An empty pool. */
  public ConnectionPool(Loop loop, Backend backend) {
    this.loop = loop;
    this.backend = backend;
    this.pool = backend.pool();
  }

  /** Finds or makes a connection; the exchange is told, at once or later. */
  public void acquire(Exchange exchange) {
    Http1UpstreamSide side = idle;
    if (side == null) {
      connect(exchange);
    } else {
      idle = side.nextIdle;
      side.nextIdle = null;
      idleCount--;
      exchange.connected(side);
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
    Channel channel = loop.proxy.transport().newChannel();
    channel.config().setConnectTimeoutMillis((int) (settings().connectTimeoutNanos() / 1_000_000));
    channel.pipeline().addLast(side);
    open++;
    Connecting attempt = new Connecting(exchange, channel, side);
    exchange.connecting(attempt);
    loop.executor.register(channel);
    ChannelFuture connected = channel.connect(backend.address());
    connected.addListener(attempt);
  }

  /** A connection whose last response was read to its end. */
  public void release(Http1UpstreamSide side) {
    if (idleCount >= settings().maxIdlePerLoop() || !isCurrent()) {
      side.closeNow();
      return;
    }
    side.idleSince = System.nanoTime();
    side.nextIdle = idle;
    idle = side;
    idleCount++;
  }

  /** A connection is closed. */
  public void closed(Http1UpstreamSide side, boolean wasIdle) {
    open--;
    if (wasIdle) {
      remove(side);
    }
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
    return open == 0 && !isCurrent();
  }

  /** Open connections, idle ones among them. */
  public int open() {
    return open;
  }

  /** Connections that wait for a request. */
  public int idle() {
    return idleCount;
  }
}
