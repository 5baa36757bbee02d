package io.weir.control.management;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;

/**
 * What the process takes of its machine; 0 where the system does not tell.
 *
 * @param cpuSeconds user and system time since its start
 * @param residentBytes memory that is really there
 * @param openFiles descriptors in use, sockets among them
 */
record ProcessFigures(double cpuSeconds, long residentBytes, long openFiles) {

  static ProcessFigures now() {
    Duration cpu = ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
    return new ProcessFigures(cpu.toNanos() / 1e9, resident(), countFiles());
  }

  private static long resident() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      return lines
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024)
          .findFirst()
          .orElse(0);
    } catch (IOException unknown) {
      return 0;
    }
  }

  private static long countFiles() {
    try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
      return files.count();
    } catch (IOException unknown) {
      return 0;
    }
  }
}
