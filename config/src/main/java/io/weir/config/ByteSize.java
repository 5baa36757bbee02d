package io.weir.config;

/**
 * An amount of bytes, written {@code 512B}, {@code 8KiB}, {@code 100MiB}, {@code 2GiB} or {@code
 * 1TiB}.
 *
 * @param bytes 0 or more
 */
public record ByteSize(long bytes) implements Comparable<ByteSize> {
  public static final ByteSize ZERO = new ByteSize(0);

  @Override
  public int compareTo(ByteSize other) {
    return Long.compare(bytes, other.bytes);
  }

  @Override
  public String toString() {
    for (int unit = UNITS.length - 1; unit > 0; unit--) {
      long size = 1L << (10 * unit);
      if (bytes >= size && bytes % size == 0) {
        return bytes / size + UNITS[unit];
      }
    }
    return bytes + "B";
  }

  static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};
}
