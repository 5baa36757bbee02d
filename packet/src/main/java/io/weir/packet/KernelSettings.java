package io.weir.packet;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Settings of the kernel ({@code sysctl}) that the plane changes: each is read back after it was
 * written, and put back in the end unless someone else has changed it meanwhile. Confined to one
 * thread at a time.
 */
final class KernelSettings implements AutoCloseable {

  private record Change(String before, String after) {}

  private final Path root;
  private final Map<String, Change> changes = new LinkedHashMap<>();
  private final List<String> problems = new ArrayList<>();

  /**
   * @param root where the settings are files, {@code /proc/sys}
   */
  KernelSettings(Path root) {
    this.root = root;
  }

  /**
   * Returns the value of a setting such as {@code net.ipv4.tcp_syncookies}, or null if there is
   * none.
   */
  @Nullable String get(String name) {
    try (InputStream in = Files.newInputStream(file(name))) {
      byte[] value = new byte[4096];
      int length =
          in.read(value); // all at once: the kernel does not go on where a short read ended
      return new String(value, 0, Math.max(length, 0), StandardCharsets.US_ASCII).strip();
    } catch (IOException e) {
      return null;
    }
  }

  /** Sets it, if it is not so already; what does not work is a problem, not the end. */
  void set(String name, String value) {
    String before = get(name);
    if (value.equals(before)) {
      return;
    }
    if (!write(name, value)) {
      problems.add(name + ": " + before + " (expected: " + value + "; it cannot be set here)");
    } else if (before != null) {
      Change earlier = changes.get(name);
      changes.put(name, new Change(earlier == null ? before : earlier.before(), value));
    }
  }

  /** Sets a number unless it is that high already. */
  void raise(String name, long atLeast) {
    String now = get(name);
    if (now == null || Long.parseLong(now) < atLeast) {
      set(name, Long.toString(atLeast));
    }
  }

  private boolean write(String name, String value) {
    try {
      Files.writeString(file(name), value);
      return value.equals(get(name));
    } catch (IOException e) {
      return false;
    }
  }

  private Path file(String name) {
    return root.resolve(name.replace('.', '/'));
  }

  /** What could not be set, one sentence each. */
  List<String> problems() {
    return List.copyOf(problems);
  }

  /** Puts back what is still as it was set. */
  @Override
  public void close() {
    changes.forEach((name, change) -> {
      if (change.after().equals(get(name))) {
        write(name, change.before());
      }
    });
    changes.clear();
  }
}
