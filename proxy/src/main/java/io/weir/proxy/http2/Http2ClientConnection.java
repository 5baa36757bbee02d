package io.weir.proxy.http2;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.weir.policy.SlowClients.Sign;
import io.weir.proxy.ClientConnection;
import io.weir.proxy.DrainEvent;
import io.weir.proxy.ListenerSettings;
import io.weir.proxy.TimerWheel;
import io.weir.proxy.Transport;
import io.weir.proxy.http.HeadLimits;
import io.weir.proxy.stage.Reason;
import java.util.ArrayDeque;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/2 connection from a client: each stream it opens is one exchange.
 *
 * <p>The preface is the client's to send first (RFC 9113 §3.4), so the same handler serves ALPN and
 * prior knowledge.
 */
public final class Http2ClientConnection extends Http2Connection {
  /** Streams kept for reuse. */
  private static final int SPARE_STREAMS = 16;

  private static final int LAST_STREAM_ID = Integer.MAX_VALUE;
  private static final long DRAIN_PING = 0x57656972_64726e31L;

  final ClientConnection connection;
  private final RequestReader requests = new RequestReader();
  private final ArrayDeque<Http2ClientStream> spare = new ArrayDeque<>();

  /** Streams whose heads came with this read; they run when it is complete. */
  private final ArrayList<Http2ClientStream> begun = new ArrayList<>();

  /** When a field block or the first settings began that are not whole yet; 0 for none. */
  private long unfinishedSince;

  private boolean draining;

  /** Octets that the client had taken at the last look; -1 where it kept up. */
  private long takenAtCheck = -1;

  /** A handler for one connection. */
  public Http2ClientConnection(ClientConnection connection) {
    super(connection.loop, true, connection.listener.settings().limits());
    this.connection = connection;
    connection.http2 = true;
  }

  @Override
  boolean isSecure() {
    return connection.isSecure();
  }

  private ListenerSettings settings() {
    return connection.listener.settings();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    super.handlerAdded(context);
    idleSince = unfinishedSince = loop.clock();
    HeadLimits limits = settings().limits();
    writeSettings(
        Frame.MAX_CONCURRENT_STREAMS,
        MAX_STREAMS,
        Frame.INITIAL_WINDOW_SIZE,
        STREAM_WINDOW,
        Frame.MAX_HEADER_LIST_SIZE,
        limits.headBytes(),
        Frame.ENABLE_CONNECT_PROTOCOL,
        1);
    flushSoon();
    armCheck(idleSince);
  }

  private long checkInterval() {
    ListenerSettings.ClientTimeouts timeouts = settings().timeouts();
    return Math.min(timeouts.header(), timeouts.idle());
  }

  private void armCheck(long now) {
    loop.timers.arm(timer, now + checkInterval());
  }

  /** Begins the header timeout where the read ended within a field block. */
  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    for (int i = 0; i < begun.size(); i++) {
      begun.get(i).start();
    }
    begun.clear();
    if (!isUnfinished()) {
      unfinishedSince = 0;
    } else if (unfinishedSince == 0 && !isClosing()) {
      unfinishedSince = loop.clock();
      armCheck(unfinishedSince);
    }
    super.channelReadComplete(context);
  }

  private boolean isUnfinished() {
    return reader.isInFieldBlock() || !reader.hasSettings();
  }

  /**
   * Looks after the connection once in a header timeout: a dripping head, idleness, old suspicion.
   */
  @Override
  public void expired(TimerWheel.Timer of, long now) {
    if (isClosing()) {
      closeNow();
      return;
    }
    forget();
    if (unfinishedSince != 0 && now - unfinishedSince >= settings().timeouts().header()) {
      shutDown(Violation.TOO_SLOW);
    } else if (isReadStalled()) {
      connection.shows(Sign.READ_STALLED);
      connection.listener.ended(Reason.CLIENT_TOO_SLOW.text());
      for (Http2Stream stream : streams.all()) {
        ((Http2ClientStream) stream).clientTooSlow();
      }
      Transport.resetOnClose(ctx.channel());
      closeNow();
    } else if (unfinishedSince == 0
        && streams.size() == 0
        && now - idleSince >= settings().timeouts().idle()) {
      closeGracefully();
    } else {
      takenAtCheck = isChannelWritable() ? -1 : taken();
      armCheck(now);
    }
  }

  /** Whether the client has taken less than the minimum rate since the last look. */
  private boolean isReadStalled() {
    return takenAtCheck >= 0
        && !isChannelWritable()
        && taken() - takenAtCheck < settings().timeouts().least(checkInterval());
  }

  /** Octets of content that moved, without those that the socket has not taken yet. */
  private long taken() {
    ChannelOutboundBuffer out = ctx.channel().unsafe().outboundBuffer();
    return out == null ? moved : moved - out.totalPendingWriteBytes();
  }

  @Override
  boolean isIdle(int streamId) {
    return streamId > lastPeerStream || (streamId & 1) == 0;
  }

  @Override
  void following(Http2Stream stream, byte[] block, int offset, int length, boolean endStream) {
    touch(stream);
    trailers(stream, block, offset, length, endStream);
  }

  @Override
  void opening(int streamId, byte[] block, int offset, int length, boolean endStream) {
    unfinishedSince = 0;
    if ((streamId & 1) == 0) {
      violated(streamId, Violation.STREAM_ID_INVALID);
      return;
    }
    lastPeerStream = streamId;
    if (draining || streams.size() >= MAX_STREAMS) {
      if (decodeAndDrop(block, offset, length)) {
        writeReset(streamId, ErrorCode.REFUSED_STREAM);
        suspectReset();
      }
      return;
    }
    Http2ClientStream stream = spare.pollLast();
    if (stream == null) {
      stream = new Http2ClientStream(this);
    }
    stream.open(streamId);
    Violation violation = stream.request(requests, block, offset, length, endStream);
    if (violation != null) {
      violated(streamId, violation);
    }
  }

  @Override
  public void goAway(int lastStreamId, int errorCode) {
    draining = true;
    closeIfDrained();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event == DrainEvent.BEGINS && !draining && !isClosing()) {
      // First only a warning: requests on their way must not be lost (RFC 9113 §6.8).
      FrameWriter.goAway(room(32), LAST_STREAM_ID, ErrorCode.NO_ERROR, "");
      FrameWriter.ping(room(17), false, DRAIN_PING);
      flushSoon();
    } else if (event == DrainEvent.OVER) {
      fail(Reason.SHUTDOWN);
    }
    context.fireUserEventTriggered(event);
  }

  @Override
  public void ping(boolean ack, long opaque) {
    super.ping(ack, opaque);
    if (ack && opaque == DRAIN_PING && !draining) {
      draining = true;
      FrameWriter.goAway(room(32), lastPeerStream, ErrorCode.NO_ERROR, "");
      closeIfDrained();
    }
  }

  private void closeIfDrained() {
    if (draining && streams.size() == 0 && !isClosing()) {
      closeGracefully();
    }
  }

  @Override
  void closed(Http2Stream stream) {
    super.closed(stream);
    closeIfDrained();
  }

  @Override
  void failed(Throwable cause) {
    if (connection.failed(cause)) {
      fail(Reason.INTERNAL);
    }
  }

  /** Ends all requests that are not over. */
  private void fail(Reason why) {
    for (Http2Stream stream : streams.all()) {
      ((Http2ClientStream) stream).fail(why);
    }
    flushNow();
  }

  @Override
  void ended(Violation why) {
    connection.listener.ended(reasonOf(why).text());
    if (why == Violation.TOO_SLOW) {
      connection.shows(Sign.HEAD_LATE);
    } else if (why.code() == ErrorCode.ENHANCE_YOUR_CALM) {
      connection.shows(Sign.FLOOD);
    }
  }

  private static Reason reasonOf(Violation why) {
    if (why == Violation.TOO_SLOW) {
      return Reason.FRAME_TOO_SLOW;
    }
    return why.code() == ErrorCode.ENHANCE_YOUR_CALM ? Reason.FRAME_FLOOD : Reason.FRAME_MALFORMED;
  }

  /** The head of a request is there. */
  void begun(Http2ClientStream stream) {
    begun.add(stream);
  }

  /** A stream is closed and its exchange is over. */
  void release(Http2ClientStream stream) {
    if (spare.size() < SPARE_STREAMS) {
      spare.addLast(stream);
    }
  }

  /** What the record says of exchanges that end with the connection; null for the client's wish. */
  static @Nullable Reason reason(@Nullable Violation violation) {
    if (violation == null) {
      return null;
    }
    return violation.code() == ErrorCode.ENHANCE_YOUR_CALM
        ? Reason.FRAME_FLOOD
        : Reason.FRAME_CLIENT_GONE;
  }
}
