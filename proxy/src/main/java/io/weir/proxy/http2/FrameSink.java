package io.weir.proxy.http2;

import io.netty.buffer.ByteBuf;

/**
 * Where {@link FrameReader} delivers what it read, in wire order. Every frame is announced once by
 * {@link #frame}, so that flood accounting sees also those that do nothing else.
 */
interface FrameSink {
  /** A valid frame header, before its payload. */
  void frame(int type, int flags, int streamId, int length);

  /**
   * A piece of a DATA frame's content.
   *
   * @param in holds {@code length} octets from its reader index on; valid during the call, kept by
   *     {@code retainedSlice}
   * @param overhead octets of padding that count for flow control beside {@code length}
   * @param endStream whether the stream's content ends with this piece
   */
  void data(int streamId, ByteBuf in, int length, int overhead, boolean endStream);

  /** A whole field block, CONTINUATION joined; the array is valid during the call. */
  void headers(int streamId, byte[] block, int offset, int length, boolean endStream);

  void rstStream(int streamId, int errorCode);

  /** One setting of a SETTINGS frame; the value is unsigned. */
  void setting(int id, int value);

  /** The end of a SETTINGS frame that wants to be acknowledged. */
  void settingsEnd();

  void settingsAck();

  void ping(boolean ack, long opaque);

  void goAway(int lastStreamId, int errorCode);

  /** More credit; {@code streamId} 0 is the connection. */
  void windowUpdate(int streamId, int increment);

  /** A broken rule; where it is of the connection, the reader reads nothing further. */
  void violated(int streamId, Violation violation);
}
