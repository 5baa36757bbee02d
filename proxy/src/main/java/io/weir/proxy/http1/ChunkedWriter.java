package io.weir.proxy.http1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.weir.proxy.http.Ascii;

/** Writes content in the chunked coding (RFC 9112 §7.1): one chunk for each piece. */
final class ChunkedWriter {
  private static final byte[] LAST = Ascii.bytes("0\r\n\r\n");
  private static final byte[] HEX = Ascii.bytes("0123456789abcdef");

  /** Pieces up to this size are copied between their framing. */
  private static final int COPIED = 4096;

  private ChunkedWriter() {}

  /** Where the framed content goes. */
  interface Out {
    void gather(ByteBuf data);
  }

  /** Frames one piece, which may be empty at the end; takes over the buffer. */
  static void write(Out out, ByteBufAllocator alloc, ByteBuf data, boolean end) {
    int length = data.readableBytes();
    boolean copied = length <= COPIED;
    ByteBuf frame = alloc.directBuffer(24 + (copied ? length : 0));
    if (length > 0) {
      writeSize(frame, length);
    }
    if (copied) {
      frame.writeBytes(data);
      data.release();
    } else {
      out.gather(frame);
      out.gather(data);
      frame = alloc.directBuffer(8);
    }
    if (length > 0) {
      frame.writeByte('\r').writeByte('\n');
    }
    if (end) {
      frame.writeBytes(LAST);
    }
    if (frame.isReadable()) {
      out.gather(frame);
    } else {
      frame.release();
    }
  }

  private static void writeSize(ByteBuf out, int length) {
    int digits = (35 - Integer.numberOfLeadingZeros(length)) / 4;
    for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
      out.writeByte(HEX[length >>> shift & 15]);
    }
    out.writeByte('\r').writeByte('\n');
  }
}
