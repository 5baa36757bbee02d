package io.weir.proxy.http2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.weir.policy.SlowClients.Sign;
import io.weir.proxy.ClientSide;
import io.weir.proxy.Exchange;
import io.weir.proxy.ForwardedFields;
import io.weir.proxy.ListenerSettings;
import io.weir.proxy.TimerWheel;
import io.weir.proxy.http.FieldName;
import io.weir.proxy.http.Head;
import io.weir.proxy.stage.Reason;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One request of a client on an HTTP/2 connection.
 *
 * <p>The exchange may be over while the end of its response still waits for the client's windows;
 * then the stream lives on without it until all is written, or the client was too slow.
 */
final class Http2ClientStream extends Http2Stream implements ClientSide {
  private static final long LINGER_NANOS = 2_000_000_000L;
  private static final int LINGER_OCTETS = 1 << 20;

  private final Http2ClientConnection of;
  private @Nullable Exchange exchange;

  /** Whether the head is there and the request does not run yet; and whether nothing follows it. */
  private boolean pending;

  private boolean headEnds;

  private boolean tunnel;

  /**
   * Whether the head says that no content follows but the stream has not ended: what follows may
   * still belie it, so the head waits.
   */
  private boolean awaitsEnd;

  /** Whether the exchange is over, its answer sent, and the rest of the request thrown away. */
  private boolean lingering;

  private int lingerLeft;
  private ErrorCode earlyEnd = ErrorCode.NO_ERROR;
  private long octetsAtCheck;
  private long movedAtCheck;

  Http2ClientStream(Http2ClientConnection connection) {
    super(connection);
    of = connection;
  }

  @Override
  void open(int streamId) {
    super.open(streamId);
    tunnel = lingering = awaitsEnd = false;
    earlyEnd = ErrorCode.NO_ERROR;
  }

  private Exchange exchange() {
    return Objects.requireNonNull(exchange);
  }

  // ------------------------------------------------------------------ the request

  /**
   * The request's head.
   *
   * @return what broke the connection, or null
   */
  @Nullable Violation request(
      RequestReader requests, byte[] block, int offset, int length, boolean end) {
    remoteEnded = end;
    Exchange x = of.loop.exchange(this, of.connection, of.loop.clock());
    exchange = x;
    Head head = x.request;
    Violation violation =
        requests.read(of.decoder, block, offset, length, head, x.listener().limits());
    if (violation != null) {
      exchange = null;
      x.abandon();
      return violation;
    }
    Reason refused = requests.refused();
    declare(head.contentLength);
    if (refused == null && end && !fits(0, true)) {
      refused = Reason.FRAME_BODY_MALFORMED;
    }
    if (refused != null) {
      earlyEnd = ErrorCode.PROTOCOL_ERROR;
      x.fail(refused);
      return null;
    }
    if (!end) {
      armForContent();
    }
    awaitsEnd = !end && head.contentLength == 0;
    if (!awaitsEnd) {
      headEnds = end;
      pending = true;
      of.begun(this);
    }
    return null;
  }

  /**
   * Lets the request run: with its first content, or when the read is complete. What the client
   * resets in the same breath never runs.
   */
  void start() {
    if (pending) {
      pending = false;
      exchange().requestHead(headEnds);
    }
  }

  @Override
  void data(ByteBuf in, int length, boolean end) {
    start();
    Exchange x = exchange;
    if (x == null) {
      if (lingering) {
        discard(length);
      }
      return;
    }
    if (awaitsEnd) {
      headAfterEnd(x, end);
      return;
    }
    ByteBuf data = length == 0 ? Unpooled.EMPTY_BUFFER : in.retainedSlice(in.readerIndex(), length);
    x.requestBody(data, end);
    if (end) {
      ended();
    }
  }

  private void headAfterEnd(Exchange x, boolean end) {
    if (end) {
      awaitsEnd = false;
      timer.disarm();
      x.requestHead(true);
    }
  }

  @Override
  void trailers(Head trailers) {
    start();
    Exchange x = exchange;
    if (x != null && awaitsEnd) {
      headAfterEnd(x, true);
    } else if (x != null) {
      x.requestTrailers(trailers);
      ended();
    } else if (lingering) {
      discard(0);
    }
  }

  /** The client has sent everything; in a tunnel there is nothing left to keep it open for. */
  private void ended() {
    Exchange x = exchange;
    if (x != null && tunnel) {
      x.flushUpstream();
      sendBody(Unpooled.EMPTY_BUFFER, true);
      x.clientGone();
    } else if (isFlushed()) {
      timer.disarm();
    }
  }

  @Override
  void readComplete() {
    if (exchange != null) {
      exchange.flushUpstream();
    }
  }

  @Override
  void malformed() {
    pending = false;
    earlyEnd = ErrorCode.PROTOCOL_ERROR;
    if (exchange != null) {
      exchange.fail(Reason.FRAME_BODY_MALFORMED);
    } else if (lingering) {
      end(ErrorCode.PROTOCOL_ERROR);
    }
  }

  @Override
  void reset(ErrorCode code) {
    lost(null);
  }

  @Override
  void lost(@Nullable Violation why) {
    pending = false;
    close();
    Exchange x = exchange;
    if (x == null) {
      of.release(this);
    } else {
      Reason reason = Http2ClientConnection.reason(why);
      if (reason == Reason.FRAME_FLOOD) {
        x.fail(reason);
      } else {
        x.clientGone();
      }
    }
  }

  @Override
  void channelWritable() {
    if (isFlushed() && exchange != null) {
      exchange.clientWritable();
    }
  }

  // ------------------------------------------------------------------ the response

  @Override
  public void sendInterim() {
    if (id == 0) {
      return;
    }
    Exchange x = exchange();
    HpackEncoder encoder = of.encoder;
    encoder.begin(false);
    encoder.status(x.response.status);
    ForwardedFields.interimToClient(x, encoder);
    of.writeHeaders(id, false);
  }

  @Override
  public void sendResponse(boolean end) {
    if (id == 0) {
      return;
    }
    Exchange x = exchange();
    Head head = x.response;
    HpackEncoder encoder = of.encoder;
    encoder.begin(head.neverIndexed);
    tunnel = x.request.extendedConnect && (head.status == 101 || head.status / 100 == 2);
    // HTTP/1.1's switch of protocols is a plain success here (RFC 8441 §4).
    encoder.status(tunnel ? 200 : head.status);
    // Sec-WebSocket-Accept answers a key that this client never sent.
    ForwardedFields.toClient(
        x, tunnel ? new Without(FieldName.SEC_WEBSOCKET_ACCEPT, encoder) : encoder);
    if (head.contentLength >= 0 && head.status != 204 && !tunnel) {
      encoder.contentLength(head.contentLength);
    }
    of.writeHeaders(id, end);
    localEnded = end;
    if (tunnel) {
      armForContent();
    }
  }

  @Override
  public void sendBody(ByteBuf data, boolean end) {
    send(data, end);
  }

  /** Trailers go to clients that ask for them, which gRPC's do (RFC 9110 §6.5.1). */
  @Override
  public void sendTrailers(Head trailers) {
    if (exchange().request.teTrailers) {
      sendEnd(trailers);
    } else {
      send(Unpooled.EMPTY_BUFFER, true);
    }
  }

  @Override
  public void flush() {
    of.flushSoon();
  }

  @Override
  public void abort() {
    if (id == 0) {
      return;
    }
    if (tunnel) {
      sendBody(Unpooled.EMPTY_BUFFER, true);
    } else if (!localEnded) {
      of.writeReset(id, ErrorCode.INTERNAL_ERROR);
      close();
    }
  }

  @Override
  public void finished() {
    exchange = null;
    pending = false;
    if (id == 0) {
      of.release(this);
    } else if (isFlushed()) {
      finishStream();
    }
  }

  /**
   * Everything is written; the stream ends unless the client is still in the middle of its part.
   */
  private void finishStream() {
    if (!localEnded) {
      end(ErrorCode.INTERNAL_ERROR);
      return;
    }
    if (earlyEnd == ErrorCode.PROTOCOL_ERROR) {
      of.suspectReset();
    } else {
      of.paidByExchange();
    }
    if (earlyEnd != ErrorCode.NO_ERROR) {
      end(earlyEnd);
    } else if (remoteEnded) {
      end(null);
    } else {
      linger();
    }
  }

  /**
   * The answer came before the request's end. RFC 9113 §8.1 lets us stop the client at once, but
   * some then lose the answer, so what still comes is thrown away for a moment first.
   */
  private void linger() {
    lingering = true;
    lingerLeft = LINGER_OCTETS;
    readBody(true);
    of.loop.timers.arm(timer, of.loop.recently() + LINGER_NANOS);
  }

  private void discard(int octets) {
    lingerLeft -= octets;
    if (remoteEnded) {
      end(null);
    } else if (lingerLeft < 0) {
      end(ErrorCode.NO_ERROR);
    }
  }

  /** Closes the stream, which has no exchange any more, with a reset or without. */
  private void end(@Nullable ErrorCode reset) {
    if (reset != null) {
      of.writeReset(id, reset);
    }
    close();
    of.release(this);
  }

  // ------------------------------------------------------------------ slowness

  private void armForContent() {
    octetsAtCheck = moved();
    movedAtCheck = of.moved;
    Exchange x = exchange;
    long after =
        tunnel && x != null
            ? x.route().timeouts().tunnelIdle()
            : of.connection.listener.settings().timeouts().body();
    if (after > 0) {
      of.loop.timers.arm(timer, of.loop.recently() + after);
    }
  }

  /** Octets that this client took or gave. */
  private long moved() {
    Exchange x = exchange;
    return octetsOut + (x == null ? 0 : x.requestOctets);
  }

  @Override
  void stalled() {
    if (of.peerInitialWindow < Http2Connection.TINY_WINDOW) {
      of.connection.dribbles(Sign.TINY_WINDOW);
    }
    if (!timer.isArmed()) {
      armForContent();
    }
  }

  @Override
  void unstalled() {
    Exchange x = exchange;
    if (x == null) {
      finishStream();
    } else {
      if (remoteEnded && !tunnel) {
        timer.disarm();
      }
      if (isWritable()) {
        x.clientWritable();
      }
    }
  }

  /**
   * Whether neither this stream moved at the minimum rate, nor the connection at that rate for each
   * of its streams. A client that sends its uploads one after the other is not slow.
   */
  private boolean isTooSlow() {
    if (tunnel) {
      return moved() == octetsAtCheck;
    }
    ListenerSettings.ClientTimeouts timeouts = of.connection.listener.settings().timeouts();
    return timeouts.isTooSlow(moved() - octetsAtCheck)
        && timeouts.isTooSlow((of.moved - movedAtCheck) / of.streams.size());
  }

  /** Ends the request, if it is not over. */
  void fail(Reason why) {
    if (exchange != null) {
      exchange.fail(why);
    }
  }

  /** The client does not read the connection at all. */
  void clientTooSlow() {
    if (exchange != null) {
      exchange.clientTooSlow();
    }
  }

  @Override
  public void expired(TimerWheel.Timer which, long now) {
    Exchange x = exchange;
    if (lingering) {
      end(ErrorCode.NO_ERROR);
      return;
    }
    boolean weWait = !tunnel && isFlushed() && !isReading();
    if (weWait || !isTooSlow()) {
      armForContent();
    } else if (tunnel && x != null) {
      x.clientGone();
    } else if (!isFlushed()) {
      of.connection.shows(Sign.READ_STALLED);
      if (x == null) {
        end(ErrorCode.CANCEL);
      } else {
        x.clientTooSlow();
      }
    } else if (x == null) {
      end(ErrorCode.CANCEL);
    } else {
      of.connection.shows(Sign.BODY_STALLED);
      earlyEnd = ErrorCode.CANCEL;
      x.fail(Reason.FRAME_TOO_SLOW);
    }
  }
}
