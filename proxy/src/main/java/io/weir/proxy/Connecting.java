package io.weir.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.weir.policy.CircuitBreaker;
import io.weir.proxy.stage.Reason;
import io.weir.proxy.upstream.Pool;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a backend that is being made for one exchange: first TCP, then TLS where the pool
 * asks for it. Until it is done the exchange counts as pending. Confined to its event loop.
 */
public final class Connecting implements ConnectionAttempt {
  private final Channel channel;
  private final UpstreamSide side;
  private final @Nullable SslHandler tls;
  private final Pool pool;
  private @Nullable Exchange exchange;

  /** An attempt for this exchange. */
  public Connecting(
      Exchange exchange, Channel channel, UpstreamSide side, @Nullable SslHandler tls, Pool pool) {
    this.exchange = exchange;
    this.channel = channel;
    this.side = side;
    this.tls = tls;
    this.pool = pool;
  }

  @Override
  public void giveUp() {
    taken();
    channel.close();
  }

  /** TCP is connected, or is not. */
  public void tcpDone(Future<?> future) {
    if (!future.isSuccess()) {
      failed(
          future.cause() instanceof ConnectTimeoutException
              ? Reason.UPSTREAM_CONNECT_TIMEOUT
              : Reason.UPSTREAM_CONNECT_FAILED);
    } else if (tls == null) {
      ready();
    } else {
      tls.handshakeFuture().addListener(this::tlsDone);
    }
  }

  private void tlsDone(Future<?> future) {
    if (future.isSuccess()) {
      ready();
    } else {
      failed(Reason.UPSTREAM_TLS_FAILED);
    }
  }

  private void ready() {
    Exchange waiting = taken();
    if (waiting == null) {
      channel.close();
    } else {
      waiting.connected(side);
    }
  }

  /** There will be no connection. */
  public void failed(Reason why) {
    channel.close();
    Exchange waiting = taken();
    if (waiting != null) {
      waiting.connectFailed(why);
    }
  }

  /** The exchange, which is not pending any more; null where it has given up. */
  private @Nullable Exchange taken() {
    Exchange waiting = exchange;
    if (waiting != null) {
      exchange = null;
      pool.release(CircuitBreaker.Resource.PENDING);
    }
    return waiting;
  }
}
