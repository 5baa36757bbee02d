package io.weir.proxy.http1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.weir.policy.SlowClients.Sign;
import io.weir.proxy.ClientConnection;
import io.weir.proxy.ClientSide;
import io.weir.proxy.DrainEvent;
import io.weir.proxy.Exchange;
import io.weir.proxy.ListenerSettings;
import io.weir.proxy.TimerWheel;
import io.weir.proxy.Transport;
import io.weir.proxy.http.Head;
import io.weir.proxy.stage.Reason;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1 connection from a client: reads requests one after the other, writes their responses.
 *
 * <p>A request that arrives before the last one is answered (pipelining) waits unparsed, and the
 * socket is not read meanwhile. An idle connection holds nothing but this object: head and buffers
 * come with the first octet and go with the answer's last.
 */
public final class Http1ClientSide extends Http1Output implements ClientSide, TimerWheel.Owner {
  /**
   * How long and how much is read and thrown away after an answer that came before its request's
   * end.
   */
  private static final long LINGER_NANOS = 2_000_000_000L;

  private static final int LINGER_OCTETS = 1 << 20;

  /** A head in more reads than this, of fewer octets each than that, dribbles. */
  private static final int DRIBBLE_READS = 8;

  private static final int DRIBBLE_OCTETS = 32;

  /** Chunks of fewer octets are joined with those behind them. */
  private static final int SMALL_CHUNK = 256;

  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

  private enum State {
    /** Between requests. */
    IDLE,
    HEAD,
    /** Content of declared length. */
    BODY,
    CHUNKS,
    /** The request is read; its answer is not complete. */
    ANSWERING,
    TUNNEL,
    /** Answered before the request's end: what still comes is thrown away. */
    LINGER,
    CLOSED
  }

  private final ClientConnection connection;
  private final TimerWheel.Timer timer = new TimerWheel.Timer(this);

  private State state = State.IDLE;
  private @Nullable Exchange exchange;
  private @Nullable ChunkedReader chunks;

  /** Input that came while it could not be used. */
  private @Nullable ByteBuf waiting;

  /** Octets of the content still to come, or to be thrown away. */
  private long left;

  /** Octets moved when the timer was last armed for content. */
  private long octetsAtCheck;

  /** What waited to be taken by the client when the timer was last armed for that. */
  private long untakenAtCheck;

  /** Reads that the current head has taken so far. */
  private int headReads;

  private boolean processing;
  private boolean chunked;
  private boolean close;

  /** Whether the answer ends with the connection, as HTTP/1.0 knows no other end. */
  private boolean delimitedByClose;

  /** A handler for one connection. */
  public Http1ClientSide(ClientConnection connection) {
    this.connection = connection;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    super.handlerAdded(context);
    // The only protocol here in which a client that has said all may still wait for the answer.
    context.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    arm(settings().timeouts().header());
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    connection.loop.timers.remove(timer);
    releaseBuffers();
  }

  private ListenerSettings settings() {
    return connection.listener.settings();
  }

  private void arm(long after) {
    connection.loop.timers.arm(timer, connection.loop.recently() + after);
  }

  // ------------------------------------------------------------------ reading

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf in = (ByteBuf) message;
    if (waiting != null) {
      waiting = Unpooled.wrappedBuffer(waiting, in);
    } else {
      process(in);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    Exchange x = exchange;
    if (x != null) {
      x.flushUpstream();
    }
    if (state != State.ANSWERING && Transport.isAtEnd(context.channel())) {
      // Netty would now shut down the input of a connection that is about to be closed.
      context.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, false);
      inputEnded();
    }
  }

  /** Uses as much of the input as the state allows; takes over the buffer. */
  private void process(ByteBuf in) {
    processing = true;
    try {
      while (in.isReadable() && state != State.CLOSED) {
        switch (state) {
          case IDLE, HEAD -> readHead(in);
          case BODY -> readBody(in);
          case CHUNKS -> readChunks(in);
          case TUNNEL -> exchange().requestBody(in.readRetainedSlice(in.readableBytes()), false);
          case LINGER -> discard(in);
          case ANSWERING -> {
            keep(in);
            return;
          }
          case CLOSED -> {}
        }
      }
    } finally {
      processing = false;
      in.release();
    }
  }

  /** Holds on to a request that came too early; at most one read, as reading stops. */
  private void keep(ByteBuf in) {
    waiting = in.retain();
    ctx.channel().config().setAutoRead(false);
  }

  private Exchange exchange() {
    return java.util.Objects.requireNonNull(exchange);
  }

  private void readHead(ByteBuf in) {
    if (state == State.IDLE) {
      state = State.HEAD;
      long now = connection.loop.clock();
      headReads = 0;
      exchange = connection.loop.exchange(this, connection, now);
      connection.loop.timers.arm(timer, now + settings().timeouts().header());
    }
    Exchange x = exchange();
    Head head = x.request;
    ListenerSettings settings = x.listener();
    int before = head.length;
    int take = head.take(in.readableBytes(), settings.limits().headBytes());
    in.getBytes(in.readerIndex(), head.bytes, before, take);
    head.length += take;
    if (settings.http2() && connection.requests == 1 && isPreface(head)) {
      if (head.length >= PREFACE.length) {
        becomeHttp2(in, before);
      } else {
        in.skipBytes(take);
      }
      return;
    }
    Reason refused = HeadParser.request(head, settings.limits());
    if (refused != null) {
      in.skipBytes(in.readableBytes());
      close = true;
      x.fail(refused);
    } else if (head.complete) {
      in.skipBytes(head.scanned - before);
      head.length = head.scanned;
      headComplete(x, head);
    } else {
      in.skipBytes(take);
      if (++headReads > DRIBBLE_READS && head.length < headReads * DRIBBLE_OCTETS) {
        connection.dribbles(Sign.DRIBBLE);
      }
    }
  }

  private void headComplete(Exchange x, Head head) {
    close = head.close;
    boolean content = head.hasBody();
    if (head.chunked) {
      state = State.CHUNKS;
      if (chunks == null) {
        chunks = new ChunkedReader();
      }
      chunks.reset(new Head());
    } else if (content) {
      state = State.BODY;
      left = head.contentLength;
    } else {
      state = State.ANSWERING;
    }
    if (content) {
      armForContent(x);
    } else {
      timer.disarm();
    }
    x.requestHead(!content);
  }

  private static boolean isPreface(Head head) {
    int n = Math.min(head.length, PREFACE.length);
    return java.util.Arrays.equals(head.bytes, 0, n, PREFACE, 0, n);
  }

  private void becomeHttp2(ByteBuf in, int before) {
    ByteBuf all = ctx.alloc().buffer(before + in.readableBytes());
    all.writeBytes(exchange().request.bytes, 0, before).writeBytes(in);
    Exchange x = exchange();
    exchange = null;
    state = State.CLOSED;
    connection.requests = 0;
    x.abandon();
    ctx.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, false);
    connection.listener.switchToHttp2(ctx, this, connection, all);
  }

  private void readBody(ByteBuf in) {
    int take = (int) Math.min(left, in.readableBytes());
    left -= take;
    boolean end = left == 0;
    if (end) {
      state = State.ANSWERING;
      timer.disarm();
    }
    exchange().requestBody(in.readRetainedSlice(take), end);
  }

  private void readChunks(ByteBuf in) {
    ChunkedReader reader = java.util.Objects.requireNonNull(chunks);
    int data = reader.next(in);
    if (data > 0 && data < SMALL_CHUNK && data < in.readableBytes()) {
      data = joinSmall(reader, data, in);
      if (state != State.CHUNKS) {
        return;
      }
    }
    if (data < 0) {
      in.skipBytes(in.readableBytes());
      close = true;
      exchange().fail(Reason.FRAME_BODY_MALFORMED);
    } else if (reader.isDone()) {
      state = State.ANSWERING;
      timer.disarm();
      exchange().requestBody(Unpooled.EMPTY_BUFFER, true);
    } else if (data > 0) {
      exchange().requestBody(in.readRetainedSlice(data), false);
    }
  }

  /**
   * Passes small chunks on as one, as each alone would cost as much as a large one; returns what
   * the reader found behind them.
   */
  private int joinSmall(ChunkedReader reader, int first, ByteBuf in) {
    ByteBuf joined = ctx.alloc().buffer(in.readableBytes());
    int data = first;
    while (data > 0 && data < SMALL_CHUNK) {
      joined.writeBytes(in, data);
      data = reader.next(in);
    }
    exchange().requestBody(joined, false);
    return data;
  }

  private void discard(ByteBuf in) {
    left -= in.readableBytes();
    in.skipBytes(in.readableBytes());
    if (left <= 0) {
      closeNow();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event == ChannelInputShutdownEvent.INSTANCE) {
      inputEnded();
    } else if (event instanceof DrainEvent && state == State.IDLE) {
      closeNow();
    } else if (event == DrainEvent.OVER && exchange != null) {
      close = true;
      exchange.fail(Reason.SHUTDOWN);
    }
    context.fireUserEventTriggered(event);
  }

  /** The client sends nothing more; it may still read (RFC 9112 §9.6). */
  private void inputEnded() {
    close = true;
    if (isInRequest() && connection.requests == 1 && !exchange().isResponseStarted()) {
      reset(); // there is no answer that this could take from the client
    } else if (state != State.ANSWERING) {
      closeNow();
    }
  }

  /** Whether the request has begun and is not read to its end. */
  private boolean isInRequest() {
    return state == State.HEAD || state == State.BODY || state == State.CHUNKS;
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    state = State.CLOSED;
    Exchange x = exchange;
    if (x != null) {
      x.clientGone();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (connection.failed(cause) && exchange != null) {
      exchange.fail(Reason.INTERNAL);
    }
    closeNow();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (!context.channel().isWritable()) {
      return;
    }
    Transport.widen(context.channel().config());
    Exchange x = exchange;
    if (x != null) {
      x.clientWritable();
    }
  }

  // ------------------------------------------------------------------ slowness

  private void armForContent(Exchange x) {
    octetsAtCheck = moved(x);
    arm(settings().timeouts().body());
  }

  private void armForTunnel(Exchange x) {
    octetsAtCheck = moved(x);
    long idle = x.route().timeouts().tunnelIdle();
    if (idle > 0) {
      arm(idle);
    }
  }

  /** Octets that the client has sent and taken; what waits to be taken by it does not count. */
  private long moved(Exchange x) {
    return x.requestOctets + x.responseOctets - untaken();
  }

  /** Octets given to the channel that the socket has not taken yet. */
  private long untaken() {
    ChannelOutboundBuffer out = ctx.channel().unsafe().outboundBuffer();
    return out == null ? 0 : out.totalPendingWriteBytes();
  }

  @Override
  public void expired(TimerWheel.Timer of, long now) {
    Exchange x = exchange;
    switch (state) {
      case LINGER -> closeNow();
      case IDLE, CLOSED -> closeUnlessTaking();
      case HEAD -> {
        close = true;
        connection.shows(Sign.HEAD_LATE);
        exchange().fail(Reason.FRAME_TOO_SLOW);
      }
      case BODY, CHUNKS -> checkProgress(exchange(), Reason.FRAME_TOO_SLOW);
      case ANSWERING -> {
        if (x != null && !ctx.channel().isWritable()) {
          checkProgress(x, Reason.CLIENT_TOO_SLOW);
        }
      }
      case TUNNEL -> {
        if (moved(exchange()) == octetsAtCheck) {
          closeNow();
        } else {
          armForTunnel(exchange());
        }
      }
    }
  }

  /** The answer is given to the socket, but a slow client may still be taking it. */
  private void closeUnlessTaking() {
    if (untakenAtCheck == 0) {
      closeSocket();
    } else if (settings().timeouts().isTooSlow(untakenAtCheck - untaken()) && untaken() > 0) {
      connection.shows(Sign.READ_STALLED);
      connection.listener.ended(Reason.CLIENT_TOO_SLOW.text());
      reset();
    } else {
      armForTaking();
    }
  }

  private void armForTaking() {
    untakenAtCheck = untaken();
    arm(untakenAtCheck == 0 ? settings().timeouts().idle() : settings().timeouts().body());
  }

  /** Content has to move at the minimum rate; how long it takes as a whole does not matter. */
  private void checkProgress(Exchange x, Reason why) {
    boolean weWait = !ctx.channel().config().isAutoRead() && state != State.ANSWERING;
    if (weWait || !settings().timeouts().isTooSlow(moved(x) - octetsAtCheck)) {
      armForContent(x);
    } else if (why == Reason.CLIENT_TOO_SLOW) {
      connection.shows(Sign.READ_STALLED);
      x.clientTooSlow();
      reset(); // an orderly end would wait for the client once more
    } else {
      close = true;
      connection.shows(Sign.BODY_STALLED);
      x.fail(why);
    }
  }

  // ------------------------------------------------------------------ writing

  @Override
  public void sendInterim() {
    if (exchange().request.minorVersion > 0) {
      gather(connection.loop.heads.interim(exchange(), ctx.alloc()));
    }
  }

  @Override
  public void sendResponse(boolean end) {
    Exchange x = exchange();
    boolean tunnel = x.response.status == 101;
    chunked = !end && !tunnel && x.response.contentLength < 0 && x.request.minorVersion > 0;
    delimitedByClose =
        !end && !tunnel && x.response.contentLength < 0 && x.request.minorVersion == 0;
    close |=
        delimitedByClose
            || state == State.BODY
            || state == State.CHUNKS
            || connection.loop.proxy.isDraining();
    int room = roomFor(x.response, end);
    gather(connection.loop.heads.response(x, end, chunked, close && !tunnel, room, ctx.alloc()));
    if (tunnel) {
      state = State.TUNNEL;
      close = true;
      armForTunnel(x);
      resumeWaiting();
    }
  }

  @Override
  public void sendBody(ByteBuf data, boolean end) {
    gather(data, chunked, end);
  }

  @Override
  public void flush() {
    super.flush();
    Exchange x = exchange;
    if (x != null && state == State.ANSWERING && !isWritable() && !timer.isArmed()) {
      armForContent(x);
    }
  }

  @Override
  public void readBody(boolean wanted) {
    if (waiting == null) {
      ctx.channel().config().setAutoRead(wanted);
    }
  }

  @Override
  public void abort() {
    close = true;
    if (delimitedByClose) {
      // An orderly end would say that the answer is whole: reset instead.
      Transport.resetOnClose(ctx.channel());
    }
    if (state != State.TUNNEL) {
      state = State.CLOSED;
    }
  }

  @Override
  public void finished() {
    exchange = null;
    boolean unread = isInRequest();
    close |= connection.loop.proxy.isDraining();
    if (state == State.CLOSED || close && !unread) {
      closeAfterFlush();
      return;
    }
    if (unread) {
      linger();
      return;
    }
    state = State.IDLE;
    armForTaking();
    resumeWaiting();
  }

  /** Goes on with what came too early: the next request, or a tunnel's first octets. */
  private void resumeWaiting() {
    ByteBuf next = waiting;
    waiting = null;
    // Content may have ended while it could not be passed on: then nobody has asked for more.
    ctx.channel().config().setAutoRead(true);
    if (next != null) {
      resume(next);
    }
  }

  /** Not within the call that ended the last request. */
  private void resume(ByteBuf next) {
    if (processing) {
      waiting = next;
      connection.loop.executor.execute(this::processWaiting);
    } else {
      process(next);
      channelReadComplete(ctx);
    }
  }

  private void processWaiting() {
    ByteBuf next = waiting;
    waiting = null;
    if (next != null) {
      process(next);
      channelReadComplete(ctx);
    }
  }

  // ------------------------------------------------------------------ closing

  /**
   * The answer is out but the request is not read: closing now could reset the connection before
   * the client has read the answer (RFC 9112 §9.6), so what still comes is read and thrown away.
   */
  private void linger() {
    state = State.LINGER;
    left = LINGER_OCTETS;
    arm(LINGER_NANOS);
    ctx.channel().config().setAutoRead(true);
    if (isAllSent()) {
      shutDownOutput();
    } else if (!connection.isSecure()) {
      ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> shutDownOutput());
    }
  }

  private void shutDownOutput() {
    if (ctx.channel() instanceof DuplexChannel channel) {
      Transport.shutDownOutput(channel);
    }
  }

  private void closeAfterFlush() {
    state = State.CLOSED;
    if (isAllSent()) {
      closeSocket();
    } else {
      armForTaking();
      ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }
  }

  private void closeNow() {
    state = State.CLOSED;
    closeSocket();
  }

  private void releaseBuffers() {
    if (waiting != null) {
      waiting.release();
      waiting = null;
    }
    releaseGathered();
  }
}
