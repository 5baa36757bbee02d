package io.weir.packet;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** What this process lacks to load and attach programs. Being root is not needed. */
enum Capabilities {
  CAP_NET_ADMIN(12),
  CAP_PERFMON(38),
  CAP_BPF(39);

  private final int bit;

  Capabilities(int bit) {
    this.bit = bit;
  }

  /** The capabilities of the list above that the process does not have. */
  static List<Capabilities> missing() {
    try {
      return missing(Files.readString(Path.of("/proc/self/status")));
    } catch (IOException e) {
      return List.of(values());
    }
  }

  /** Whether the process may mount file systems (CAP_SYS_ADMIN). */
  static boolean mayMount() {
    try {
      return (effective(Files.readString(Path.of("/proc/self/status"))) >>> 21 & 1) != 0;
    } catch (IOException e) {
      return false;
    }
  }

  private static long effective(String status) {
    return status
        .lines()
        .filter(line -> line.startsWith("CapEff:"))
        .mapToLong(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
        .findFirst()
        .orElse(0);
  }

  /** The same from the text of {@code /proc/PID/status}. */
  static List<Capabilities> missing(String status) {
    long effective = effective(status);
    return Arrays.stream(values())
        .filter(capability -> (effective >>> capability.bit & 1) == 0)
        .toList();
  }
}
