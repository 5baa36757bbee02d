package io.weir.packet.bpf;

import static io.weir.packet.bpf.Kernel.INT;
import static io.weir.packet.bpf.Kernel.LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Names by which links and maps outlive the processes that hold them. Safe in any thread. */
public final class BpfFileSystem {

  /** Where it belongs. */
  public static final Path ROOT = Path.of("/sys/fs/bpf");

  private static final int PIN = 6;
  private static final int GET = 7;

  private BpfFileSystem() {}

  /** Whether there is one. */
  public static boolean isMounted() {
    try {
      return Files.readString(Path.of("/proc/self/mounts"), StandardCharsets.ISO_8859_1)
          .lines()
          .map(line -> line.split(" ", -1))
          .anyMatch(words -> words[1].equals(ROOT.toString()) && words[2].equals("bpf"));
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Mounts it, unless it is; needs CAP_SYS_ADMIN.
   *
   * @throws BpfException if the kernel refuses
   */
  public static void mount() {
    if (!isMounted()) {
      Kernel.mountBpf(ROOT.toString());
    }
  }

  /**
   * Names what a descriptor stands for.
   *
   * @param path below {@link #ROOT}, not there so far; no dots
   * @throws BpfException if the kernel refuses
   */
  public static void pin(int descriptor, Path path) {
    call(PIN, descriptor, path, "pin " + path);
  }

  /**
   * A descriptor of what has that name.
   *
   * @throws BpfException if the kernel refuses
   */
  public static int open(Path path) {
    return call(GET, 0, path, "open " + path);
  }

  private static int call(int command, int descriptor, Path path, String what) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attributes = Kernel.attributes(arena);
      attributes.set(LONG, 0, arena.allocateFrom(path.toString()).address());
      attributes.set(INT, 8, descriptor);
      return Kernel.bpf(command, attributes, what);
    }
  }
}
