package io.weir.proxy.http2;

import static io.weir.proxy.http2.ErrorCode.COMPRESSION_ERROR;
import static io.weir.proxy.http2.ErrorCode.ENHANCE_YOUR_CALM;
import static io.weir.proxy.http2.ErrorCode.FLOW_CONTROL_ERROR;
import static io.weir.proxy.http2.ErrorCode.FRAME_SIZE_ERROR;
import static io.weir.proxy.http2.ErrorCode.PROTOCOL_ERROR;

/**
 * How a peer broke HTTP/2: the error code it is told, and whether the fault ends one stream or the
 * whole connection. What could have desynchronised framing or the HPACK table always ends the
 * connection.
 */
public enum Violation {
  PREFACE_INVALID(PROTOCOL_ERROR, true, "connection preface is not RFC 9113 §3.4"),
  FIRST_FRAME_NOT_SETTINGS(PROTOCOL_ERROR, true, "first frame is not SETTINGS"),
  FRAME_TOO_LARGE(FRAME_SIZE_ERROR, true, "frame longer than SETTINGS_MAX_FRAME_SIZE"),
  FRAME_LENGTH_INVALID(FRAME_SIZE_ERROR, true, "length does not fit the frame type"),
  PRIORITY_LENGTH_INVALID(FRAME_SIZE_ERROR, false, "PRIORITY is not 5 octets"),
  STREAM_ID_MISSING(PROTOCOL_ERROR, true, "frame needs a stream"),
  STREAM_ID_FORBIDDEN(PROTOCOL_ERROR, true, "frame belongs to the connection, not to a stream"),
  STREAM_ID_INVALID(PROTOCOL_ERROR, true, "stream identifier not allowed here"),
  PADDING_INVALID(PROTOCOL_ERROR, true, "padding longer than the frame"),
  CONTINUATION_EXPECTED(PROTOCOL_ERROR, true, "field block interrupted by another frame"),
  CONTINUATION_UNEXPECTED(PROTOCOL_ERROR, true, "CONTINUATION without open field block"),
  PUSH_FORBIDDEN(PROTOCOL_ERROR, true, "PUSH_PROMISE although push is off"),
  SETTING_INVALID(PROTOCOL_ERROR, true, "setting outside its range"),
  INITIAL_WINDOW_INVALID(FLOW_CONTROL_ERROR, true, "SETTINGS_INITIAL_WINDOW_SIZE above 2^31-1"),
  WINDOW_INCREMENT_ZERO(PROTOCOL_ERROR, false, "WINDOW_UPDATE by nothing"),
  CONNECTION_INCREMENT_ZERO(PROTOCOL_ERROR, true, "WINDOW_UPDATE of the connection by nothing"),
  CONTINUATION_FLOOD(ENHANCE_YOUR_CALM, true, "field block in too many frames"),
  FIELD_BLOCK_TOO_LARGE(ENHANCE_YOUR_CALM, true, "field block too large"),
  SETTINGS_FLOOD(ENHANCE_YOUR_CALM, true, "too many settings in one frame"),

  STREAM_CLOSED(ErrorCode.STREAM_CLOSED, true, "frame on a closed stream"),
  STREAM_HALF_CLOSED(ErrorCode.STREAM_CLOSED, false, "frame after the end of the stream"),
  STREAM_IDLE(PROTOCOL_ERROR, true, "frame on a stream that was never opened"),
  WINDOW_EXCEEDED(FLOW_CONTROL_ERROR, true, "more DATA than the window allows"),
  STREAM_WINDOW_EXCEEDED(FLOW_CONTROL_ERROR, false, "more DATA than the stream's window allows"),
  WINDOW_OVERFLOW(FLOW_CONTROL_ERROR, true, "window above 2^31-1"),
  STREAM_WINDOW_OVERFLOW(FLOW_CONTROL_ERROR, false, "stream's window above 2^31-1"),
  TOO_MANY_STREAMS(ErrorCode.REFUSED_STREAM, false, "more streams than allowed"),
  TRAILERS_WITHOUT_END(PROTOCOL_ERROR, false, "second field block does not end the stream"),
  FLOOD(ENHANCE_YOUR_CALM, true, "frames that do no work"),
  HPACK_BOMB(ENHANCE_YOUR_CALM, true, "field block grows far beyond the limits when decoded"),
  TOO_SLOW(ENHANCE_YOUR_CALM, true, "field block or settings not complete in time"),

  HPACK_INDEX_INVALID(COMPRESSION_ERROR, true, "index beyond the tables"),
  HPACK_INTEGER_INVALID(COMPRESSION_ERROR, true, "integer oversize or cut short"),
  HPACK_STRING_TRUNCATED(COMPRESSION_ERROR, true, "string longer than the field block"),
  HPACK_HUFFMAN_INVALID(COMPRESSION_ERROR, true, "Huffman code with EOS or wrong padding"),
  HPACK_SIZE_UPDATE_INVALID(COMPRESSION_ERROR, true, "table size update too large or misplaced"),
  FIELD_NAME_INVALID(PROTOCOL_ERROR, false, "field name not a lower-case token"),
  FIELD_VALUE_INVALID(PROTOCOL_ERROR, false, "field value with forbidden octets"),
  HEAD_TOO_LARGE(ENHANCE_YOUR_CALM, false, "head larger than its limits");

  private final ErrorCode code;
  private final boolean ofConnection;
  private final String text;

  Violation(ErrorCode code, boolean ofConnection, String text) {
    this.code = code;
    this.ofConnection = ofConnection;
    this.text = text;
  }

  /** What the peer is told in RST_STREAM or GOAWAY. */
  public ErrorCode code() {
    return code;
  }

  /** Whether the connection ends; otherwise only the stream does. */
  public boolean isOfConnection() {
    return ofConnection;
  }

  /** What was wrong, for logs and GOAWAY's debug data. */
  public String text() {
    return text;
  }
}
