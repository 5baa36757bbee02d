package io.weir.packet.bpf;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How many processors the kernel keeps per-CPU values for: those that could ever be plugged in. */
final class Processors {

  private static final int POSSIBLE = count(read());

  private Processors() {}

  static int possible() {
    return POSSIBLE;
  }

  private static String read() {
    try {
      return Files.readString(Path.of("/sys/devices/system/cpu/possible")).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The kernel's list format: {@code 0-3,6}. Values are laid out up to the highest number. */
  static int count(String list) {
    String last = list.substring(Math.max(list.lastIndexOf(','), list.lastIndexOf('-')) + 1);
    return Integer.parseInt(last) + 1;
  }
}
