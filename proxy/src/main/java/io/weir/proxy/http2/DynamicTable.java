package io.weir.proxy.http2;

import java.util.Arrays;

/**
 * HPACK's dynamic table (RFC 7541 §2.3.2, §4): the newest entries' lines one behind the other in
 * one array, and a ring of offsets into it. An entry is known by its number, which counts all
 * insertions, so that an encoder can remember entries and see that they are gone.
 *
 * <p>Lines are never split: when the array's end is reached, what is live moves to its front. The
 * array grows to twice the table's size, so at least half of it lies between two such moves. Both
 * arrays start empty because most connections carry few fields.
 *
 * <p>Positions and numbers are compared by difference, so they may overflow.
 */
final class DynamicTable {
  /** What an entry counts beside its name and value (RFC 7541 §4.1). */
  static final int ENTRY_OVERHEAD = 32;

  /** What a line has beside name and value; less than an entry's overhead. */
  private static final int LINE_OVERHEAD = 4;

  private static final int FIELDS = 4;

  private int maxSize;
  private int size;

  private byte[] bytes = {};

  /** Position of the first octet of {@link #bytes}, and behind the newest line. */
  private int base;

  private int end;

  /** Four numbers an entry: position, length of name, length of value, tag. */
  private int[] entries = {};

  private int inserted;
  private int count;

  DynamicTable(int maxSize) {
    this.maxSize = maxSize;
  }

  int maxSize() {
    return maxSize;
  }

  /** Sum of the entries' sizes as RFC 7541 §4.1 counts them. */
  int size() {
    return size;
  }

  int count() {
    return count;
  }

  /** Number that the next insertion gets. */
  int inserted() {
    return inserted;
  }

  /** Whether the entry of this number is still there. */
  boolean has(int number) {
    int age = inserted - 1 - number;
    return age >= 0 && age < count;
  }

  /** The array that offsets of this table point into; changed by {@link #add}. */
  byte[] bytes() {
    return bytes;
  }

  /** Where the entry's line starts in {@link #bytes}. */
  int start(int number) {
    return entries[slot(number)] - base;
  }

  int nameLength(int number) {
    return entries[slot(number) + 1];
  }

  int valueLength(int number) {
    return entries[slot(number) + 2];
  }

  int tag(int number) {
    return entries[slot(number) + 3];
  }

  private int slot(int number) {
    return number * FIELDS & entries.length - 1;
  }

  /** Changes the size limit and evicts what no longer fits (RFC 7541 §4.3). */
  void setMaxSize(int maxSize) {
    this.maxSize = maxSize;
    evict(maxSize);
  }

  /**
   * Inserts the line {@code name: value CRLF} that starts at {@code offset}, evicting the oldest. A
   * line larger than the table empties it and is not inserted (RFC 7541 §4.4).
   */
  void add(byte[] src, int offset, int nameLength, int valueLength, int tag) {
    int added = nameLength + valueLength + ENTRY_OVERHEAD;
    evict(maxSize - added);
    if (added > maxSize) {
      return;
    }
    int length = nameLength + valueLength + LINE_OVERHEAD;
    makeRoom(length);
    System.arraycopy(src, offset, bytes, end - base, length);
    int at = slot(inserted);
    entries[at] = end;
    entries[at + 1] = nameLength;
    entries[at + 2] = valueLength;
    entries[at + 3] = tag;
    end += length;
    size += added;
    inserted++;
    count++;
  }

  private void evict(int target) {
    while (size > target && count > 0) {
      int oldest = inserted - count;
      size -= nameLength(oldest) + valueLength(oldest) + ENTRY_OVERHEAD;
      count--;
    }
  }

  private void makeRoom(int length) {
    if (count * FIELDS == entries.length) {
      growEntries();
    }
    if (end - base + length <= bytes.length) {
      return;
    }
    int first = count == 0 ? end : entries[slot(inserted - count)];
    int live = end - first;
    int wanted = Math.min(2 * maxSize, Math.max(512, 2 * (live + length)));
    byte[] target = wanted > bytes.length ? new byte[wanted] : bytes;
    System.arraycopy(bytes, first - base, target, 0, live);
    bytes = target;
    base = first;
  }

  private void growEntries() {
    int[] old = entries;
    entries = new int[Math.max(16 * FIELDS, old.length * 2)];
    for (int number = inserted - count; number != inserted; number++) {
      int from = number * FIELDS & old.length - 1;
      System.arraycopy(old, from, entries, slot(number), FIELDS);
    }
  }

  /** Whether the entry's name is exactly these octets. */
  boolean nameEquals(int number, byte[] name, int from, int to) {
    int start = start(number);
    return Arrays.equals(bytes, start, start + nameLength(number), name, from, to);
  }

  /** Whether the entry's value is exactly these octets. */
  boolean valueEquals(int number, byte[] value, int from, int to) {
    int start = start(number) + nameLength(number) + 2;
    return Arrays.equals(bytes, start, start + valueLength(number), value, from, to);
  }
}
