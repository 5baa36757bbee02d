package io.weir.proxy.http1;

import io.netty.buffer.ByteBuf;
import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.Head;
import io.weir.proxy.http.HeadLimits;
import io.weir.proxy.stage.Reason;
import org.jspecify.annotations.Nullable;

/**
 * The strict reader of chunked content (RFC 9112 §7.1), fed with octets as they arrive.
 *
 * <p>Sizes are hexadecimal digits without sign, space or prefix and at most fifteen of them. Chunk
 * extensions have to follow the grammar, without white space and with at most {@value
 * #MAX_EXTENSION} octets in a whole message, and are dropped: they carry nothing a backend needs
 * and have a history of confusing readers, such as those who look for a line's end within a quoted
 * string or do not. Line ends are CRLF and nothing else.
 *
 * <p>Confined to one event loop; reusable after {@link #reset}.
 */
public final class ChunkedReader {
  /** Octets of chunk extensions accepted in one message. */
  static final int MAX_EXTENSION = 4096;

  private enum Expect {
    SIZE,
    EXTENSION_NAME,
    EXTENSION_VALUE,
    /** Within a quoted string, behind a backslash in one, and behind its end. */
    QUOTED,
    QUOTED_PAIR,
    QUOTED_END,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILERS,
    END
  }

  private Expect expect = Expect.SIZE;
  private long left;
  private int digits;
  private int extension;

  /** Octets of the extension's name or value so far. */
  private int token;

  private @Nullable Head trailers;

  /** Makes ready for the next message; trailers are collected in this head. */
  public void reset(@Nullable Head forTrailers) {
    expect = Expect.SIZE;
    left = 0;
    digits = 0;
    extension = 0;
    trailers = forTrailers;
  }

  /** Whether the last chunk and the trailer section were read. */
  public boolean isDone() {
    return expect == Expect.END;
  }

  /**
   * Reads framing up to the next octets of data.
   *
   * @return how many octets of data stand at the reader index now; 0 where the input is used up or
   *     the content is at its end; -1 where the framing is malformed. The caller takes that many.
   */
  public int next(ByteBuf in) {
    while (in.isReadable()) {
      if (expect == Expect.DATA) {
        if (left > 0) {
          int available = (int) Math.min(left, in.readableBytes());
          left -= available;
          return available;
        }
        expect = Expect.DATA_CR;
      } else if (expect == Expect.END) {
        return 0;
      } else if (expect == Expect.TRAILERS) {
        if (!readTrailers(in)) {
          return -1;
        }
      } else if (!framing(in.readByte())) {
        return -1;
      }
    }
    return 0;
  }

  private boolean framing(byte b) {
    switch (expect) {
      case SIZE -> {
        int digit = Character.digit(b, 16);
        if (digit >= 0) {
          left = left << 4 | digit;
          return ++digits <= 15;
        }
        if (digits == 0) {
          return false;
        }
        return extensionEnd(b);
      }
      case EXTENSION_NAME, EXTENSION_VALUE, QUOTED, QUOTED_PAIR, QUOTED_END -> {
        return ++extension <= MAX_EXTENSION && extension(b);
      }
      case SIZE_LF -> {
        digits = 0;
        expect = left == 0 ? Expect.TRAILERS : Expect.DATA;
        return b == '\n';
      }
      case DATA_CR -> {
        expect = Expect.DATA_LF;
        return b == '\r';
      }
      case DATA_LF -> {
        expect = Expect.SIZE;
        return b == '\n';
      }
      default -> throw new IllegalStateException(expect.name());
    }
  }

  /** RFC 9112 §7.1.1, without the "bad" white space. */
  private boolean extension(byte b) {
    switch (expect) {
      case EXTENSION_NAME -> {
        if (Ascii.isToken(b)) {
          token++;
          return true;
        }
        if (b == '=' && token > 0) {
          expect = Expect.EXTENSION_VALUE;
          token = 0;
          return true;
        }
        return token > 0 && extensionEnd(b);
      }
      case EXTENSION_VALUE -> {
        if (Ascii.isToken(b)) {
          token++;
          return true;
        }
        if (b == '"' && token == 0) {
          expect = Expect.QUOTED;
          return true;
        }
        return token > 0 && extensionEnd(b);
      }
      case QUOTED -> {
        if (b == '"') {
          expect = Expect.QUOTED_END;
        } else if (b == '\\') {
          expect = Expect.QUOTED_PAIR;
        }
        return Ascii.isValue(b);
      }
      case QUOTED_PAIR -> {
        expect = Expect.QUOTED;
        return Ascii.isValue(b);
      }
      default -> {
        return extensionEnd(b);
      }
    }
  }

  /** Another extension or the end of the line. */
  private boolean extensionEnd(byte b) {
    token = 0;
    expect = b == ';' ? Expect.EXTENSION_NAME : Expect.SIZE_LF;
    return b == ';' || b == '\r';
  }

  private boolean readTrailers(ByteBuf in) {
    Head head = trailers;
    if (head == null) {
      return false;
    }
    int before = head.length;
    int take = head.take(in.readableBytes(), HeadLimits.DEFAULT.headBytes());
    in.getBytes(in.readerIndex(), head.bytes, before, take);
    head.length += take;
    Reason refused = HeadParser.trailers(head, HeadLimits.DEFAULT);
    if (refused != null) {
      return false;
    }
    if (head.complete) {
      in.skipBytes(head.scanned - before);
      head.length = head.scanned;
      expect = Expect.END;
    } else {
      in.skipBytes(take);
    }
    return true;
  }
}
