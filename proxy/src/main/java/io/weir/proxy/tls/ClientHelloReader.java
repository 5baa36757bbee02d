package io.weir.proxy.tls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Puts a client hello together from TLS records (RFC 8446 section 5.1), however they are cut: one
 * read with one record, one-byte records, one byte a read. Every byte is looked at once. Confined
 * to the connection's event loop.
 */
final class ClientHelloReader {
  private static final int RECORD_HEADER = 5;
  private static final int HANDSHAKE = 22;
  private static final int MAX_RECORD = 1 << 14;
  private static final int FIRST_ROOM = 256;

  /** Up to this many are passed on as they came. */
  private static final int FEW_RECORDS = 8;

  private byte[] message = {};
  private int size;
  private int position;
  private int recordLeft;
  private int records;
  private boolean complete;

  /**
   * Goes on reading.
   *
   * @param in all bytes since the start of the connection, from the reader index; not consumed
   * @return why the bytes cannot become a client hello; null if they have, or still can
   */
  @Nullable TlsRefusal read(ByteBuf in) {
    int start = in.readerIndex();
    int available = in.readableBytes();
    while (position < available && !complete) {
      int before = position;
      TlsRefusal refusal =
          recordLeft == 0 ? readHeader(in, start, available) : readFragment(in, start, available);
      if (refusal != null) {
        return refusal;
      }
      if (position == before) {
        break; // Part of a header.
      }
    }
    return complete || available < ClientHello.MAX_LENGTH ? null : TlsRefusal.HELLO_TOO_LARGE;
  }

  private @Nullable TlsRefusal readHeader(ByteBuf in, int start, int available) {
    int at = start + position;
    // The first byte tells plain HTTP from TLS; do not wait for a fifth.
    if (in.getUnsignedByte(at) != HANDSHAKE) {
      return position == 0 ? TlsRefusal.NOT_TLS : TlsRefusal.UNREADABLE_HELLO;
    }
    if (available - position < RECORD_HEADER) {
      return null;
    }
    int length = in.getUnsignedShort(at + 3);
    if (in.getUnsignedByte(at + 1) != 3 || length == 0 || length > MAX_RECORD) {
      return TlsRefusal.UNREADABLE_HELLO;
    }
    position += RECORD_HEADER;
    records++;
    recordLeft = length;
    return null;
  }

  private @Nullable TlsRefusal readFragment(ByteBuf in, int start, int available) {
    int count = Math.min(recordLeft, available - position);
    if (size + count > message.length) {
      message =
          Arrays.copyOf(message, Math.max(size + count, Math.max(FIRST_ROOM, 2 * message.length)));
    }
    in.getBytes(start + position, message, size, count);
    size += count;
    position += count;
    recordLeft -= count;
    return checkMessage();
  }

  private @Nullable TlsRefusal checkMessage() {
    if (message[0] != 1) {
      return TlsRefusal.UNREADABLE_HELLO;
    }
    if (size < ClientHello.HEADER) {
      return null;
    }
    int length =
        ClientHello.HEADER
            + ((message[1] & 0xff) << 16 | (message[2] & 0xff) << 8 | message[3] & 0xff);
    if (length > ClientHello.MAX_LENGTH) {
      return TlsRefusal.HELLO_TOO_LARGE;
    }
    complete = size == length;
    // Nothing may follow before the server has answered, so no record may reach past the hello.
    return size + recordLeft > length ? TlsRefusal.UNREADABLE_HELLO : null;
  }

  /**
   * The same bytes for whoever shakes hands, the hello in as few records as it needs: what a client
   * cuts into thousands of them should not cost thousands of calls. Records are no part of the
   * transcript (RFC 8446 section 4.4.1), so the other side cannot tell.
   *
   * @param received what was read; taken over
   */
  ByteBuf joined(ByteBufAllocator allocator, ByteBuf received) {
    if (records <= FEW_RECORDS) {
      return received;
    }
    int rest = received.readableBytes() - position;
    ByteBuf out = allocator.ioBuffer(size + rest + RECORD_HEADER * (size / MAX_RECORD + 1));
    for (int at = 0; at < size; at += MAX_RECORD) {
      int length = Math.min(MAX_RECORD, size - at);
      out.writeByte(HANDSHAKE)
          .writeShort(0x0301)
          .writeShort(length)
          .writeBytes(message, at, length);
    }
    out.writeBytes(received, received.readerIndex() + position, rest);
    received.release();
    return out;
  }

  /** Whether the hello is there in full. */
  boolean complete() {
    return complete;
  }

  /** The hello, once complete; null if it is malformed. */
  @Nullable ClientHello hello() {
    return ClientHello.parse(message, size);
  }
}
