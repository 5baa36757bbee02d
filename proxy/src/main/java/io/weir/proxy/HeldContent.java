package io.weir.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;

/**
 * Content of a message that waits: for a connection to the backend, for judgement, or in case that
 * it has to be sent again. Confined to one thread at a time.
 */
final class HeldContent {
  /** Pieces that are gathered grow with what is there already, between these sizes. */
  private static final int LEAST_PIECE = 1 << 10;

  private static final int MOST_PIECE = 64 << 10;

  private final Loop loop;
  private final ArrayDeque<ByteBuf> pieces = new ArrayDeque<>();
  private long octets;
  private long reserved;

  /** Whether this is all of it. */
  boolean ended;

  HeldContent(Loop loop) {
    this.loop = loop;
  }

  long octets() {
    return octets;
  }

  boolean isEmpty() {
    return octets == 0;
  }

  /** Adds a piece as it is; takes over the buffer. */
  void add(ByteBuf data, boolean end) {
    octets += data.readableBytes();
    ended |= end;
    if (data.isReadable()) {
      pieces.add(data);
    } else {
      data.release();
    }
  }

  /**
   * Adds a copy of a piece, so that many small pieces take no more memory than their octets; takes
   * over the buffer.
   *
   * @return false, with nothing added, where the loop holds too much already
   */
  boolean gather(ByteBuf data, boolean end, ByteBufAllocator memory) {
    if (!loop.reserve(data.readableBytes())) {
      data.release();
      return false;
    }
    reserved += data.readableBytes();
    ended |= end;
    while (data.isReadable()) {
      ByteBuf last = pieces.peekLast();
      if (last == null || !last.isWritable()) {
        int size = Math.clamp(octets + data.readableBytes(), LEAST_PIECE, MOST_PIECE);
        last = memory.directBuffer(size, size);
        pieces.add(last);
      }
      int n = Math.min(last.writableBytes(), data.readableBytes());
      last.writeBytes(data, n);
      octets += n;
    }
    data.release();
    return true;
  }

  /** Copies out what is held, piece by piece. */
  void read(byte[] scratch, Reader to) {
    for (ByteBuf data : pieces) {
      int end = data.writerIndex();
      for (int at = data.readerIndex(); at < end; at += scratch.length) {
        int n = Math.min(scratch.length, end - at);
        data.getBytes(at, scratch, 0, n);
        to.octets(scratch, 0, n);
      }
    }
  }

  /** Takes octets, to be copied. */
  interface Reader {
    void octets(byte[] bytes, int from, int to);
  }

  /** Takes the pieces out, the last one marked as such if this is all; they change owner. */
  void drain(PieceSink to) {
    for (ByteBuf data = pieces.poll(); data != null; data = pieces.poll()) {
      to.piece(data, ended && pieces.isEmpty());
    }
    if (ended && octets == 0) {
      to.piece(Unpooled.EMPTY_BUFFER, true);
    }
    octets = 0;
    giveBack();
  }

  private void giveBack() {
    loop.reserve(-reserved);
    reserved = 0;
  }

  /** The same, but keeps everything. */
  void copy(PieceSink to) {
    int left = pieces.size();
    for (ByteBuf data : pieces) {
      to.piece(data.retainedDuplicate(), --left == 0 && ended);
    }
    if (ended && octets == 0) {
      to.piece(Unpooled.EMPTY_BUFFER, true);
    }
  }

  /** Takes a piece and whether it is the last; takes over the buffer. */
  interface PieceSink {
    void piece(ByteBuf data, boolean last);
  }

  void clear() {
    pieces.forEach(ByteBuf::release);
    pieces.clear();
    octets = 0;
    ended = false;
    giveBack();
  }
}
