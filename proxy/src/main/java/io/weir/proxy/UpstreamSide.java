package io.weir.proxy;

import io.netty.buffer.ByteBuf;
import io.weir.proxy.http.Head;

/**
 * The backend's end of one exchange: an HTTP/1 connection, or one stream of an HTTP/2 connection.
 * The mirror of {@link ClientSide}.
 */
public interface UpstreamSide {
  /**
   * Sends {@code exchange.request} with Weir's own fields.
   *
   * @param end whether no content follows
   */
  void sendRequest(Exchange exchange, boolean end);

  /**
   * Sends content.
   *
   * @param end whether this is the last of it
   */
  void sendBody(ByteBuf data, boolean end);

  /** Ends the content with trailers; an HTTP/1 backend gets none. */
  void sendTrailers(Head trailers);

  /** Lets everything gathered leave. */
  void flush();

  /** Whether the backend keeps up; when it does again the exchange is told. */
  boolean isWritable();

  /** Reads on in the response's content, or stops until called with true. */
  void readBody(boolean wanted);

  /** The exchange needs nothing more: the connection is closed or the stream reset. */
  void cancel();

  /** Whether this connection had served an exchange before. */
  boolean isReused();
}
