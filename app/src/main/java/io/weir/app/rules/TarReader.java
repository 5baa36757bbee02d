package io.weir.app.rules;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads a tar archive in the formats that {@code git archive} and GNU tar write for plain trees:
 * ustar and pax (POSIX.1-2001, pax, "ustar Interchange Format"). Files and folders are all it
 * knows; a link, a device or anything else is an error, since no rule set needs one.
 *
 * <p>A name is what the archive says: whether it may be written somewhere is the caller's question.
 * Confined to one thread.
 */
final class TarReader {
  /**
   * A file or folder.
   *
   * @param name as written, in UTF-8
   * @param size octets of content, 0 for a folder
   */
  record Entry(String name, boolean isFolder, long size) {}

  private static final int BLOCK = 512;
  private static final int MAX_PAX = 64 * 1024;

  // Where the fields of a header are, and how long.
  private static final int NAME = 0;
  private static final int NAME_LENGTH = 100;
  private static final int SIZE = 124;
  private static final int SIZE_LENGTH = 12;
  private static final int CHECKSUM = 148;
  private static final int CHECKSUM_LENGTH = 8;
  private static final int TYPE = 156;
  private static final int MAGIC = 257;
  private static final int PREFIX = 345;
  private static final int PREFIX_LENGTH = 155;

  private final InputStream in;
  private final byte[] header = new byte[BLOCK];
  private long left;
  private int padding;

  /** Reads from there; does not close it. */
  TarReader(InputStream in) {
    this.in = in;
  }

  /**
   * The next file or folder, or null at the end; what was not read of the one before is skipped.
   *
   * @throws IOException if the archive is damaged, or has something else in it
   */
  @Nullable Entry next() throws IOException {
    String longName = null;
    while (true) {
      in.skipNBytes(left + padding);
      left = 0;
      padding = 0;
      if (!readHeader()) {
        return null;
      }
      long size = number(SIZE, SIZE_LENGTH);
      switch (header[TYPE]) {
        case '0', 0 -> {
          begin(size);
          return new Entry(longName == null ? name() : longName, false, size);
        }
        case '5' -> {
          return new Entry(longName == null ? name() : longName, true, 0);
        }
        case 'x' -> longName = path(pax(size));
        case 'g' -> pax(size);
        default ->
            throw new IOException(
                name() + ": type '" + (char) header[TYPE] + "' (expected: a file or a folder)");
      }
    }
  }

  private void begin(long size) {
    left = size;
    padding = (int) (-size & (BLOCK - 1));
  }

  /** Writes the content of the entry that {@link #next} returned last. */
  void copyTo(OutputStream out) throws IOException {
    byte[] buffer = new byte[8192];
    while (left > 0) {
      int count = in.read(buffer, 0, (int) Math.min(buffer.length, left));
      if (count < 0) {
        throw new EOFException("the archive is cut off");
      }
      out.write(buffer, 0, count);
      left -= count;
    }
  }

  /** False at the end: a block of zeros, or nothing at all. */
  private boolean readHeader() throws IOException {
    int count = in.readNBytes(header, 0, BLOCK);
    if (count == 0 || count == BLOCK && isZero()) {
      return false;
    }
    if (count < BLOCK) {
      throw new EOFException("the archive is cut off");
    }
    String magic = new String(header, MAGIC, 5, StandardCharsets.ISO_8859_1);
    if (!magic.equals("ustar") || number(CHECKSUM, CHECKSUM_LENGTH) != checksum()) {
      throw new IOException("not a tar archive, or damaged");
    }
    return true;
  }

  private boolean isZero() {
    for (byte octet : header) {
      if (octet != 0) {
        return false;
      }
    }
    return true;
  }

  /** The sum of all octets, those of the checksum itself counted as blanks. */
  private long checksum() {
    long sum = 0;
    for (int i = 0; i < BLOCK; i++) {
      boolean own = i >= CHECKSUM && i < CHECKSUM + CHECKSUM_LENGTH;
      sum += own ? ' ' : header[i] & 0xff;
    }
    return sum;
  }

  /** An octal number that ends with a blank, a zero octet or the field. */
  private long number(int from, int length) throws IOException {
    String digits = text(from, length).strip();
    if (!digits.matches("[0-7]{1,11}")) {
      throw new IOException("a number in the archive: '" + digits + "' (expected: octal)");
    }
    return Long.parseLong(digits, 8);
  }

  private String name() {
    String prefix = text(PREFIX, PREFIX_LENGTH);
    String name = text(NAME, NAME_LENGTH);
    return prefix.isEmpty() ? name : prefix + "/" + name;
  }

  /** A field up to its first zero octet. */
  private String text(int from, int length) {
    int end = from;
    while (end < from + length && header[end] != 0) {
      end++;
    }
    return new String(header, from, end - from, StandardCharsets.UTF_8);
  }

  // ------------------------------------------------------------------ pax

  private byte[] pax(long size) throws IOException {
    if (size > MAX_PAX) {
      throw new IOException("an extended header of " + size + " octets (expected: <= 65536)");
    }
    begin(size);
    byte[] records = in.readNBytes((int) size);
    if (records.length < size) {
      throw new EOFException("the archive is cut off");
    }
    left = 0;
    return records;
  }

  /**
   * The {@code path} among the records {@code LENGTH KEY=VALUE\n}, or null. A size there would be
   * one that octal digits cannot say: far beyond what is accepted.
   */
  private static @Nullable String path(byte[] records) throws IOException {
    String path = null;
    int at = 0;
    while (at < records.length) {
      int length = length(records, at);
      String text = new String(records, at, length, StandardCharsets.UTF_8);
      String record = text.substring(text.indexOf(' ') + 1, text.length() - 1);
      if (record.startsWith("size=")) {
        throw new IOException("a file beyond 8 GiB");
      }
      if (record.startsWith("path=")) {
        path = record.substring("path=".length());
      }
      at += length;
    }
    return path;
  }

  private static int length(byte[] records, int at) throws IOException {
    int digits = at;
    while (digits < records.length && records[digits] >= '0' && records[digits] <= '9') {
      digits++;
    }
    String text = new String(Arrays.copyOfRange(records, at, digits), StandardCharsets.US_ASCII);
    int length = text.isEmpty() || text.length() > 5 ? 0 : Integer.parseInt(text);
    boolean whole = length > digits - at + 1 && length <= records.length - at;
    if (!whole || records[digits] != ' ' || records[at + length - 1] != '\n') {
      throw new IOException("an extended header that is damaged");
    }
    return length;
  }
}
