package io.weir.proxy.upstream;

import io.netty.channel.Channel;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.weir.policy.CircuitBreaker;
import io.weir.proxy.ConnectionAttempt;
import io.weir.proxy.Exchange;
import io.weir.proxy.Loop;
import io.weir.proxy.http2.Http2UpstreamConnection;
import io.weir.proxy.stage.Reason;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP/2 connections of one event loop to one backend. Exchanges share one; another is made
 * only when all streams of those before it are taken. One connection is made at a time, and who
 * needs it waits.
 *
 * <p>Confined to its event loop.
 */
public final class SharedConnections {
  private final Loop loop;
  private final Backend backend;
  private final Pool pool;
  private final List<Http2UpstreamConnection> ready = new ArrayList<>();
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private @Nullable Http2UpstreamConnection making;
  private Reason failure = Reason.UPSTREAM_CONNECT_FAILED;
  private int open;

  SharedConnections(Loop loop, Backend backend) {
    this.loop = loop;
    this.backend = backend;
    this.pool = backend.pool();
  }

  /** An exchange that waits for a stream. */
  private final class Waiting implements ConnectionAttempt {
    private @Nullable Exchange exchange;

    Waiting(Exchange exchange) {
      this.exchange = exchange;
    }

    @Override
    public void giveUp() {
      taken();
    }

    private @Nullable Exchange taken() {
      Exchange waiter = exchange;
      if (waiter != null) {
        exchange = null;
        pool.release(CircuitBreaker.Resource.PENDING);
      }
      return waiter;
    }
  }

  /** Finds or makes a stream; the exchange is told, at once or later. */
  void acquire(Exchange exchange) {
    Http2UpstreamConnection free = free();
    if (free != null && waiting.isEmpty()) {
      exchange.connected(free.newStream());
    } else if (!pool.tryTake(CircuitBreaker.Resource.PENDING)) {
      exchange.connectFailed(Reason.SELECT_CIRCUIT_OPEN);
    } else {
      Waiting turn = new Waiting(exchange);
      waiting.add(turn);
      exchange.connecting(turn);
      available();
    }
  }

  private @Nullable Http2UpstreamConnection free() {
    for (int i = 0; i < ready.size(); i++) {
      if (ready.get(i).canOpen()) {
        return ready.get(i);
      }
    }
    return null;
  }

  /** A stream may be free: serves those who wait, and connects for the rest. */
  public void available() {
    while (!waiting.isEmpty()) {
      Http2UpstreamConnection free = free();
      if (free == null) {
        connect();
        return;
      }
      Exchange next = waiting.remove().taken();
      if (next != null) {
        next.connected(free.newStream());
      }
    }
  }

  private void connect() {
    if (making != null || !pool.tryTake(CircuitBreaker.Resource.CONNECTION)) {
      return;
    }
    open++;
    Channel channel =
        loop.proxy.transport().newChannel(backend.address(), pool.settings().connections());
    SslHandler tls = ConnectionPool.secure(channel, backend);
    Http2UpstreamConnection made = new Http2UpstreamConnection(loop, this, tls != null);
    making = made;
    failure = Reason.UPSTREAM_CONNECT_FAILED;
    channel.pipeline().addLast(made);
    loop.executor.register(channel);
    channel.closeFuture().addListener(closed -> closed(made));
    channel.connect(backend.address()).addListener(done -> tcpDone(done, tls, made, channel));
  }

  private void tcpDone(
      Future<?> done, @Nullable SslHandler tls, Http2UpstreamConnection made, Channel channel) {
    if (!done.isSuccess()) {
      if (done.cause() instanceof ConnectTimeoutException) {
        failure = Reason.UPSTREAM_CONNECT_TIMEOUT;
      }
      channel.close();
    } else if (tls == null) {
      made.begin();
    } else {
      tls.handshakeFuture().addListener(shaken -> tlsDone(shaken, tls, made, channel));
    }
  }

  private void tlsDone(
      Future<?> shaken, SslHandler tls, Http2UpstreamConnection made, Channel channel) {
    if (shaken.isSuccess() && "h2".equals(tls.applicationProtocol())) {
      made.begin();
    } else {
      failure = Reason.UPSTREAM_TLS_FAILED;
      channel.close();
    }
  }

  /** The backend has said its settings. */
  public void ready(Http2UpstreamConnection made) {
    if (making == made) {
      making = null;
      ready.add(made);
    }
    available();
  }

  private void closed(Http2UpstreamConnection connection) {
    open--;
    pool.release(CircuitBreaker.Resource.CONNECTION);
    ready.remove(connection);
    if (making == connection) {
      making = null;
      failWaiting();
    }
    available();
  }

  /** Whoever waits hears of it, and may try another backend. */
  private void failWaiting() {
    for (int n = waiting.size(); n > 0; n--) {
      Exchange next = waiting.remove().taken();
      if (next != null) {
        next.connectFailed(failure);
      }
    }
  }

  /** Closes what has been unused for so long. */
  void expire(long now, long longestIdle) {
    for (int i = ready.size() - 1; i >= 0; i--) {
      ready.get(i).expire(now, longestIdle);
    }
    available();
  }

  int open() {
    return open;
  }

  boolean isEmpty() {
    return open == 0 && waiting.isEmpty();
  }
}
