package io.weir.proxy.http2;

import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.FieldName;
import io.weir.proxy.http.FieldSink;
import java.util.Arrays;

/**
 * Encodes field blocks (RFC 7541).
 *
 * <p>Heads on one connection repeat field by field: same server, same type, same date for a second.
 * So each name remembers one entry of the table and compares with it, which costs less than hashing
 * the value, and a value enters the table when it comes twice in a row: a request id never does, a
 * date does once a second. Credentials never do (RFC 7541 §7.1.3).
 *
 * <p>Huffman coding costs more than the octets it saves, except for what is inserted once and
 * referred to often; only that is coded.
 *
 * <p>Confined to one event loop. No allocation once the arrays have grown.
 */
final class HpackEncoder implements FieldSink {
  /** A larger table than the default is memory the peer offers and we need not spend. */
  private static final int MAX_TABLE_SIZE = 4096;

  private static final int KNOWN_SLOTS = FieldName.values().length;
  private static final int OTHER_SLOTS = 64;
  private static final int PSEUDO_SLOT = KNOWN_SLOTS + OTHER_SLOTS;
  private static final int SLOTS = PSEUDO_SLOT + 9;
  private static final byte[] PROTOCOL_NAME = Ascii.bytes(":protocol");

  private final DynamicTable table = new DynamicTable(MAX_TABLE_SIZE);

  /** By slot of a name: number of its entry in the table, and hash of the value last seen. */
  private final int[] lastEntry = new int[SLOTS];

  private final int[] lastHash = new int[SLOTS];

  /** Size to announce in the next block, or -1; and the least since the last block. */
  private int sizeToAnnounce = -1;

  private int leastSize;

  private byte[] out = new byte[512];
  private int length;
  private boolean neverIndexed;
  private final byte[] number = new byte[20];
  private byte[] lowerName = new byte[64];
  private byte[] line = new byte[128];

  HpackEncoder() {
    Arrays.fill(lastEntry, -1);
  }

  /** The block written so far; valid up to {@link #length}. */
  byte[] block() {
    return out;
  }

  int length() {
    return length;
  }

  /**
   * The peer's SETTINGS_HEADER_TABLE_SIZE, unsigned. The next block says what we make of it (RFC
   * 7541 §4.2): the least size in between, then the last.
   */
  void setPeerTableSize(int size) {
    int used = size < 0 ? MAX_TABLE_SIZE : Math.min(size, MAX_TABLE_SIZE);
    leastSize = sizeToAnnounce < 0 ? used : Math.min(leastSize, used);
    sizeToAnnounce = used;
    table.setMaxSize(used);
  }

  /**
   * Starts a block.
   *
   * @param neverIndexed whether every field is to be kept out of all tables, because one came so
   *     (RFC 7541 §6.2.3) or because the connection is shared by those who must not learn of each
   *     other's values (§7.1)
   */
  void begin(boolean neverIndexed) {
    length = 0;
    this.neverIndexed = neverIndexed;
    if (sizeToAnnounce >= 0) {
      ensureRoom(16);
      if (leastSize < sizeToAnnounce) {
        integer(0x20, 0x1f, leastSize);
      }
      integer(0x20, 0x1f, sizeToAnnounce);
      sizeToAnnounce = -1;
    }
  }

  /** Writes {@code :status}, 100 to 599. */
  void status(int status) {
    ensureRoom(5);
    int index =
        switch (status) {
          case 200 -> 8;
          case 204 -> 9;
          case 206 -> 10;
          case 304 -> 11;
          case 400 -> 12;
          case 404 -> 13;
          case 500 -> 14;
          default -> 0;
        };
    if (index > 0) {
      out[length++] = (byte) (0x80 | index);
    } else {
      out[length++] = 8;
      out[length++] = 3;
      length = Ascii.writeDecimal(out, length, status);
    }
  }

  /**
   * Writes a pseudo-header of a request.
   *
   * @param tag one of the constants of {@link StaticTable}
   */
  void pseudo(int tag, byte[] src, int start, int end) {
    int index = tag & ~StaticTable.PSEUDO;
    if (tag == StaticTable.PROTOCOL) {
      literal(0x00, 0x0f, 0, PROTOCOL_NAME, 0, PROTOCOL_NAME.length, src, start, end, false);
    } else if (staticPair(index, src, start, end)) {
      return;
    } else if (neverIndexed) {
      literal(0x10, 0x0f, index, src, 0, 0, src, start, end, false);
    } else {
      byte[] name = StaticTable.line(index);
      int nameEnd = StaticTable.nameLength(index);
      encode(PSEUDO_SLOT + index, index, name, 0, nameEnd, src, start, end);
    }
  }

  /** Writes a pseudo-header or whole pair of the static table where it has this very value. */
  private boolean staticPair(int firstIndex, byte[] src, int start, int end) {
    for (int index = firstIndex;
        index <= StaticTable.SIZE && StaticTable.tag(index) == StaticTable.tag(firstIndex);
        index++) {
      byte[] line = StaticTable.line(index);
      int from = StaticTable.nameLength(index) + 2;
      if (end > start && Arrays.equals(line, from, line.length - 2, src, start, end)) {
        ensureRoom(1);
        out[length++] = (byte) (0x80 | index);
        return true;
      }
    }
    return false;
  }

  @Override
  public void field(
      FieldName known,
      byte[] name,
      int nameStart,
      int nameEnd,
      byte[] value,
      int valueStart,
      int valueEnd) {
    byte[] lower = known.bytes();
    int nameLength = nameEnd - nameStart;
    int slot = known.ordinal();
    int index = StaticTable.index(known);
    if (known == FieldName.OTHER) {
      lower = lowerCase(name, nameStart, nameLength);
      int hash = StaticTable.hash(lower, 0, nameLength);
      slot = KNOWN_SLOTS + (hash & OTHER_SLOTS - 1);
      index = StaticTable.index(lower, 0, nameLength, hash);
    }
    if (neverIndexed || isCredential(known)) {
      literal(0x10, 0x0f, index, lower, 0, nameLength, value, valueStart, valueEnd, false);
    } else {
      encode(slot, index, lower, 0, nameLength, value, valueStart, valueEnd);
    }
  }

  /** Writes a {@code content-length}. */
  void contentLength(long octets) {
    int end = Ascii.writeDecimal(number, 0, octets);
    byte[] name = FieldName.CONTENT_LENGTH.bytes();
    field(FieldName.CONTENT_LENGTH, name, 0, name.length, number, 0, end);
  }

  private static boolean isCredential(FieldName name) {
    return switch (name) {
      case AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, SET_COOKIE -> true;
      default -> false;
    };
  }

  private byte[] lowerCase(byte[] src, int start, int nameLength) {
    if (lowerName.length < nameLength) {
      lowerName = new byte[nameLength * 2];
    }
    for (int i = 0; i < nameLength; i++) {
      lowerName[i] = Ascii.lower(src[start + i]);
    }
    return lowerName;
  }

  private void encode(
      int slot, int index, byte[] name, int nameStart, int nameEnd, byte[] src, int from, int to) {
    int entry = lastEntry[slot];
    boolean sameName = table.has(entry) && table.nameEquals(entry, name, nameStart, nameEnd);
    if (sameName && table.valueEquals(entry, src, from, to)) {
      ensureRoom(6);
      integer(0x80, 0x7f, dynamicIndex(entry));
      return;
    }
    int nameIndex = index == 0 && sameName ? dynamicIndex(entry) : index;
    int hash = StaticTable.hash(src, from, to);
    if (hash != lastHash[slot] || isTooLarge(nameEnd - nameStart + to - from)) {
      lastHash[slot] = hash;
      literal(0x00, 0x0f, nameIndex, name, nameStart, nameEnd, src, from, to, false);
      return;
    }
    literal(0x40, 0x3f, nameIndex, name, nameStart, nameEnd, src, from, to, true);
    lastEntry[slot] = table.inserted();
    insert(name, nameStart, nameEnd - nameStart, src, from, to - from);
  }

  private int dynamicIndex(int entry) {
    return StaticTable.SIZE + table.inserted() - entry;
  }

  /** One field shall not drive all others out of the table. */
  private boolean isTooLarge(int octets) {
    return octets + DynamicTable.ENTRY_OVERHEAD > table.maxSize() / 4;
  }

  private void insert(
      byte[] name, int nameStart, int nameLength, byte[] src, int from, int valueLength) {
    if (line.length < nameLength + valueLength + 4) {
      line = new byte[(nameLength + valueLength + 4) * 2];
    }
    System.arraycopy(name, nameStart, line, 0, nameLength);
    System.arraycopy(src, from, line, nameLength + 2, valueLength);
    table.add(line, 0, nameLength, valueLength, 0);
  }

  /** A literal: its pattern and index, or name where the index is 0, and its value. */
  private void literal(
      int pattern,
      int prefixMask,
      int index,
      byte[] name,
      int nameStart,
      int nameEnd,
      byte[] src,
      int from,
      int to,
      boolean huffman) {
    ensureRoom(nameEnd - nameStart + to - from + 18);
    integer(pattern, prefixMask, index);
    if (index == 0) {
      string(name, nameStart, nameEnd - nameStart, huffman);
    }
    string(src, from, to - from, huffman);
  }

  private void string(byte[] src, int offset, int octets, boolean huffman) {
    int coded = huffman ? Huffman.encodedLength(src, offset, octets) : octets;
    if (coded < octets) {
      integer(0x80, 0x7f, coded);
      length = Huffman.encode(src, offset, octets, out, length);
    } else {
      integer(0x00, 0x7f, octets);
      System.arraycopy(src, offset, out, length, octets);
      length += octets;
    }
  }

  /** An integer behind a pattern (RFC 7541 §5.1); at most six octets. */
  private void integer(int pattern, int prefixMask, int value) {
    if (value < prefixMask) {
      out[length++] = (byte) (pattern | value);
      return;
    }
    out[length++] = (byte) (pattern | prefixMask);
    int rest = value - prefixMask;
    while (rest >= 0x80) {
      out[length++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    out[length++] = (byte) rest;
  }

  private void ensureRoom(int octets) {
    if (out.length - length < octets) {
      out = Arrays.copyOf(out, Math.max(out.length * 2, length + octets));
    }
  }
}
