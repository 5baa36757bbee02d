package io.weir.proxy;

import io.netty.buffer.ByteBuf;
import io.weir.proxy.http.Head;

/**
 * The client's end of one exchange: an HTTP/1 connection, or one stream of an HTTP/2 connection.
 * {@link Exchange} tells it what to send and whether to go on reading; it tells the exchange what
 * the client sent.
 *
 * <p>What is sent is gathered until {@link #flush}. Buffers change owner with the call.
 */
public interface ClientSide {
  /** Sends {@code exchange.response} as an interim (1xx) head. */
  void sendInterim();

  /**
   * Sends {@code exchange.response} as the final head, as the stages left it.
   *
   * @param end whether no content follows
   */
  void sendResponse(boolean end);

  /**
   * Sends content.
   *
   * @param end whether this is the last of it
   */
  void sendBody(ByteBuf data, boolean end);

  /** Ends the content with trailers; an HTTP/1 client gets none. */
  void sendTrailers(Head trailers);

  /** Lets everything gathered leave. */
  void flush();

  /** Whether the client keeps up; when it does again the exchange is told. */
  boolean isWritable();

  /** Reads on in the request's content, or stops until called with true. */
  void readBody(boolean wanted);

  /** Breaks off: the head is out and the rest of the response will not come. */
  void abort();

  /** The exchange is over and recorded; the side must not touch it any more. */
  void finished();
}
