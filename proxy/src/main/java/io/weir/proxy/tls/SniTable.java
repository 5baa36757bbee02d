package io.weir.proxy.tls;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Server names and what happens to each: exact names before wildcards before the default. Without a
 * default row an unknown name is refused, and no certificate is revealed. Immutable.
 *
 * <p>A look-up hashes the bytes of the name where they lie and allocates nothing. Exact names and
 * wildcards share one open-addressed table, kept at most half full: a wildcard is stored without
 * its star, as {@code .example.com}, which no exact name can be.
 */
public final class SniTable {
  private static final int NONE = -1;

  private final List<SniRow> rows;
  private final byte[][] keys;
  private final int[] rowOfKey;
  private final int mask;
  private int defaultRow = NONE;

  private SniTable(List<SniRow> rows) {
    this.rows = List.copyOf(rows);
    int capacity = Integer.highestOneBit(Math.max(1, rows.size())) * 4;
    keys = new byte[capacity][];
    rowOfKey = new int[capacity];
    mask = capacity - 1;
    for (int row = 0; row < rows.size(); row++) {
      add(row, rows.get(row).pattern());
    }
  }

  /**
   * Makes a table; order does not matter.
   *
   * @throws IllegalArgumentException if a pattern is not a host name, or comes twice
   */
  public static SniTable of(List<SniRow> rows) {
    return new SniTable(rows);
  }

  private void add(int row, String pattern) {
    if (pattern.equals(SniRow.DEFAULT)) {
      check(defaultRow == NONE, pattern, "each name once");
      defaultRow = row;
      return;
    }
    byte[] key = key(pattern);
    int slot = slot(key, 0, key.length);
    check(keys[slot] == null, pattern, "each name once");
    keys[slot] = key;
    rowOfKey[slot] = row;
  }

  private static byte[] key(String pattern) {
    String name = pattern.toLowerCase(Locale.ROOT);
    name = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    boolean wildcard = name.startsWith("*.");
    String host = wildcard ? name.substring(2) : name;
    check(
        host.length() <= 253
            && host.matches("([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\\.?)+")
            && !host.endsWith("."),
        pattern,
        "a host name, *.name for one label, or default; other alphabets in their xn-- form");
    return (wildcard ? "." + host : host).getBytes(StandardCharsets.US_ASCII);
  }

  private static void check(boolean good, String pattern, String expected) {
    if (!good) {
      throw new IllegalArgumentException("sni: " + pattern + " (expected: " + expected + ")");
    }
  }

  /** All rows in the order given. */
  public List<SniRow> rows() {
    return rows;
  }

  /**
   * The row for a server name.
   *
   * @param bytes holds the name at {@code offset}; a length of 0 asks for the default
   * @return the row, or null if the connection is to be refused
   */
  public @Nullable SniRow lookup(byte[] bytes, int offset, int length) {
    int row = find(bytes, offset, length);
    return row == NONE ? null : rows.get(row);
  }

  /**
   * Whether a connection accepted under {@code row} may ask for {@code host}: what both names
   * demand of client certificates is the same. If not, the answer is 421 (RFC 9110 section
   * 15.5.20).
   *
   * @param bytes holds the host name, without port, at {@code offset}
   */
  public boolean samePolicy(SniRow row, byte[] bytes, int offset, int length) {
    SniRow other = lookup(bytes, offset, length);
    return row.clientPolicy().equals(other == null ? "" : other.clientPolicy());
  }

  /** As {@link #lookup}, but the index of the row, or -1. */
  int find(byte[] bytes, int offset, int length) {
    int end = offset + length;
    if (length > 0 && bytes[end - 1] == '.') {
      end--;
    }
    // A name that starts with a dot would read as a wildcard's key.
    if (end == offset || bytes[offset] == '.') {
      return defaultRow;
    }
    int row = get(bytes, offset, end);
    if (row != NONE) {
      return row;
    }
    int dot = offset;
    while (dot < end && bytes[dot] != '.') {
      dot++;
    }
    row = dot < end ? get(bytes, dot, end) : NONE;
    return row != NONE ? row : defaultRow;
  }

  private int get(byte[] bytes, int from, int to) {
    int slot = slot(bytes, from, to);
    return keys[slot] == null ? NONE : rowOfKey[slot];
  }

  /** The slot that holds the name, or the free one where it would go. */
  private int slot(byte[] bytes, int from, int to) {
    int hash = 0;
    for (int i = from; i < to; i++) {
      hash = hash * 31 + lower(bytes[i]);
    }
    int slot = (hash ^ hash >>> 15) & mask;
    while (keys[slot] != null && !matches(keys[slot], bytes, from, to)) {
      slot = slot + 1 & mask;
    }
    return slot;
  }

  private static boolean matches(byte[] key, byte[] bytes, int from, int to) {
    if (key.length != to - from) {
      return false;
    }
    for (int i = 0; i < key.length; i++) {
      if (key[i] != lower(bytes[from + i])) {
        return false;
      }
    }
    return true;
  }

  static byte lower(byte b) {
    return b >= 'A' && b <= 'Z' ? (byte) (b + 32) : b;
  }
}
