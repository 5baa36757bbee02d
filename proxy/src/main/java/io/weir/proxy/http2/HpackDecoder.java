package io.weir.proxy.http2;

import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.Head;
import io.weir.proxy.http.HeadLimits;
import io.weir.proxy.http.Octets;
import org.jspecify.annotations.Nullable;

/**
 * Decodes field blocks into a {@link Head} (RFC 7541).
 *
 * <p>Each field is written as the line {@code name: value CRLF} that HTTP/1.1 has, checked, and
 * announced to a sink that gives it its place in the head. Lines in the tables have the same form:
 * an indexed field, and an insertion, is one copy and is not checked again.
 *
 * <p>Limits hold while decoding. Beyond them, or after a malformed field, nothing more is put into
 * the head, but the block is decoded on, because the table must stay equal to the peer's. One octet
 * can stand for a whole table of text, so what a block decodes to is counted, and one that grows
 * far beyond the limits ends the connection.
 *
 * <p>Confined to one event loop.
 */
final class HpackDecoder {
  /** Table size we announce by not announcing one (RFC 9113 §6.5.2). */
  static final int TABLE_SIZE = 4096;

  /** No length in a bounded block is near this, so greater integers are attacks or errors. */
  private static final int MAX_INTEGER_OCTETS = 4;

  /** What a line has beside name and value: colon, blank, CR and LF. */
  private static final int LINE_OVERHEAD = 4;

  /** A head this many times the limit is no longer a large head but a bomb. */
  private static final int BOMB_FACTOR = 8;

  private static final int BAD_NAME = 1 << 30;
  private static final int BAD_VALUE = 1 << 29;
  private static final int BAD = BAD_NAME | BAD_VALUE;

  /** The name has an underscore; kept in the table with the tag, so that no name is read twice. */
  private static final int UNDERSCORED = 1 << 28;

  /** What is there before the first block; never written. */
  static final Head NO_HEAD = new Head();

  private static final HpackSink NO_SINK =
      (tag, nameStart, nameEnd, valueStart, valueEnd, neverIndexed) -> {};

  private final DynamicTable table = new DynamicTable(TABLE_SIZE);

  // The block being decoded.
  private byte[] in = {};
  private int pos;
  private int end;
  private @Nullable Violation outcome;

  // Where it goes.
  private Head head = NO_HEAD;
  private HpackSink sink = NO_SINK;
  private HeadLimits limits = HeadLimits.DEFAULT;
  private int fields;
  private int budget;

  /**
   * Decodes one whole field block.
   *
   * @return null, or what was wrong: of the stream where the table is sound and only this head is
   *     not, else of the connection
   */
  @Nullable Violation decode(
      byte[] block, int offset, int length, Head head, HeadLimits limits, HpackSink sink) {
    this.in = block;
    this.pos = offset;
    this.end = offset + length;
    this.head = head;
    this.limits = limits;
    this.sink = sink;
    fields = 0;
    budget = BOMB_FACTOR * limits.headBytes();
    outcome = null;
    decodeSizeUpdates();
    while (pos < end) {
      decodeField(in[pos]);
    }
    return outcome;
  }

  private void corrupt(Violation violation) {
    outcome = violation;
    pos = end;
  }

  private void decodeSizeUpdates() {
    while (pos < end && (in[pos] & 0xe0) == 0x20) {
      int size = integer(0x1f);
      if (size > TABLE_SIZE) {
        corrupt(Violation.HPACK_SIZE_UPDATE_INVALID);
      } else if (size >= 0) {
        table.setMaxSize(size);
      }
    }
  }

  private void decodeField(byte first) {
    if (first < 0) {
      decodeIndexed(integer(0x7f));
    } else if ((first & 0x40) != 0) {
      decodeLiteral(integer(0x3f), true, false);
    } else if ((first & 0x20) != 0) {
      corrupt(Violation.HPACK_SIZE_UPDATE_INVALID);
    } else {
      decodeLiteral(integer(0x0f), false, (first & 0x10) != 0);
    }
  }

  /** An integer (RFC 7541 §5.1), or -1 after {@link #corrupt}. */
  private int integer(int prefixMask) {
    int value = in[pos++] & prefixMask;
    if (value < prefixMask) {
      return value;
    }
    for (int shift = 0; shift < 7 * MAX_INTEGER_OCTETS && pos < end; shift += 7) {
      int octet = in[pos++];
      value += (octet & 0x7f) << shift;
      if (octet >= 0) {
        return value;
      }
    }
    corrupt(Violation.HPACK_INTEGER_INVALID);
    return -1;
  }

  private void decodeIndexed(int index) {
    if (index > 0 && index <= StaticTable.SIZE) {
      byte[] line = StaticTable.line(index);
      if (!spend(line.length)) {
        return;
      }
      copy(line, 0, line.length);
      emit(
          StaticTable.tag(index),
          StaticTable.nameLength(index),
          StaticTable.valueLength(index),
          false);
    } else if (isDynamic(index)) {
      int number = number(index);
      int nameLength = table.nameLength(number);
      int valueLength = table.valueLength(number);
      if (!spend(nameLength + valueLength + LINE_OVERHEAD)) {
        return;
      }
      copy(table.bytes(), table.start(number), nameLength + valueLength + LINE_OVERHEAD);
      emit(table.tag(number), nameLength, valueLength, false);
    } else if (index >= 0) {
      corrupt(Violation.HPACK_INDEX_INVALID);
    }
  }

  /** Counts decoded octets; false where the connection ends over them. */
  private boolean spend(int octets) {
    budget -= octets;
    if (budget < 0) {
      corrupt(Violation.HPACK_BOMB);
    }
    return budget >= 0;
  }

  private boolean isDynamic(int index) {
    return index > StaticTable.SIZE && index - StaticTable.SIZE <= table.count();
  }

  private int number(int index) {
    return table.inserted() - (index - StaticTable.SIZE);
  }

  /** Writes behind the head's length, without moving it: {@link #emit} decides whether it stays. */
  private void copy(byte[] src, int offset, int length) {
    head.ensureRoom(length);
    System.arraycopy(src, offset, head.bytes, head.length, length);
  }

  private void decodeLiteral(int index, boolean insert, boolean neverIndexed) {
    if (index < 0) {
      return;
    }
    int tag = 0;
    int nameLength;
    if (index == 0) {
      nameLength = string(0);
      if (nameLength >= 0) {
        tag = checkName(head.length, head.length + nameLength);
      }
    } else if (index <= StaticTable.SIZE) {
      nameLength = StaticTable.nameLength(index);
      tag = StaticTable.tag(index);
      copy(StaticTable.line(index), 0, nameLength);
    } else if (isDynamic(index)) {
      int number = number(index);
      nameLength = table.nameLength(number);
      tag = table.tag(number) & ~BAD_VALUE;
      copy(table.bytes(), table.start(number), nameLength);
    } else {
      corrupt(Violation.HPACK_INDEX_INVALID);
      return;
    }
    int valueLength = nameLength < 0 ? -1 : string(nameLength + 2);
    if (valueLength >= 0 && spend(nameLength + valueLength + LINE_OVERHEAD)) {
      int valueStart = head.length + nameLength + 2;
      tag |= checkValue(valueStart, valueStart + valueLength);
      finishLine(nameLength, valueLength);
      if (insert) {
        table.add(head.bytes, head.length, nameLength, valueLength, tag);
      }
      emit(tag, nameLength, valueLength, neverIndexed);
    }
  }

  private void finishLine(int nameLength, int valueLength) {
    byte[] bytes = head.bytes;
    int colon = head.length + nameLength;
    bytes[colon] = ':';
    bytes[colon + 1] = ' ';
    bytes[colon + 2 + valueLength] = '\r';
    bytes[colon + 3 + valueLength] = '\n';
  }

  /**
   * Decodes a string to {@code distance} behind the head's length, leaving room for the rest of the
   * line, and returns its length or -1 after {@link #corrupt}.
   */
  private int string(int distance) {
    if (pos >= end) {
      corrupt(Violation.HPACK_STRING_TRUNCATED);
      return -1;
    }
    boolean huffman = in[pos] < 0;
    int length = integer(0x7f);
    if (length < 0) {
      return -1;
    }
    if (length > end - pos) {
      corrupt(Violation.HPACK_STRING_TRUNCATED);
      return -1;
    }
    head.ensureRoom(distance + Huffman.maxDecoded(length) + 4);
    int at = head.length + distance;
    int start = pos;
    pos += length;
    if (!huffman) {
      System.arraycopy(in, start, head.bytes, at, length);
      return length;
    }
    int behind = Huffman.decode(in, start, length, head.bytes, at);
    if (behind < 0) {
      corrupt(Violation.HPACK_HUFFMAN_INVALID);
      return -1;
    }
    return behind - at;
  }

  /** The name's tag, with BAD_NAME unless it is a lower-case token (RFC 9113 §8.2.1). */
  private int checkName(int from, int to) {
    byte[] bytes = head.bytes;
    if (from < to && bytes[from] == ':') {
      int tag = StaticTable.tag(bytes, from, to);
      return tag < 0 ? BAD_NAME : tag;
    }
    int kinds = 0;
    for (int i = from; i < to; i++) {
      byte b = bytes[i];
      int kind = Ascii.nameKind(b);
      if ((kind & Ascii.TOKEN_BIT) == 0 || b >= 'A' && b <= 'Z') {
        return BAD_NAME;
      }
      kinds |= kind;
    }
    int underscored = (kinds & Ascii.UNDERSCORE_BIT) == 0 ? 0 : UNDERSCORED;
    return from < to ? StaticTable.tag(bytes, from, to) | underscored : BAD_NAME;
  }

  /** BAD_VALUE or 0: no control octets, no white space at either end (RFC 9113 §8.2.1). */
  private int checkValue(int from, int to) {
    byte[] bytes = head.bytes;
    if (!Octets.isFieldValue(bytes, from, to)) {
      return BAD_VALUE;
    }
    return from < to && (isSpace(bytes[from]) || isSpace(bytes[to - 1])) ? BAD_VALUE : 0;
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || b == '\t';
  }

  /** Gives the line behind the head's length its place, unless this head is already refused. */
  private void emit(int tag, int nameLength, int valueLength, boolean neverIndexed) {
    if (outcome != null) {
      return;
    }
    int start = head.length;
    int length = nameLength + valueLength + LINE_OVERHEAD;
    if ((tag & BAD) != 0) {
      outcome =
          (tag & BAD_NAME) != 0 ? Violation.FIELD_NAME_INVALID : Violation.FIELD_VALUE_INVALID;
    } else if (++fields > limits.fields() || start + length > limits.headBytes()) {
      outcome = Violation.HEAD_TOO_LARGE;
    } else {
      head.length = start + length;
      int valueStart = start + nameLength + 2;
      head.underscored |= (tag & UNDERSCORED) != 0;
      sink.field(
          tag & ~UNDERSCORED,
          start,
          start + nameLength,
          valueStart,
          valueStart + valueLength,
          neverIndexed);
    }
  }
}
