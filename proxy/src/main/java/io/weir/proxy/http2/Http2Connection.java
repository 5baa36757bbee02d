package io.weir.proxy.http2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.weir.proxy.Loop;
import io.weir.proxy.TimerWheel;
import io.weir.proxy.Transport;
import io.weir.proxy.http.Head;
import io.weir.proxy.http.HeadLimits;
import org.jspecify.annotations.Nullable;

/**
 * What both sides' connections have in common: frames in, frames out, settings, windows, floods and
 * the end (RFC 9113).
 *
 * <p>Output is gathered in one buffer of the size of a TLS record and leaves once per pass of the
 * event loop, so that all streams that got something to say in that pass share one write.
 *
 * <p>Frames that do no work for the peer's own requests cost it from one budget, whatever their
 * type: resets, whoever was made to send them, pings, settings, priorities, windows that open by
 * next to nothing, empty or misplaced frames. Work done pays back. So a new trick that needs many
 * cheap frames meets the old limit.
 *
 * <p>Confined to one event loop.
 */
abstract class Http2Connection extends ChannelInboundHandlerAdapter
    implements FrameSink, TimerWheel.Owner {
  /** Credit of a stream: what a slow other side may leave waiting in memory. */
  static final int STREAM_WINDOW = 128 * 1024;

  /** Credit of the connection, the most that all its streams together may leave waiting. */
  static final int CONNECTION_WINDOW = 1024 * 1024;

  /** Streams a peer may have open at once. */
  static final int MAX_STREAMS = 128;

  /** One TLS record holds one full buffer. */
  private static final int BUFFER_BYTES = 16 * 1024;

  /** Content up to this size is copied behind its frame header on plain TCP; on TLS all is. */
  private static final int COPIED = 4096;

  private static final int FLOOD_BUDGET = 4096;
  private static final int COST_RESET = 16;

  /** No honest client breaks the protocol again and again (RFC 9113 §5.4 lets us take it so). */
  private static final int COST_VIOLATION = 256;

  private static final int COST_CONTROL = 8;
  private static final int COST_EMPTY = 4;
  private static final int PAID_BY_EXCHANGE = 16;

  /** A window that opens by less than this while content waits only makes work. */
  static final int TINY_WINDOW = 256;

  /** How long a broken connection stays open so that the peer can read why. */
  private static final long LINGER_NANOS = 1_000_000_000L;

  /** Streams reset last: frames for them may still be on their way. */
  private static final int REMEMBERED_RESETS = 64;

  final Loop loop;
  final FrameReader reader;
  final HpackDecoder decoder = new HpackDecoder();
  final HpackEncoder encoder = new HpackEncoder();
  final StreamTable streams = new StreamTable();
  final TimerWheel.Timer timer = new TimerWheel.Timer(this);
  private final HeadLimits limits;

  @SuppressWarnings("NullAway.Init") // set when the handler is added, before anything else
  ChannelHandlerContext ctx;

  int peerInitialWindow = Frame.DEFAULT_WINDOW;
  int peerMaxStreams = Integer.MAX_VALUE;
  int sendWindow = Frame.DEFAULT_WINDOW;
  private int receiveWindow = CONNECTION_WINDOW;
  private int consumed;

  /** Highest stream the peer opened. */
  int lastPeerStream;

  /** Whether this connection is given up and only waits to be closed. */
  private boolean closing;

  private boolean copiesAll;
  private int suspicion;

  /** Octets of content that moved in either direction, for all streams together. */
  long moved;

  /** When the last stream was closed, or the connection made. */
  long idleSince;

  private final int[] resets = new int[REMEMBERED_RESETS];
  private int resetCount;

  private @Nullable ByteBuf out;
  private boolean written;
  private boolean flushScheduled;
  private final Runnable flush = this::flushNow;

  private @Nullable Http2Stream firstBlocked;
  private @Nullable Http2Stream lastBlocked;
  private @Nullable Http2Stream firstTouched;

  Http2Connection(Loop loop, boolean ofClient, HeadLimits limits) {
    this.loop = loop;
    this.limits = limits;
    this.reader = new FrameReader(this, ofClient, Math.max(64 * 1024, 2 * limits.headBytes()));
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    ctx = context;
    copiesAll = isSecure();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    loop.timers.remove(timer);
    releaseOut();
  }

  /** Whether the connection is encrypted. */
  abstract boolean isSecure();

  /** Writes our settings, with the connection's window on top of them. */
  final void writeSettings(int... idsAndValues) {
    ByteBuf buffer = room(128);
    FrameWriter.settings(buffer, idsAndValues);
    FrameWriter.windowUpdate(buffer, 0, CONNECTION_WINDOW - Frame.DEFAULT_WINDOW);
  }

  // ------------------------------------------------------------------ reading

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf in = (ByteBuf) message;
    try {
      reader.read(in);
    } finally {
      in.release();
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    Http2Stream stream = firstTouched;
    firstTouched = null;
    while (stream != null) {
      Http2Stream next = stream.nextTouched;
      stream.nextTouched = null;
      stream.touched = false;
      stream.readComplete();
      stream = next;
    }
    flushNow();
  }

  @Override
  public void frame(int type, int flags, int streamId, int length) {
    switch (type) {
      case Frame.DATA -> {
        if (length <= 1 && (flags & Frame.END_STREAM) == 0) {
          suspect(length == 0 ? COST_EMPTY : 1);
        }
      }
      case Frame.HEADERS -> {}
      case Frame.RST_STREAM -> suspect(COST_RESET);
      case Frame.SETTINGS, Frame.PING, Frame.GOAWAY -> suspect(COST_CONTROL);
      case Frame.WINDOW_UPDATE -> suspect(1);
      default -> suspect(COST_EMPTY);
    }
  }

  final void suspect(int cost) {
    suspicion += cost;
    if (suspicion > FLOOD_BUDGET) {
      violated(0, Violation.FLOOD);
    }
  }

  /** The peer made us reset a stream. */
  final void suspectReset() {
    suspect(COST_RESET);
  }

  /** An exchange came to its end: the frames around it were worth it. */
  final void paidByExchange() {
    suspicion = Math.max(0, suspicion - PAID_BY_EXCHANGE);
  }

  /** Called by the timer: a long life must not add up to a flood. */
  final void forget() {
    suspicion /= 2;
  }

  @Override
  public void data(int streamId, ByteBuf in, int length, int overhead, boolean endStream) {
    receiveWindow -= length + overhead;
    moved += length;
    if (length == 0 && overhead > 0) {
      suspect(COST_EMPTY);
    }
    if (receiveWindow < 0) {
      violated(0, Violation.WINDOW_EXCEEDED);
      return;
    }
    Http2Stream stream = streams.get(streamId);
    if (stream == null || stream.remoteEnded) {
      giveBack(length + overhead);
      misplaced(streamId, stream);
    } else if (!stream.receive(length, overhead)) {
      violated(streamId, Violation.STREAM_WINDOW_EXCEEDED);
    } else if (!stream.fits(length, endStream)) {
      stream.remoteEnded = endStream;
      stream.malformed();
    } else {
      stream.remoteEnded = endStream;
      touch(stream);
      stream.data(in, length, endStream);
    }
  }

  /**
   * A frame for a stream that is not there or has ended; a late one after our reset is harmless.
   */
  private void misplaced(int streamId, @Nullable Http2Stream stream) {
    if (stream != null) {
      violated(streamId, Violation.STREAM_HALF_CLOSED);
    } else if (isIdle(streamId)) {
      violated(streamId, Violation.STREAM_IDLE);
    } else if (wasReset(streamId)) {
      suspect(COST_EMPTY);
    } else {
      violated(streamId, Violation.STREAM_CLOSED);
    }
  }

  /** Whether a stream of this identifier was never opened. */
  abstract boolean isIdle(int streamId);

  /** The stream wants to be told when this read is complete. */
  final void touch(Http2Stream stream) {
    if (!stream.touched) {
      stream.touched = true;
      stream.nextTouched = firstTouched;
      firstTouched = stream;
    }
  }

  @Override
  public void headers(int streamId, byte[] block, int offset, int length, boolean endStream) {
    Http2Stream stream = streams.get(streamId);
    if (stream != null) {
      following(stream, block, offset, length, endStream);
    } else if (isIdle(streamId)) {
      opening(streamId, block, offset, length, endStream);
    } else {
      decodeAndDrop(block, offset, length);
      misplaced(streamId, null);
    }
  }

  /** A field block on a stream that is open. */
  abstract void following(
      Http2Stream stream, byte[] block, int offset, int length, boolean endStream);

  /** A field block that opens a stream. */
  abstract void opening(int streamId, byte[] block, int offset, int length, boolean endStream);

  /** A field block behind the content. */
  final void trailers(Http2Stream stream, byte[] block, int offset, int length, boolean endStream) {
    Head trailers = new Head();
    TrailerReader sink = new TrailerReader(trailers);
    Violation violation = decoder.decode(block, offset, length, trailers, limits, sink);
    if (violation != null && violation.isOfConnection()) {
      violated(stream.id, violation);
    } else if (stream.remoteEnded) {
      violated(stream.id, Violation.STREAM_HALF_CLOSED);
    } else if (violation != null || !endStream || sink.isMalformed() || !stream.fits(0, true)) {
      stream.remoteEnded = endStream;
      stream.malformed();
    } else {
      stream.remoteEnded = true;
      stream.trailers(trailers);
    }
  }

  /** Decodes for the table's sake only; false where the connection broke over it. */
  final boolean decodeAndDrop(byte[] block, int offset, int length) {
    Head trailers = new Head();
    Violation violation =
        decoder.decode(block, offset, length, trailers, limits, new TrailerReader(trailers));
    if (violation != null && violation.isOfConnection()) {
      violated(0, violation);
      return false;
    }
    return true;
  }

  @Override
  public void rstStream(int streamId, int errorCode) {
    Http2Stream stream = streams.get(streamId);
    if (stream != null) {
      stream.reset(ErrorCode.of(errorCode));
    } else if (isIdle(streamId)) {
      violated(streamId, Violation.STREAM_IDLE);
    }
  }

  @Override
  public void setting(int id, int value) {
    switch (id) {
      case Frame.HEADER_TABLE_SIZE -> encoder.setPeerTableSize(value);
      case Frame.MAX_CONCURRENT_STREAMS -> peerMaxStreams = value < 0 ? Integer.MAX_VALUE : value;
      case Frame.INITIAL_WINDOW_SIZE -> changeInitialWindow(value);
      default -> {}
    }
  }

  private void changeInitialWindow(int value) {
    int change = value - peerInitialWindow;
    peerInitialWindow = value;
    for (Http2Stream stream : streams.all()) {
      if (!stream.addCredit(change)) {
        violated(0, Violation.WINDOW_OVERFLOW);
        return;
      }
      waitForWindow(stream);
    }
    sendBlocked();
  }

  @Override
  public void settingsEnd() {
    FrameWriter.settingsAck(room(Frame.HEADER_BYTES));
  }

  @Override
  public void settingsAck() {}

  @Override
  public void ping(boolean ack, long opaque) {
    if (!ack) {
      FrameWriter.ping(room(17), true, opaque);
    }
  }

  @Override
  public void windowUpdate(int streamId, int increment) {
    if (streamId == 0) {
      long sum = (long) sendWindow + increment;
      if (sum > Integer.MAX_VALUE) {
        violated(0, Violation.WINDOW_OVERFLOW);
      } else {
        sendWindow = (int) sum;
        if (increment < TINY_WINDOW && firstBlocked != null) {
          suspect(COST_EMPTY);
        }
        sendBlocked();
      }
      return;
    }
    Http2Stream stream = streams.get(streamId);
    if (stream == null) {
      if (isIdle(streamId)) {
        violated(streamId, Violation.STREAM_IDLE);
      }
    } else if (!stream.addCredit(increment)) {
      violated(streamId, Violation.STREAM_WINDOW_OVERFLOW);
    } else if (!stream.isFlushed()) {
      if (increment < TINY_WINDOW) {
        suspect(COST_EMPTY);
      }
      waitForWindow(stream);
      sendBlocked();
    }
  }

  // ------------------------------------------------------------------ content that waits for
  // windows

  /** Puts a stream in line for the connection's window. */
  final void waitForWindow(Http2Stream stream) {
    if (stream.blocked || !stream.hasCredit() || stream.isFlushed()) {
      return;
    }
    stream.blocked = true;
    Http2Stream last = lastBlocked;
    if (last == null) {
      firstBlocked = stream;
    } else {
      last.nextBlocked = stream;
    }
    lastBlocked = stream;
  }

  /** Lets the streams in line send in turn. Those that lack their own credit leave the line. */
  private void sendBlocked() {
    for (int turns = streams.size(); turns > 0 && sendWindow > 0; turns--) {
      Http2Stream stream = firstBlocked;
      if (stream == null) {
        break;
      }
      leaveLine(stream);
      if (stream.sendWaiting()) {
        waitForWindow(stream);
      }
    }
    flushSoon();
  }

  @SuppressWarnings("ReferenceEquality") // the very object in the list is meant
  private void leaveLine(Http2Stream stream) {
    if (!stream.blocked) {
      return;
    }
    Http2Stream before = null;
    Http2Stream at = firstBlocked;
    while (at != null && at != stream) {
      before = at;
      at = at.nextBlocked;
    }
    if (before == null) {
      firstBlocked = stream.nextBlocked;
    } else {
      before.nextBlocked = stream.nextBlocked;
    }
    if (lastBlocked == stream) {
      lastBlocked = before;
    }
    stream.nextBlocked = null;
    stream.blocked = false;
  }

  /** Returns credit of the connection, in portions of half the window. */
  final void giveBack(int octets) {
    consumed += octets;
    if (consumed >= CONNECTION_WINDOW / 2) {
      receiveWindow += consumed;
      writeWindowUpdate(0, consumed);
      consumed = 0;
    }
  }

  // ------------------------------------------------------------------ writing

  /** A buffer with room for so many octets at its end. */
  final ByteBuf room(int octets) {
    ByteBuf buffer = out;
    if (buffer == null || buffer.writableBytes() < octets) {
      passOn();
      buffer = ctx.alloc().directBuffer(Math.max(octets, BUFFER_BYTES));
      out = buffer;
    }
    return buffer;
  }

  private void passOn() {
    ByteBuf buffer = out;
    if (buffer != null) {
      out = null;
      written = true;
      ctx.write(buffer, ctx.voidPromise());
    }
  }

  /** Most content in one frame, so that a frame fills one buffer. */
  final int maxDataBytes() {
    return BUFFER_BYTES - Frame.HEADER_BYTES;
  }

  /** Writes a DATA frame with the next octets of a buffer, and takes them from the windows. */
  final void writeData(int streamId, ByteBuf data, int length, boolean end) {
    sendWindow -= length;
    moved += length;
    if (length >= TINY_WINDOW || data.readableBytes() == length) {
      suspicion = Math.max(0, suspicion - 1);
    }
    if (copiesAll || length <= COPIED) {
      ByteBuf buffer = room(Frame.HEADER_BYTES + length);
      FrameWriter.data(buffer, streamId, length, end);
      buffer.writeBytes(data, length);
      return;
    }
    if (out == null) {
      out = ctx.alloc().directBuffer(Frame.HEADER_BYTES);
    }
    FrameWriter.data(room(Frame.HEADER_BYTES), streamId, length, end);
    passOn();
    ctx.write(data.readRetainedSlice(length), ctx.voidPromise());
  }

  /** Writes the block that the encoder holds. */
  final void writeHeaders(int streamId, boolean end) {
    int length = encoder.length();
    int frames = 1 + length / Frame.DEFAULT_MAX_BYTES;
    FrameWriter.headers(
        room(length + frames * Frame.HEADER_BYTES), streamId, encoder.block(), 0, length, end);
  }

  final void writeWindowUpdate(int streamId, int octets) {
    if (!closing) {
      FrameWriter.windowUpdate(room(13), streamId, octets);
      flushSoon();
    }
  }

  /** Resets a stream towards the peer and remembers it. */
  final void writeReset(int streamId, ErrorCode code) {
    if (!closing) {
      resets[resetCount++ & REMEMBERED_RESETS - 1] = streamId;
      FrameWriter.rstStream(room(13), streamId, code);
      flushSoon();
    }
  }

  private boolean wasReset(int streamId) {
    for (int reset : resets) {
      if (reset == streamId) {
        return true;
      }
    }
    return false;
  }

  /** Lets everything gathered leave at the end of this pass of the event loop. */
  final void flushSoon() {
    if (!flushScheduled) {
      flushScheduled = true;
      loop.executor.execute(flush);
    }
  }

  final void flushNow() {
    flushScheduled = false;
    passOn();
    if (written) {
      written = false;
      ctx.flush();
    }
  }

  final boolean isChannelWritable() {
    return ctx.channel().isWritable();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (isChannelWritable()) {
      Transport.widen(context.channel().config());
      for (Http2Stream stream : streams.all()) {
        stream.channelWritable();
      }
    }
  }

  // ------------------------------------------------------------------ the end

  /** A stream is closed; it may be used again. */
  void closed(Http2Stream stream) {
    leaveLine(stream);
    if (streams.size() == 0) {
      idleSince = loop.clock();
    }
  }

  @Override
  public void violated(int streamId, Violation violation) {
    if (closing) {
      return;
    }
    if (violation.isOfConnection()) {
      shutDown(violation);
      return;
    }
    suspect(COST_VIOLATION);
    Http2Stream stream = streams.get(streamId);
    if (stream != null) {
      writeReset(streamId, violation.code());
      stream.lost(violation);
    } else if (isIdle(streamId)) {
      shutDown(Violation.STREAM_IDLE);
    }
  }

  /** Says why and ends. */
  final void shutDown(Violation why) {
    ended(why);
    giveUp(why);
    sayGoodbye(why.code(), why.text());
  }

  /** Reading or writing failed. */
  void failed(Throwable cause) {
    loop.proxy.connectionFailed(cause);
  }

  /** The connection ends for what the peer did. */
  void ended(Violation why) {}

  /** Ends without fault. */
  final void closeGracefully() {
    giveUp(null);
    sayGoodbye(ErrorCode.NO_ERROR, "");
  }

  /**
   * Sends GOAWAY and nothing after it. The peer closes; it has a moment to read the frame first, as
   * closing with unread input would reset the connection. A flood is not worth reading any more of.
   */
  private void sayGoodbye(ErrorCode code, String text) {
    FrameWriter.goAway(room(128), lastPeerStream, code, text);
    flushNow();
    if (code == ErrorCode.ENHANCE_YOUR_CALM) {
      ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    } else if (!isSecure() && ctx.channel() instanceof DuplexChannel channel) {
      ctx.writeAndFlush(Unpooled.EMPTY_BUFFER)
          .addListener(written -> Transport.shutDownOutput(channel));
    }
    loop.timers.arm(timer, loop.recently() + LINGER_NANOS);
  }

  /** Takes nothing more in, and ends all streams. */
  private void giveUp(@Nullable Violation why) {
    closing = true;
    reader.stop();
    for (Http2Stream stream : streams.all()) {
      stream.lost(why);
    }
  }

  final boolean isClosing() {
    return closing;
  }

  final void closeNow() {
    ctx.close();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    giveUp(null);
    releaseOut();
  }

  private void releaseOut() {
    if (out != null) {
      out.release();
      out = null;
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    failed(cause);
    closeNow();
  }
}
