package io.weir.proxy.http1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.weir.net.ClientIdentity;
import io.weir.proxy.ClientConnection;
import io.weir.proxy.Exchange;
import io.weir.proxy.Loop;
import io.weir.proxy.TimerWheel;
import io.weir.proxy.Transport;
import io.weir.proxy.UpstreamSide;
import io.weir.proxy.http.Head;
import io.weir.proxy.http.HeadLimits;
import io.weir.proxy.http.Method;
import io.weir.proxy.stage.Reason;
import io.weir.proxy.upstream.ConnectionPool;
import java.io.IOException;
import java.util.Objects;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1.1 connection to a backend: serves one exchange at a time, waits in its {@link
 * ConnectionPool} between them.
 *
 * <p>It is used again only if both messages ended where their framing says and nothing stands
 * behind the response: what a backend sends unasked would be the next client's answer.
 */
public final class Http1UpstreamSide extends Http1Output implements UpstreamSide, TimerWheel.Owner {
  private enum State {
    IDLE,
    HEAD,
    /** Content of declared length. */
    BODY,
    CHUNKS,
    /** Content that ends with the connection. */
    UNTIL_CLOSE,
    TUNNEL,
    CLOSED
  }

  private final Loop loop;
  private final ConnectionPool pool;
  private final TimerWheel.Timer timer = new TimerWheel.Timer(this);

  private State state = State.IDLE;
  private @Nullable Exchange exchange;
  private @Nullable ChunkedReader chunks;
  private long left;
  private long octetsAtCheck;
  private boolean chunkedRequest;
  private boolean requestEnded;
  private boolean keepAlive;
  private boolean reused;

  /** The client that this connection tells its backend about; null where it tells nothing. */
  public @Nullable ClientConnection client;

  /** Who that client is said to be: requests of one connection may come from several. */
  public @Nullable ClientIdentity identity;

  /** Whether reading or writing failed, or TLS ended without saying so: no end is orderly then. */
  private boolean failed;

  /** The next idle connection in the pool's stack, and since when this one is idle. */
  public @Nullable Http1UpstreamSide nextIdle;

  public long idleSince;

  /** A handler for one connection. */
  public Http1UpstreamSide(Loop loop, ConnectionPool pool) {
    this.loop = loop;
    this.pool = pool;
  }

  // ------------------------------------------------------------------ writing

  @Override
  public void sendRequest(Exchange x, boolean end) {
    exchange = x;
    state = State.HEAD;
    requestEnded = end;
    Head head = x.request;
    boolean raw = head.webSocket;
    chunkedRequest = !end && !raw && head.contentLength < 0;
    gather(loop.heads.request(x, end, roomFor(head, end), ctx.alloc()));
  }

  @Override
  public void sendBody(ByteBuf data, boolean end) {
    requestEnded |= end;
    if (failed) {
      data.release();
    } else {
      gather(data, chunkedRequest, end);
    }
  }

  @Override
  public void readBody(boolean wanted) {
    ctx.channel().config().setAutoRead(wanted);
  }

  @Override
  public void cancel() {
    exchange = null;
    closeNow();
  }

  @Override
  public boolean isReused() {
    return reused;
  }

  // ------------------------------------------------------------------ reading

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf in = (ByteBuf) message;
    try {
      while (in.isReadable() && state != State.CLOSED) {
        switch (state) {
          case IDLE, CLOSED -> closeNow();
          case HEAD -> readHead(in);
          case BODY -> readBody(in);
          case CHUNKS -> readChunks(in);
          case UNTIL_CLOSE, TUNNEL ->
              exchange().responseBody(in.readRetainedSlice(in.readableBytes()), false);
        }
      }
    } finally {
      in.release();
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    Exchange x = exchange;
    if (x != null) {
      x.flushClient();
    }
  }

  private Exchange exchange() {
    return Objects.requireNonNull(exchange);
  }

  private void readHead(ByteBuf in) {
    Exchange x = exchange();
    Head head = x.response;
    int before = head.length;
    int take = head.take(in.readableBytes(), HeadLimits.RESPONSE.headBytes());
    in.getBytes(in.readerIndex(), head.bytes, before, take);
    head.length += take;
    Reason refused = HeadParser.response(head, HeadLimits.RESPONSE);
    if (refused != null) {
      broken(refused);
    } else if (!head.complete) {
      in.skipBytes(take);
    } else {
      in.skipBytes(head.scanned - before);
      head.length = head.scanned;
      headComplete(x, head, in);
    }
  }

  private void headComplete(Exchange x, Head head, ByteBuf in) {
    if (head.status == 101) {
      boolean asked = x.request.webSocket && head.webSocket && head.upgrade;
      if (!asked || !WebSocketKey.isAnswered(x.request, head)) {
        broken(Reason.UPSTREAM_MALFORMED);
        return;
      }
      keepAlive = false;
      state = State.TUNNEL;
      x.responseHead(false);
    } else if (head.status < 200) {
      x.interimResponse();
      head.clear();
    } else {
      finalHead(x, head, in);
    }
  }

  /** RFC 9112 §6.3: how long the content is. */
  private void finalHead(Exchange x, Head head, ByteBuf in) {
    keepAlive = !head.close && (head.minorVersion == 1 || head.keepAlive);
    boolean toHead = x.request.method == Method.HEAD;
    // A backend that sends the content all the same would answer the next request with it.
    keepAlive &= !(toHead && head.hasBody());
    boolean none = toHead || head.status == 204 || head.status == 304;
    if (none || head.contentLength == 0) {
      ended(in);
      x.responseHead(true);
      return;
    }
    if (head.chunked) {
      state = State.CHUNKS;
      if (chunks == null) {
        chunks = new ChunkedReader();
      }
      chunks.reset(new Head());
    } else if (head.contentLength > 0) {
      state = State.BODY;
      left = head.contentLength;
    } else {
      state = State.UNTIL_CLOSE;
      keepAlive = false;
    }
    armForContent(x);
    x.responseHead(false);
  }

  private void readBody(ByteBuf in) {
    Exchange x = exchange();
    int take = (int) Math.min(left, in.readableBytes());
    left -= take;
    ByteBuf data = in.readRetainedSlice(take);
    boolean end = left == 0;
    if (end) {
      ended(in);
    }
    x.responseBody(data, end);
  }

  private void readChunks(ByteBuf in) {
    ChunkedReader reader = Objects.requireNonNull(chunks);
    Exchange x = exchange();
    int data = reader.next(in);
    if (data < 0) {
      broken(Reason.UPSTREAM_MALFORMED);
    } else if (reader.isDone()) {
      ended(in);
      x.responseBody(Unpooled.EMPTY_BUFFER, true);
    } else if (data > 0) {
      x.responseBody(in.readRetainedSlice(data), false);
    }
  }

  /** The response is read to its end: back to the pool, or closed. */
  private void ended(ByteBuf in) {
    exchange = null;
    timer.disarm();
    if (keepAlive && requestEnded && !failed && !in.isReadable()) {
      state = State.IDLE;
      reused = true;
      if (!ctx.channel().config().isAutoRead()) {
        ctx.channel().config().setAutoRead(true);
      }
      pool.release(this);
    } else {
      closeNow();
    }
  }

  private void broken(Reason why) {
    Exchange x = exchange;
    exchange = null;
    closeNow();
    if (x != null) {
      x.upstreamFailed(why, false);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    State was = state;
    state = State.CLOSED;
    loop.timers.remove(timer);
    releaseGathered();
    Exchange x = exchange;
    exchange = null;
    if (x == null) {
      return;
    }
    if (was == State.UNTIL_CLOSE && !failed) {
      x.responseBody(Unpooled.EMPTY_BUFFER, true);
    } else {
      // A kept connection that closes without a word has most likely been closed before it got the
      // request.
      x.upstreamFailed(Reason.UPSTREAM_RESET, false);
    }
  }

  /**
   * A backend that answers early and closes makes writing fail while its answer waits to be read,
   * so that nothing more is written, but reading goes on to its end, which comes soon.
   */
  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    failed = true;
    if (loop.proxy.connectionFailed(cause) && exchange != null) {
      exchange.fail(Reason.INTERNAL);
    }
    if (exchange == null || !(cause instanceof IOException) || cause instanceof SSLException) {
      broken(Reason.UPSTREAM_RESET);
    }
  }

  /**
   * The end of TLS without close_notify may have been made by anyone on the way (RFC 9112 §9.8).
   */
  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    failed |= event instanceof SslCloseCompletionEvent closed && !closed.isSuccess();
    context.fireUserEventTriggered(event);
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (!context.channel().isWritable()) {
      return;
    }
    Transport.widen(context.channel().config());
    Exchange x = exchange;
    if (x != null) {
      x.upstreamWritable();
    }
  }

  private void armForContent(Exchange x) {
    octetsAtCheck = x.responseOctets;
    long idle = x.route().timeouts().idle();
    if (idle > 0) {
      loop.timers.arm(timer, loop.recently() + idle);
    }
  }

  @Override
  public void expired(TimerWheel.Timer of, long now) {
    Exchange x = exchange;
    if (x == null || state == State.TUNNEL) {
      return;
    }
    boolean weWait = !ctx.channel().config().isAutoRead();
    if (weWait || x.responseOctets > octetsAtCheck) {
      armForContent(x);
    } else {
      broken(Reason.UPSTREAM_TIMEOUT);
    }
  }

  /**
   * Closes; the exchange, if there still is one, hears of it. A request that breaks off ends in a
   * reset: the backend cannot take it for whole, and no port stays behind for a minute, of which
   * there are few for each backend. A reset may lose what was sent last, so a whole request and a
   * tunnel get an orderly end.
   */
  public void closeNow() {
    boolean breaksOff = !requestEnded && state != State.IDLE && state != State.TUNNEL;
    state = State.CLOSED;
    if (breaksOff) {
      reset();
    } else {
      closeSocket();
    }
  }
}
