package io.weir.proxy.http2;

import io.netty.channel.ChannelHandlerContext;
import io.weir.proxy.Loop;
import io.weir.proxy.TimerWheel;
import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.HeadLimits;
import io.weir.proxy.upstream.SharedConnections;
import java.util.Arrays;

/**
 * An HTTP/2 connection to a backend, by ALPN or prior knowledge: many exchanges share it, each on a
 * stream of its own.
 *
 * <p>When the backend says it is going away (RFC 9113 §6.8), streams it will not process are told
 * so and may be tried elsewhere, the others end in peace. When an exchange gives up waiting, the
 * connection is asked for a sign of life, so that a backend that has vanished does not swallow
 * request after request.
 */
public final class Http2UpstreamConnection extends Http2Connection {
  private static final byte[] PREFACE = Ascii.bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

  private static final long ALIVE_PING = 0x57656972_6c697665L;
  private static final long ALIVE_NANOS = 5_000_000_000L;
  private static final long FORGET_NANOS = 10_000_000_000L;

  final ResponseReader responses = new ResponseReader();
  private final SharedConnections pool;
  private final boolean secure;
  private byte[] target = new byte[256];
  private int nextStream = 1;
  private long forgotten;
  private boolean goingAway;
  private boolean aliveAsked;
  private boolean connectProtocol;

  /**
   * A handler for one connection.
   *
   * @param secure whether TLS is below it
   */
  public Http2UpstreamConnection(Loop loop, SharedConnections pool, boolean secure) {
    super(loop, false, HeadLimits.RESPONSE);
    this.pool = pool;
    this.secure = secure;
  }

  @Override
  boolean isSecure() {
    return secure;
  }

  /** The connection is made: says the preface. The pool hears when the backend has answered. */
  public void begin() {
    forgotten = idleSince = loop.clock();
    room(256).writeBytes(PREFACE);
    writeSettings(Frame.ENABLE_PUSH, 0, Frame.INITIAL_WINDOW_SIZE, STREAM_WINDOW);
    askWhetherAlive();
  }

  /** Whether another exchange may use the connection now. */
  public boolean canOpen() {
    return !goingAway && !isClosing() && streams.size() < peerMaxStreams && nextStream > 0;
  }

  /** The backend's end of one more exchange; it opens with the request's head. */
  public Http2UpstreamStream newStream() {
    return new Http2UpstreamStream(this, nextStream > 1);
  }

  /** The next identifier; negative ones, after two thousand million, are not used. */
  int nextStream() {
    int id = nextStream;
    nextStream += 2;
    return id;
  }

  /** Room to put a request target together. */
  byte[] target(int length) {
    if (target.length < length) {
      target = new byte[length * 2];
    }
    return target;
  }

  /** Whether the backend takes WebSockets on streams (RFC 8441 §3). */
  boolean allowsConnectProtocol() {
    return connectProtocol;
  }

  @Override
  boolean isIdle(int streamId) {
    return (streamId & 1) == 0 || nextStream > 0 && streamId >= nextStream;
  }

  @Override
  void following(Http2Stream stream, byte[] block, int offset, int length, boolean endStream) {
    ((Http2UpstreamStream) stream).response(block, offset, length, endStream);
  }

  @Override
  void opening(int streamId, byte[] block, int offset, int length, boolean endStream) {
    violated(streamId, Violation.STREAM_IDLE);
  }

  @Override
  public void setting(int id, int value) {
    super.setting(id, value);
    if (id == Frame.ENABLE_CONNECT_PROTOCOL) {
      connectProtocol = value == 1;
    }
  }

  @Override
  public void settingsEnd() {
    super.settingsEnd();
    pool.ready(this);
  }

  @Override
  public void goAway(int lastStreamId, int errorCode) {
    goingAway = true;
    Http2Stream[] open = streams.all();
    Arrays.sort(open, (a, b) -> Integer.compare(a.id, b.id));
    for (Http2Stream stream : open) {
      if (stream.id > lastStreamId) {
        stream.reset(ErrorCode.REFUSED_STREAM);
      }
    }
    closeIfDone();
  }

  private void closeIfDone() {
    if (goingAway && streams.size() == 0 && !isClosing()) {
      closeGracefully();
    }
  }

  @Override
  void closed(Http2Stream stream) {
    super.closed(stream);
    closeIfDone();
    pool.available();
  }

  /** Closes the connection if it was unused since then. */
  public void expire(long now, long longestIdle) {
    if (now - forgotten > FORGET_NANOS) {
      forgotten = now;
      forget();
    }
    if (streams.size() == 0 && now - idleSince >= longestIdle && !isClosing()) {
      closeGracefully();
    }
  }

  // ------------------------------------------------------------------ signs of life

  /** An exchange gave up: is there anybody? */
  void askWhetherAlive() {
    if (!aliveAsked && !isClosing()) {
      aliveAsked = true;
      FrameWriter.ping(room(17), false, ALIVE_PING);
      flushSoon();
      loop.timers.arm(timer, loop.recently() + ALIVE_NANOS);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (aliveAsked) {
      aliveAsked = false;
      timer.disarm();
    }
    super.channelRead(context, message);
  }

  @Override
  public void expired(TimerWheel.Timer of, long now) {
    if (isClosing()) {
      closeNow();
    } else if (aliveAsked) {
      shutDown(Violation.TOO_SLOW);
    }
  }
}
