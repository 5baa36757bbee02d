package io.weir.proxy.http2;

/**
 * Why a stream or a connection ends, as RST_STREAM and GOAWAY say it; the ordinal is the code (RFC
 * 9113 §7).
 */
public enum ErrorCode {
  NO_ERROR,
  PROTOCOL_ERROR,
  INTERNAL_ERROR,
  FLOW_CONTROL_ERROR,
  SETTINGS_TIMEOUT,
  STREAM_CLOSED,
  FRAME_SIZE_ERROR,
  REFUSED_STREAM,
  CANCEL,
  COMPRESSION_ERROR,
  CONNECT_ERROR,
  ENHANCE_YOUR_CALM,
  INADEQUATE_SECURITY,
  HTTP_1_1_REQUIRED;

  private static final ErrorCode[] ALL = values();

  /** The code a peer sent; one we do not know is treated as INTERNAL_ERROR (RFC 9113 §7). */
  static ErrorCode of(int code) {
    return code >= 0 && code < ALL.length ? ALL[code] : INTERNAL_ERROR;
  }
}
