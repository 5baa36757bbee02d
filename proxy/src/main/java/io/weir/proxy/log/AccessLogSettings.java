package io.weir.proxy.log;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * What the access log is to be.
 *
 * @param instance the name of this Weir in each line, 1–64 bytes of UTF-8
 * @param loops the number of event loops, each of which gets a ring; at least 1
 * @param ringBytes the room for entries not yet written, for each loop: a power of two from 64 KiB
 *     to 1 GiB. An entry takes about 400 bytes
 * @param target where lines go
 */
public record AccessLogSettings(String instance, int loops, int ringBytes, Target target) {
  /** The smallest ring. */
  public static final int MIN_RING_BYTES = 64 << 10;

  /** Room for some 2,500 entries a loop: a tenth of a second at 25,000 requests a second. */
  public static final int DEFAULT_RING_BYTES = 1 << 20;

  private static final int MAX_RING_BYTES = 1 << 30;
  private static final int MAX_INSTANCE = 64;

  /** Checks the ranges. */
  public AccessLogSettings {
    int length = instance.getBytes(StandardCharsets.UTF_8).length;
    require(length >= 1 && length <= MAX_INSTANCE, "instance", instance, "1–64 bytes");
    require(loops >= 1, "loops", loops, ">= 1");
    require(
        ringBytes >= MIN_RING_BYTES
            && ringBytes <= MAX_RING_BYTES
            && Integer.bitCount(ringBytes) == 1,
        "ringBytes",
        ringBytes,
        "a power of two, 65536–1073741824");
  }

  /** Where lines go. */
  public sealed interface Target {}

  /** Standard output of the process. */
  public record StandardOutput() implements Target {}

  /**
   * A file that is put aside when it has grown, and then compressed with gzip in the background.
   * {@code access.log} becomes {@code access.log.20260131T235959.999Z}, later with {@code .gz} at
   * the end. Whoever else moves the file away gets the same effect as a rotation: lines go to a new
   * file of the given name, without any signal.
   *
   * @param path the file written now; missing folders are made
   * @param maxBytes the size that it does not exceed; at least 1 MiB, so that a block fits
   * @param keep how many files put aside are kept; at least 1
   */
  public record RotatedFile(Path path, long maxBytes, int keep) implements Target {
    /** The smallest size of a file. */
    public static final long MIN_BYTES = 1 << 20;

    /** Checks the ranges. */
    public RotatedFile {
      require(maxBytes >= MIN_BYTES, "maxBytes", maxBytes, ">= 1048576");
      require(keep >= 1, "keep", keep, ">= 1");
    }
  }

  private static void require(boolean holds, String name, Object value, String expected) {
    if (!holds) {
      throw new IllegalArgumentException("%s: %s (expected: %s)".formatted(name, value, expected));
    }
  }
}
