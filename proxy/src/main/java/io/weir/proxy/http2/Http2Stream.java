package io.weir.proxy.http2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.weir.proxy.TimerWheel;
import io.weir.proxy.http.FieldName;
import io.weir.proxy.http.Head;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * What both sides' streams have in common: flow control of content both ways (RFC 9113 §5.2).
 *
 * <p>Content to the peer leaves at once as far as the windows reach; the rest waits here, and the
 * exchange stops reading the other side because {@link #isWritable} is false. Credit for content
 * from the peer is given back when the exchange took it and wants more, in portions of half a
 * window, so a side that is not read stops its sender.
 *
 * <p>Streams are reused by their connection. Confined to its event loop.
 */
abstract class Http2Stream implements TimerWheel.Owner {
  final Http2Connection connection;
  final TimerWheel.Timer timer = new TimerWheel.Timer(this);

  /** Zero while the stream is not open. */
  int id;

  /** Whether the peer has sent, and we have sent, END_STREAM. */
  boolean remoteEnded;

  boolean localEnded;

  /** The connection's list of streams that wait for its window, and of those that got content. */
  @Nullable Http2Stream nextBlocked;

  boolean blocked;
  @Nullable Http2Stream nextTouched;
  boolean touched;

  /** Octets of content written to the peer. */
  long octetsOut;

  private int sendWindow;
  private final ArrayDeque<ByteBuf> waiting = new ArrayDeque<>();
  private @Nullable Head waitingTrailers;
  private boolean endWaiting;

  private int receiveWindow;

  /** Octets whose credit is due to the peer, and those held back while nobody reads. */
  private int consumed;

  private int held;
  private boolean reading;

  /** Octets of content that the head declared and that are still to come, or -1. */
  private long declared;

  Http2Stream(Http2Connection connection) {
    this.connection = connection;
  }

  /** Makes the stream ready for a new identifier. */
  void open(int streamId) {
    id = streamId;
    remoteEnded = localEnded = endWaiting = false;
    sendWindow = connection.peerInitialWindow;
    receiveWindow = Http2Connection.STREAM_WINDOW;
    consumed = held = 0;
    octetsOut = 0;
    reading = true;
    declared = -1;
    connection.streams.add(this);
  }

  // ------------------------------------------------------------------ to the peer

  /** Sends content as far as the windows reach, and the rest later; takes over the buffer. */
  final void send(ByteBuf data, boolean end) {
    if (id == 0 || localEnded || endWaiting) {
      data.release();
      return;
    }
    endWaiting = end;
    if (!waiting.isEmpty() || !sendNow(data, end)) {
      waiting.add(data);
      connection.waitForWindow(this);
      stalled();
    }
  }

  /**
   * Ends the content with trailers; fields that belong to a connection or to framing stay behind.
   */
  final void sendEnd(Head trailers) {
    if (waiting.isEmpty()) {
      writeTrailers(trailers);
    } else {
      waitingTrailers = new Head();
      waitingTrailers.copyOf(trailers);
    }
  }

  /** Sends content while there is credit; true and released when all of it went. */
  private boolean sendNow(ByteBuf data, boolean last) {
    do {
      int left = data.readableBytes();
      int credit = Math.max(0, Math.min(sendWindow, connection.sendWindow));
      int n = Math.min(Math.min(left, credit), connection.maxDataBytes());
      if (n == 0 && left > 0) {
        return false;
      }
      boolean ends = last && n == left;
      // An empty piece says nothing unless it ends the stream.
      if (n > 0 || ends) {
        sendWindow -= n;
        octetsOut += n;
        localEnded |= ends;
        connection.writeData(id, data, n, ends);
      }
    } while (data.isReadable());
    data.release();
    return true;
  }

  /** There may be more credit: sends on; true while some content still waits. */
  final boolean sendWaiting() {
    for (ByteBuf data = waiting.peek(); data != null; data = waiting.peek()) {
      if (!sendNow(data, endWaiting && waiting.size() == 1)) {
        return true;
      }
      waiting.poll();
    }
    Head trailers = waitingTrailers;
    if (trailers != null) {
      waitingTrailers = null;
      writeTrailers(trailers);
    }
    unstalled();
    return false;
  }

  private void writeTrailers(Head trailers) {
    if (id == 0 || localEnded) {
      return;
    }
    HpackEncoder encoder = connection.encoder;
    encoder.begin(true);
    int written = 0;
    for (int i = 0; i < trailers.count(); i++) {
      if (!isForbidden(trailers.name(i))) {
        written++;
        encoder.field(
            trailers.name(i),
            trailers.bytes,
            trailers.nameStart(i),
            trailers.nameEnd(i),
            trailers.bytes,
            trailers.valueStart(i),
            trailers.valueEnd(i));
      }
    }
    if (written == 0) {
      send(Unpooled.EMPTY_BUFFER, true);
    } else {
      localEnded = true;
      connection.writeHeaders(id, true);
    }
  }

  /** Fields that must not be trailers (RFC 9110 §6.5.1) or not be in HTTP/2 (RFC 9113 §8.2.2). */
  private static boolean isForbidden(FieldName name) {
    return name.isHopByHop()
        || switch (name) {
          case HOST, CONTENT_LENGTH, AUTHORIZATION, SET_COOKIE, COOKIE, CONTENT_TYPE, TRAILER ->
              true;
          default -> false;
        };
  }

  /** Whether the peer takes what is sent. */
  public final boolean isWritable() {
    return waiting.isEmpty() && connection.isChannelWritable();
  }

  /** Whether everything given to {@link #send} has been written. */
  final boolean isFlushed() {
    return waiting.isEmpty();
  }

  /** WINDOW_UPDATE or a changed initial window; false where it exceeds 2^31-1. */
  final boolean addCredit(int octets) {
    long sum = (long) sendWindow + octets;
    if (sum > Integer.MAX_VALUE) {
      return false;
    }
    sendWindow = (int) sum;
    return true;
  }

  final boolean hasCredit() {
    return sendWindow > 0;
  }

  // ------------------------------------------------------------------ from the peer

  /** The head says how much content follows; checked against what comes (RFC 9113 §8.1.1). */
  final void declare(long contentLength) {
    declared = contentLength;
  }

  /**
   * Accounts for content.
   *
   * @return false where it exceeds the stream's window
   */
  final boolean receive(int octets, int overhead) {
    receiveWindow -= octets + overhead;
    if (receiveWindow < 0) {
      return false;
    }
    if (reading) {
      take(octets + overhead);
    } else {
      held += octets;
      take(overhead);
    }
    return true;
  }

  /** Counts content against the declared length; false where it does not fit. */
  final boolean fits(int octets, boolean end) {
    if (declared >= 0) {
      declared -= octets;
      return end ? declared == 0 : declared >= 0;
    }
    return true;
  }

  public final void readBody(boolean wanted) {
    reading = wanted;
    if (wanted && held > 0) {
      int all = held;
      held = 0;
      take(all);
    }
  }

  /** Whether the peer could send more if it wanted to. */
  final boolean isReading() {
    return reading;
  }

  /** The connection's credit goes back at once, the stream's in portions. */
  private void take(int octets) {
    connection.giveBack(octets);
    consumed += octets;
    if (consumed >= Http2Connection.STREAM_WINDOW / 2 && !remoteEnded && id != 0) {
      receiveWindow += consumed;
      connection.writeWindowUpdate(id, consumed);
      consumed = 0;
    }
  }

  // ------------------------------------------------------------------ the end

  /** Leaves the connection; what waited is dropped. */
  void close() {
    if (id == 0) {
      return;
    }
    timer.disarm();
    connection.giveBack(held);
    held = 0;
    connection.streams.remove(this);
    id = 0;
    for (ByteBuf data = waiting.poll(); data != null; data = waiting.poll()) {
      data.release();
    }
    waitingTrailers = null;
    connection.closed(this);
  }

  /** Content has to wait, or all that waited has gone. */
  abstract void stalled();

  abstract void unstalled();

  /** A piece of content within its windows; to be retained if kept. */
  abstract void data(ByteBuf in, int length, boolean end);

  /** A field block behind the content. */
  abstract void trailers(Head trailers);

  /** Content or trailers contradict the head. */
  abstract void malformed();

  /** The peer reset the stream. */
  abstract void reset(ErrorCode code);

  /** The connection ends before the stream did. */
  abstract void lost(@Nullable Violation why);

  /** The channel may be written to again. */
  abstract void channelWritable();

  /** Called once per read for streams that got content. */
  abstract void readComplete();
}
