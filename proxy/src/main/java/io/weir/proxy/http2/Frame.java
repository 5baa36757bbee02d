package io.weir.proxy.http2;

/** Frame types, flags and settings as the wire has them (RFC 9113 §4.1, §6, RFC 8441 §3). */
final class Frame {
  static final int HEADER_BYTES = 9;

  /** Largest payload we accept and the largest any peer must accept (RFC 9113 §4.2). */
  static final int DEFAULT_MAX_BYTES = 16 * 1024;

  static final int DEFAULT_WINDOW = 65_535;

  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int PRIORITY = 2;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PUSH_PROMISE = 5;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;

  static final int END_STREAM = 0x1;
  static final int ACK = 0x1;
  static final int END_HEADERS = 0x4;
  static final int PADDED = 0x8;
  static final int WITH_PRIORITY = 0x20;

  static final int HEADER_TABLE_SIZE = 1;
  static final int ENABLE_PUSH = 2;
  static final int MAX_CONCURRENT_STREAMS = 3;
  static final int INITIAL_WINDOW_SIZE = 4;
  static final int MAX_FRAME_SIZE = 5;
  static final int MAX_HEADER_LIST_SIZE = 6;
  static final int ENABLE_CONNECT_PROTOCOL = 8;

  private Frame() {}
}
