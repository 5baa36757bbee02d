package io.weir.proxy.http2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;

/** Writes frames behind each other into one buffer (RFC 9113 §6); no object per frame. */
final class FrameWriter {
  private FrameWriter() {}

  /** A frame's nine octets; the payload is the caller's to write next. */
  static void header(ByteBuf out, int length, int type, int flags, int streamId) {
    out.ensureWritable(Frame.HEADER_BYTES);
    out.writeLong((long) length << 40 | (long) type << 32 | (long) flags << 24 | streamId >>> 8);
    out.writeByte(streamId);
  }

  /** A field block, cut into HEADERS and CONTINUATION where it is longer than a frame. */
  static void headers(
      ByteBuf out, int streamId, byte[] block, int offset, int length, boolean endStream) {
    int type = Frame.HEADERS;
    int flags = endStream ? Frame.END_STREAM : 0;
    int at = offset;
    int left = length;
    while (left > Frame.DEFAULT_MAX_BYTES) {
      header(out, Frame.DEFAULT_MAX_BYTES, type, flags, streamId);
      out.writeBytes(block, at, Frame.DEFAULT_MAX_BYTES);
      at += Frame.DEFAULT_MAX_BYTES;
      left -= Frame.DEFAULT_MAX_BYTES;
      type = Frame.CONTINUATION;
      flags = 0;
    }
    header(out, left, type, flags | Frame.END_HEADERS, streamId);
    out.writeBytes(block, at, left);
  }

  /** A DATA frame's header; exactly {@code length} octets of content must follow. */
  static void data(ByteBuf out, int streamId, int length, boolean endStream) {
    header(out, length, Frame.DATA, endStream ? Frame.END_STREAM : 0, streamId);
  }

  /** SETTINGS with pairs of identifier and value. */
  static void settings(ByteBuf out, int... idsAndValues) {
    header(out, idsAndValues.length * 3, Frame.SETTINGS, 0, 0);
    for (int i = 0; i < idsAndValues.length; i += 2) {
      out.writeShort(idsAndValues[i]);
      out.writeInt(idsAndValues[i + 1]);
    }
  }

  static void settingsAck(ByteBuf out) {
    header(out, 0, Frame.SETTINGS, Frame.ACK, 0);
  }

  static void ping(ByteBuf out, boolean ack, long opaque) {
    header(out, 8, Frame.PING, ack ? Frame.ACK : 0, 0);
    out.writeLong(opaque);
  }

  static void rstStream(ByteBuf out, int streamId, ErrorCode code) {
    header(out, 4, Frame.RST_STREAM, 0, streamId);
    out.writeInt(code.ordinal());
  }

  static void windowUpdate(ByteBuf out, int streamId, int increment) {
    header(out, 4, Frame.WINDOW_UPDATE, 0, streamId);
    out.writeInt(increment);
  }

  /** GOAWAY; the debug text is ASCII and tells a peer's developer what was wrong. */
  static void goAway(ByteBuf out, int lastStreamId, ErrorCode code, String debug) {
    header(out, 8 + debug.length(), Frame.GOAWAY, 0, 0);
    out.writeInt(lastStreamId);
    out.writeInt(code.ordinal());
    ByteBufUtil.writeAscii(out, debug);
  }
}
