package io.weir.proxy.http2;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads HTTP/2 frames from segments of any size (RFC 9113 §4 to §6).
 *
 * <p>Content of DATA goes to the sink as it arrives, in place. Every other payload is small and is
 * gathered into one array, where the fragments of a field block join without a further copy. Each
 * length, stream identifier and flag is checked at the frame header, before any payload is kept.
 *
 * <p>Confined to one event loop. After a violation of the connection all further input is
 * discarded.
 */
final class FrameReader {
  /** A field block in more frames than this buys the sender nothing but our work. */
  private static final int MAX_CONTINUATIONS = 16;

  private static final int MAX_SETTINGS = 64;
  private static final int KEPT_BYTES = 4096;
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final FrameSink sink;
  private final int maxBlockBytes;
  private int prefaceRead;
  private boolean settingsSeen;
  private boolean failed;

  // The current frame. Its header is gathered here while it comes in pieces.
  private long headerBits;
  private int headerBytes;
  private int type;
  private int flags;
  private int streamId;
  private int remaining;
  private int padding;
  private boolean padLengthPending;
  private boolean contentRead;

  // Payloads other than DATA; for field blocks the part from blockStart on.
  private byte[] block = new byte[256];
  private int blockStart;
  private int blockEnd;
  private int blockStream;
  private boolean blockEndsStream;
  private int continuations;

  /**
   * @param ofClient whether the peer is a client, which sends the preface of RFC 9113 §3.4 first
   * @param maxBlockBytes largest field block as it is on the wire, at least 1
   */
  FrameReader(FrameSink sink, boolean ofClient, int maxBlockBytes) {
    this.sink = sink;
    this.prefaceRead = ofClient ? 0 : PREFACE.length;
    this.maxBlockBytes = maxBlockBytes;
  }

  /** Reads all that is readable. */
  void read(ByteBuf in) {
    if (prefaceRead < PREFACE.length) {
      readPreface(in);
    }
    while (!failed && readHeader(in) && readPayload(in)) {
      headerBytes = 0;
    }
    if (failed) {
      in.skipBytes(in.readableBytes());
    }
  }

  private void readPreface(ByteBuf in) {
    while (prefaceRead < PREFACE.length && in.isReadable() && !failed) {
      if (in.readByte() != PREFACE[prefaceRead++]) {
        fail(Violation.PREFACE_INVALID);
      }
    }
  }

  /** Whether the current frame's header is complete and valid. */
  private boolean readHeader(ByteBuf in) {
    if (headerBytes == Frame.HEADER_BYTES) {
      return true;
    }
    if (headerBytes == 0 && in.readableBytes() >= Frame.HEADER_BYTES) {
      headerBits = in.readLong();
      headerBytes = 8;
    }
    while (headerBytes < 8) {
      if (!in.isReadable()) {
        return false;
      }
      headerBits = headerBits << 8 | in.readUnsignedByte();
      headerBytes++;
    }
    if (!in.isReadable()) {
      return false;
    }
    headerBytes = Frame.HEADER_BYTES;
    begin(in.readUnsignedByte());
    return !failed;
  }

  private void begin(int lastOctet) {
    remaining = (int) (headerBits >>> 40);
    type = (int) (headerBits >>> 32) & 0xff;
    flags = (int) (headerBits >>> 24) & 0xff;
    streamId = ((int) headerBits << 8 | lastOctet) & 0x7fff_ffff;
    Violation violation = check();
    if (violation != null) {
      fail(violation);
      return;
    }
    if (type == Frame.CONTINUATION) {
      continuations++;
    } else {
      blockStart = 0;
      blockEnd = 0;
    }
    padding = 0;
    contentRead = false;
    padLengthPending = type == Frame.DATA && (flags & Frame.PADDED) != 0;
    sink.frame(type, flags, streamId, remaining);
  }

  private @Nullable Violation check() {
    if (!settingsSeen) {
      if (type != Frame.SETTINGS || (flags & Frame.ACK) != 0) {
        return Violation.FIRST_FRAME_NOT_SETTINGS;
      }
      settingsSeen = true;
    }
    if (remaining > Frame.DEFAULT_MAX_BYTES) {
      return Violation.FRAME_TOO_LARGE;
    }
    if (blockStream != 0 && (type != Frame.CONTINUATION || streamId != blockStream)) {
      return Violation.CONTINUATION_EXPECTED;
    }
    return switch (type) {
      case Frame.DATA -> ofStream((flags & Frame.PADDED) == 0 || remaining >= 1);
      case Frame.HEADERS -> checkHeaders();
      case Frame.PRIORITY -> ofStream(true);
      case Frame.RST_STREAM -> ofStream(remaining == 4);
      case Frame.SETTINGS -> checkSettings();
      case Frame.PUSH_PROMISE -> Violation.PUSH_FORBIDDEN;
      case Frame.PING -> ofConnection(remaining == 8);
      case Frame.GOAWAY -> ofConnection(remaining >= 8);
      case Frame.WINDOW_UPDATE -> remaining == 4 ? null : Violation.FRAME_LENGTH_INVALID;
      case Frame.CONTINUATION -> checkContinuation();
      default -> null;
    };
  }

  private @Nullable Violation ofStream(boolean lengthFits) {
    if (streamId == 0) {
      return Violation.STREAM_ID_MISSING;
    }
    return lengthFits ? null : Violation.FRAME_LENGTH_INVALID;
  }

  private @Nullable Violation ofConnection(boolean lengthFits) {
    if (streamId != 0) {
      return Violation.STREAM_ID_FORBIDDEN;
    }
    return lengthFits ? null : Violation.FRAME_LENGTH_INVALID;
  }

  private @Nullable Violation checkHeaders() {
    int least =
        ((flags & Frame.PADDED) != 0 ? 1 : 0) + ((flags & Frame.WITH_PRIORITY) != 0 ? 5 : 0);
    if (remaining > maxBlockBytes + least + 255) {
      return Violation.FIELD_BLOCK_TOO_LARGE;
    }
    return ofStream(remaining >= least);
  }

  private @Nullable Violation checkSettings() {
    if (remaining > MAX_SETTINGS * 6) {
      return Violation.SETTINGS_FLOOD;
    }
    return ofConnection((flags & Frame.ACK) != 0 ? remaining == 0 : remaining % 6 == 0);
  }

  private @Nullable Violation checkContinuation() {
    if (blockStream == 0) {
      return Violation.CONTINUATION_UNEXPECTED;
    }
    if (continuations == MAX_CONTINUATIONS) {
      return Violation.CONTINUATION_FLOOD;
    }
    return blockEnd - blockStart + remaining > maxBlockBytes
        ? Violation.FIELD_BLOCK_TOO_LARGE
        : null;
  }

  /** Whether the current frame's payload is complete and another frame may follow. */
  private boolean readPayload(ByteBuf in) {
    if (type == Frame.DATA) {
      return readData(in);
    }
    int n = Math.min(remaining, in.readableBytes());
    remaining -= n;
    if (type > Frame.CONTINUATION) {
      in.skipBytes(n);
      return remaining == 0;
    }
    if (block.length - blockEnd < n) {
      block = Arrays.copyOf(block, Math.max(block.length * 2, blockEnd + n));
    }
    in.readBytes(block, blockEnd, n);
    blockEnd += n;
    if (remaining > 0) {
      return false;
    }
    finish();
    return !failed;
  }

  private boolean readData(ByteBuf in) {
    int overhead = 0;
    if (padLengthPending) {
      if (!in.isReadable()) {
        return false;
      }
      padLengthPending = false;
      padding = in.readUnsignedByte();
      remaining--;
      overhead = padding + 1;
      if (padding > remaining) {
        fail(Violation.PADDING_INVALID);
        return false;
      }
    }
    if (!contentRead) {
      int content = remaining - padding;
      int n = Math.min(content, in.readableBytes());
      contentRead = n == content;
      if (n > 0 || overhead > 0 || contentRead) {
        int next = in.readerIndex() + n;
        boolean ends = contentRead && (flags & Frame.END_STREAM) != 0;
        sink.data(streamId, in, n, overhead, ends);
        in.readerIndex(next);
        remaining -= n;
      }
    }
    if (!contentRead) {
      return false;
    }
    int skipped = Math.min(remaining, in.readableBytes());
    in.skipBytes(skipped);
    remaining -= skipped;
    return remaining == 0;
  }

  private void finish() {
    switch (type) {
      case Frame.HEADERS -> finishHeaders();
      case Frame.CONTINUATION -> finishBlock();
      case Frame.PRIORITY -> finishPriority();
      case Frame.RST_STREAM -> sink.rstStream(streamId, int32(0));
      case Frame.SETTINGS -> finishSettings();
      case Frame.PING -> sink.ping((flags & Frame.ACK) != 0, int64());
      case Frame.GOAWAY -> sink.goAway(int32(0) & 0x7fff_ffff, int32(4));
      case Frame.WINDOW_UPDATE -> finishWindowUpdate();
      default -> throw new IllegalStateException("type: " + type);
    }
    if (blockStream == 0 && block.length > KEPT_BYTES) {
      block = new byte[256];
    }
  }

  private void finishHeaders() {
    int padded = 0;
    if ((flags & Frame.PADDED) != 0) {
      padded = block[blockStart++] & 0xff;
    }
    if ((flags & Frame.WITH_PRIORITY) != 0) {
      blockStart += 5;
    }
    blockEnd -= padded;
    if (blockEnd < blockStart) {
      fail(Violation.PADDING_INVALID);
      return;
    }
    blockStream = streamId;
    blockEndsStream = (flags & Frame.END_STREAM) != 0;
    continuations = 0;
    finishBlock();
  }

  private void finishBlock() {
    if (blockEnd - blockStart > maxBlockBytes) {
      fail(Violation.FIELD_BLOCK_TOO_LARGE);
    } else if ((flags & Frame.END_HEADERS) != 0) {
      blockStream = 0;
      sink.headers(streamId, block, blockStart, blockEnd - blockStart, blockEndsStream);
    }
  }

  private void finishPriority() {
    if (blockEnd != 5) {
      sink.violated(streamId, Violation.PRIORITY_LENGTH_INVALID);
    }
  }

  private void finishSettings() {
    if ((flags & Frame.ACK) != 0) {
      sink.settingsAck();
      return;
    }
    for (int at = 0; at < blockEnd && !failed; at += 6) {
      int id = (block[at] & 0xff) << 8 | block[at + 1] & 0xff;
      int value = int32(at + 2);
      Violation violation = checkSetting(id, value);
      if (violation == null) {
        sink.setting(id, value);
      } else {
        fail(violation);
      }
    }
    if (!failed) {
      sink.settingsEnd();
    }
  }

  private static @Nullable Violation checkSetting(int id, int value) {
    return switch (id) {
      case Frame.ENABLE_PUSH, Frame.ENABLE_CONNECT_PROTOCOL ->
          value == 0 || value == 1 ? null : Violation.SETTING_INVALID;
      case Frame.INITIAL_WINDOW_SIZE -> value >= 0 ? null : Violation.INITIAL_WINDOW_INVALID;
      case Frame.MAX_FRAME_SIZE ->
          value >= Frame.DEFAULT_MAX_BYTES && value <= 0xff_ffff ? null : Violation.SETTING_INVALID;
      default -> null;
    };
  }

  private void finishWindowUpdate() {
    int increment = int32(0) & 0x7fff_ffff;
    if (increment > 0) {
      sink.windowUpdate(streamId, increment);
    } else if (streamId == 0) {
      fail(Violation.CONNECTION_INCREMENT_ZERO);
    } else {
      sink.violated(streamId, Violation.WINDOW_INCREMENT_ZERO);
    }
  }

  private int int32(int at) {
    return block[at] << 24
        | (block[at + 1] & 0xff) << 16
        | (block[at + 2] & 0xff) << 8
        | block[at + 3] & 0xff;
  }

  private long int64() {
    return (long) int32(0) << 32 | int32(4) & 0xffff_ffffL;
  }

  private void fail(Violation violation) {
    failed = true;
    sink.violated(streamId, violation);
  }

  /** Whether a field block is begun and not complete. */
  boolean isInFieldBlock() {
    return blockStream != 0 || type == Frame.HEADERS && remaining > 0;
  }

  /** Whether the peer's first SETTINGS came. */
  boolean hasSettings() {
    return settingsSeen;
  }

  /** Discards all further input, because the owner gave the connection up. */
  void stop() {
    failed = true;
  }
}
