package io.weir.proxy.http1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.weir.proxy.Exchange;
import io.weir.proxy.ForwardedFields;
import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.FieldName;
import io.weir.proxy.http.FieldSink;
import io.weir.proxy.http.Head;
import io.weir.proxy.http.Method;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes HTTP/1.1 heads (RFC 9112 §2 to §6): start line, framing and the fields that {@link
 * ForwardedFields} lets through. One per event loop: a head is put together in one array and copied
 * once to a network buffer.
 */
public final class HeadWriter implements FieldSink {
  private static final byte[] GET = Ascii.bytes("GET");
  private static final byte[] VERSION_AND_HOST = Ascii.bytes(" HTTP/1.1\r\nhost: ");
  private static final byte[] LINE_END = Ascii.bytes("\r\n");
  private static final byte[] CONTENT_LENGTH = Ascii.bytes("content-length: ");
  private static final byte[] CHUNKED = Ascii.bytes("transfer-encoding: chunked\r\n");
  private static final byte[] CLOSE = Ascii.bytes("connection: close\r\n");
  private static final byte[] KEEP_ALIVE = Ascii.bytes("connection: keep-alive\r\n");
  private static final byte[] WEBSOCKET =
      Ascii.bytes("connection: Upgrade\r\nupgrade: websocket\r\n");
  private static final byte[][] STATUS_LINES = statusLines();

  private byte[] bytes = new byte[16 * 1024];
  private int length;

  private static byte[][] statusLines() {
    byte[][] lines = new byte[600][];
    for (int status = 100; status < 600; status++) {
      lines[status] =
          ("HTTP/1.1 " + status + " " + StatusText.of(status) + "\r\n")
              .getBytes(StandardCharsets.US_ASCII);
    }
    return lines;
  }

  /**
   * The request as a backend gets it.
   *
   * @param end whether no content follows
   * @param room octets of content that the caller will put behind the head
   * @return a buffer of its own, owned by the caller
   */
  ByteBuf request(Exchange exchange, boolean end, int room, ByteBufAllocator alloc) {
    Head head = exchange.request;
    length = 0;
    if (head.extendedConnect) {
      if (head.find(FieldName.SEC_WEBSOCKET_KEY, 0) < 0) {
        head.append(FieldName.SEC_WEBSOCKET_KEY.bytes(), WebSocketKey.random());
      }
      put(GET);
    } else {
      put(head.bytes, head.methodStart, head.methodEnd);
    }
    put((byte) ' ');
    put(head.bytes, head.pathStart, head.pathEnd);
    if (head.hasQuery) {
      put((byte) '?');
      put(head.bytes, head.queryStart, head.queryEnd);
    }
    put(VERSION_AND_HOST);
    put(head.bytes, head.authorityStart, head.authorityEnd);
    put(LINE_END);
    ForwardedFields.toUpstream(exchange, this);
    if (head.webSocket) {
      put(WEBSOCKET);
    } else {
      framing(head.contentLength, !end);
    }
    put(LINE_END);
    return take(room, alloc);
  }

  /**
   * The final response as the client gets it.
   *
   * @param end whether no content follows
   * @param chunked whether content follows in the chunked coding
   * @param close whether the connection ends with it
   * @param room octets of content that the caller will put behind the head
   */
  ByteBuf response(
      Exchange exchange,
      boolean end,
      boolean chunked,
      boolean close,
      int room,
      ByteBufAllocator alloc) {
    Head head = exchange.response;
    length = 0;
    put(STATUS_LINES[head.status]);
    ForwardedFields.toClient(exchange, this);
    if (head.status == 101) {
      put(WEBSOCKET);
    } else {
      if (head.status != 204) {
        // Without a length a client would wait for the connection's end.
        boolean empty =
            end
                && head.contentLength < 0
                && head.status != 304
                && exchange.request.method != Method.HEAD;
        framing(empty ? 0 : head.contentLength, chunked);
      }
      if (close) {
        put(CLOSE);
      } else if (exchange.request.minorVersion == 0) {
        put(KEEP_ALIVE);
      }
    }
    put(LINE_END);
    return take(room, alloc);
  }

  /** An interim response: its fields mean nothing to Weir and are passed as they are. */
  ByteBuf interim(Exchange exchange, ByteBufAllocator alloc) {
    length = 0;
    put(STATUS_LINES[exchange.response.status]);
    ForwardedFields.interimToClient(exchange, this);
    put(LINE_END);
    return take(0, alloc);
  }

  /** A declared length wins; content without one is chunked. */
  private void framing(long contentLength, boolean content) {
    if (contentLength >= 0) {
      put(CONTENT_LENGTH);
      ensure(20);
      length = Ascii.writeDecimal(bytes, length, contentLength);
      put(LINE_END);
    } else if (content) {
      put(CHUNKED);
    }
  }

  @Override
  public void field(
      FieldName known,
      byte[] name,
      int nameStart,
      int nameEnd,
      byte[] value,
      int valueStart,
      int valueEnd) {
    int nameLength = nameEnd - nameStart;
    int valueLength = valueEnd - valueStart;
    ensure(nameLength + valueLength + 4);
    byte[] b = bytes;
    int at = length;
    System.arraycopy(name, nameStart, b, at, nameLength);
    at += nameLength;
    b[at++] = ':';
    b[at++] = ' ';
    System.arraycopy(value, valueStart, b, at, valueLength);
    at += valueLength;
    b[at++] = '\r';
    b[at++] = '\n';
    length = at;
  }

  private void put(byte[] src) {
    put(src, 0, src.length);
  }

  private void put(byte[] src, int start, int end) {
    ensure(end - start);
    System.arraycopy(src, start, bytes, length, end - start);
    length += end - start;
  }

  private void put(byte b) {
    ensure(1);
    bytes[length++] = b;
  }

  private void ensure(int more) {
    if (bytes.length - length < more) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
    }
  }

  private ByteBuf take(int room, ByteBufAllocator alloc) {
    return alloc.directBuffer(length + room).writeBytes(bytes, 0, length);
  }
}
