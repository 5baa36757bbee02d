package io.weir.proxy.http2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.weir.proxy.Exchange;
import io.weir.proxy.ForwardedFields;
import io.weir.proxy.TimerWheel;
import io.weir.proxy.UpstreamSide;
import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.FieldName;
import io.weir.proxy.http.Head;
import io.weir.proxy.http.Method;
import io.weir.proxy.http1.WebSocketKey;
import io.weir.proxy.stage.Reason;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One exchange on an HTTP/2 connection to a backend. Not reused: an exchange may still hold on to a
 * stream that is over.
 */
public final class Http2UpstreamStream extends Http2Stream implements UpstreamSide {
  private static final byte[] CONNECT = Ascii.bytes("CONNECT");
  private static final byte[] WEBSOCKET = Ascii.bytes("websocket");
  private static final byte[] HTTP = Ascii.bytes("http");
  private static final byte[] HTTPS = Ascii.bytes("https");
  private static final byte[] TRAILERS = Ascii.bytes("trailers");

  private final Http2UpstreamConnection of;
  private final boolean reused;
  private @Nullable Exchange exchange;
  private boolean responseBegan;
  private long octetsAtCheck;

  Http2UpstreamStream(Http2UpstreamConnection connection, boolean reused) {
    super(connection);
    of = connection;
    this.reused = reused;
  }

  private Exchange exchange() {
    return Objects.requireNonNull(exchange);
  }

  // ------------------------------------------------------------------ the request

  @Override
  public void sendRequest(Exchange x, boolean end) {
    Head head = x.request;
    if (head.webSocket && !of.allowsConnectProtocol()) {
      x.fail(Reason.ROUTE_UPGRADE_REFUSED);
      return;
    }
    exchange = x;
    open(of.nextStream());
    HpackEncoder encoder = of.encoder;
    // Clients share this connection and shall not learn of each other's values by their size.
    encoder.begin(true);
    if (head.webSocket) {
      encoder.pseudo(StaticTable.METHOD, CONNECT, 0, CONNECT.length);
      encoder.pseudo(StaticTable.PROTOCOL, WEBSOCKET, 0, WEBSOCKET.length);
    } else {
      encoder.pseudo(StaticTable.METHOD, head.bytes, head.methodStart, head.methodEnd);
    }
    byte[] scheme = x.connection().isSecure() ? HTTPS : HTTP;
    encoder.pseudo(StaticTable.SCHEME, scheme, 0, scheme.length);
    target(head, encoder);
    encoder.pseudo(StaticTable.AUTHORITY, head.bytes, head.authorityStart, head.authorityEnd);
    // Sec-WebSocket-Key has no meaning in RFC 8441.
    ForwardedFields.toUpstream(
        x, head.webSocket ? new Without(FieldName.SEC_WEBSOCKET_KEY, encoder) : encoder);
    if (head.contentLength >= 0) {
      encoder.contentLength(head.contentLength);
    }
    if (head.teTrailers) {
      encoder.field(FieldName.TE, TRAILERS);
    }
    boolean ends = end && !head.webSocket;
    localEnded = ends;
    of.writeHeaders(id, ends);
  }

  private void target(Head head, HpackEncoder encoder) {
    int path = head.pathEnd - head.pathStart;
    int query = head.queryEnd - head.queryStart;
    byte[] target = of.target(path + query + 1);
    System.arraycopy(head.bytes, head.pathStart, target, 0, path);
    int length = path;
    if (head.hasQuery) {
      target[length++] = '?';
      System.arraycopy(head.bytes, head.queryStart, target, length, query);
      length += query;
    }
    encoder.pseudo(StaticTable.PATH, target, 0, length);
  }

  @Override
  public void sendBody(ByteBuf data, boolean end) {
    send(data, end);
  }

  @Override
  public void sendTrailers(Head trailers) {
    sendEnd(trailers);
  }

  @Override
  public void flush() {
    of.flushSoon();
  }

  @Override
  public boolean isReused() {
    return reused;
  }

  @Override
  public void cancel() {
    exchange = null;
    if (id != 0) {
      if (!responseBegan) {
        of.askWhetherAlive();
      }
      of.writeReset(id, ErrorCode.CANCEL);
      close();
    }
  }

  // ------------------------------------------------------------------ the response

  /** A field block: an interim or the final head, or trailers. */
  void response(byte[] block, int offset, int length, boolean end) {
    Exchange x = exchange();
    if (responseBegan) {
      of.touch(this);
      of.trailers(this, block, offset, length, end);
      return;
    }
    Head head = x.response;
    Violation violation = of.responses.read(of.decoder, block, offset, length, head);
    if (violation != null && violation.isOfConnection()) {
      of.violated(id, violation);
      return;
    }
    Reason refused = of.responses.refused(violation);
    if (refused != null || end && head.status < 200) {
      broken(refused == null ? Reason.UPSTREAM_MALFORMED : refused);
    } else if (head.status < 200) {
      x.interimResponse();
      head.clear();
    } else {
      remoteEnded = end;
      finalHead(x, head, end);
    }
  }

  private void finalHead(Exchange x, Head head, boolean end) {
    responseBegan = true;
    boolean none = x.request.method == Method.HEAD || head.status == 204 || head.status == 304;
    if (!none) {
      declare(x.request.webSocket ? -1 : head.contentLength);
      if (end && !fits(0, true)) {
        broken(Reason.UPSTREAM_MALFORMED);
        return;
      }
    }
    if (head.status == 200 && x.request.webSocket && !x.request.extendedConnect) {
      switchProtocols(x.request, head);
    }
    if (end || none) {
      ended();
      x.responseHead(true);
    } else {
      of.touch(this);
      armForContent(x);
      x.responseHead(false);
    }
  }

  /** Success of an extended CONNECT, said as HTTP/1.1 says it to a client that asked so. */
  private static void switchProtocols(Head request, Head response) {
    response.status = 101;
    response.webSocket = true;
    response.append(FieldName.SEC_WEBSOCKET_ACCEPT.bytes(), WebSocketKey.accept(request));
  }

  @Override
  void data(ByteBuf in, int length, boolean end) {
    Exchange x = exchange;
    if (x == null) {
      return;
    }
    if (!responseBegan) {
      broken(Reason.UPSTREAM_MALFORMED);
      return;
    }
    ByteBuf data = length == 0 ? Unpooled.EMPTY_BUFFER : in.retainedSlice(in.readerIndex(), length);
    if (end) {
      ended();
    }
    x.responseBody(data, end);
  }

  @Override
  void trailers(Head trailers) {
    Exchange x = exchange;
    if (x != null) {
      ended();
      x.responseTrailers(trailers);
    }
  }

  /** The response is whole: the stream ends here, whatever the request still had to say. */
  private void ended() {
    exchange = null;
    of.paidByExchange();
    if (!localEnded || !remoteEnded) {
      of.writeReset(id, ErrorCode.CANCEL);
    }
    close();
  }

  private void broken(Reason why) {
    if (id != 0) {
      of.writeReset(id, ErrorCode.PROTOCOL_ERROR);
    }
    failed(why, false);
  }

  private void failed(Reason why, boolean unprocessed) {
    Exchange x = exchange;
    exchange = null;
    close();
    if (x != null) {
      x.upstreamFailed(why, unprocessed);
    }
  }

  @Override
  void malformed() {
    broken(Reason.UPSTREAM_MALFORMED);
  }

  @Override
  void reset(ErrorCode code) {
    failed(Reason.UPSTREAM_RESET, code == ErrorCode.REFUSED_STREAM);
  }

  @Override
  void lost(@Nullable Violation why) {
    failed(
        why == null
            ? Reason.UPSTREAM_RESET
            : why == Violation.TOO_SLOW ? Reason.UPSTREAM_TIMEOUT : Reason.UPSTREAM_MALFORMED,
        false);
  }

  @Override
  void readComplete() {
    if (exchange != null) {
      exchange.flushClient();
    }
  }

  @Override
  void stalled() {}

  @Override
  void unstalled() {
    channelWritable();
  }

  @Override
  void channelWritable() {
    if (exchange != null && isWritable()) {
      exchange.upstreamWritable();
    }
  }

  // ------------------------------------------------------------------ slowness

  private void armForContent(Exchange x) {
    octetsAtCheck = x.responseOctets;
    long idle = x.route().timeouts().idle();
    if (idle > 0 && !x.request.webSocket) {
      of.loop.timers.arm(timer, of.loop.recently() + idle);
    }
  }

  @Override
  public void expired(TimerWheel.Timer which, long now) {
    Exchange x = exchange;
    if (x == null) {
      return;
    }
    if (!isReading() || x.responseOctets > octetsAtCheck) {
      armForContent(x);
    } else {
      of.writeReset(id, ErrorCode.CANCEL);
      failed(Reason.UPSTREAM_TIMEOUT, false);
    }
  }
}
