package io.weir.packet;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Settings of the kernel ({@code sysctl}) that the plane changes: each is read back after it was
 * written, and put back in the end unless someone else has changed it meanwhile. Confined to one
 * thread at a time.
 */
final class KernelSettings implements AutoCloseable {

  private record Change(String before, String after) {}

  private final Path root;

  /** What was changed by the plane in whose place this one came. */
  private final Map<String, Change> inherited = new LinkedHashMap<>();

  private final Map<String, Change> changes = new LinkedHashMap<>();
  private final Set<String> wanted = new HashSet<>();
  private final List<String> problems = new ArrayList<>();
  private final PlaneRecord record;

  /**
   * @param root where the settings are files, {@code /proc/sys}
   */
  KernelSettings(Path root) {
    this(root, Handover.NONE, PlaneRecord.NONE);
  }

  /**
   * Goes on with what the plane before has changed.
   *
   * @param record told of each change before it is made
   */
  KernelSettings(Path root, Handover handover, PlaneRecord record) {
    this.root = root;
    this.record = record;
    for (Handover.Part part : handover.all(Handover.SETTING)) {
      if (!part.word(1).matches("[a-z0-9_]+(\\.[a-z0-9_]+)*")) {
        throw new IllegalArgumentException("handover: " + part.word(1) + " is no setting");
      }
      inherited.put(part.word(1), new Change(part.word(2), part.word(3)));
    }
    changes.putAll(inherited);
  }

  /** What the plane before has set it to, or null. */
  @Nullable String inherited(String name) {
    Change change = inherited.get(name);
    return change == null ? null : change.after();
  }

  /** For the plane that takes the place of this one. */
  List<Handover.Part> handover() {
    return changes.entrySet().stream()
        .map(entry ->
            "%s %s %s %s"
                .formatted(
                    Handover.SETTING,
                    entry.getKey(),
                    entry.getValue().before(),
                    entry.getValue().after()))
        .map(words -> new Handover.Part(words, -1))
        .toList();
  }

  /**
   * The plane before has ended: what it changed is this one's to put back, at once where it is not
   * wanted any more.
   */
  void settle() {
    inherited.clear();
    Map<String, Change> obsolete = new LinkedHashMap<>(changes);
    obsolete.keySet().removeAll(wanted);
    obsolete.forEach(this::putBack);
    changes.keySet().retainAll(wanted);
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
    wanted.add(name);
    String before = get(name);
    if (value.equals(before)) {
      return;
    }
    Change earlier = changes.get(name);
    if (before != null) {
      changes.put(name, new Change(earlier == null ? before : earlier.before(), value));
      record.settings(handover());
    }
    if (!write(name, value)) {
      problems.add(name + ": " + before + " (expected: " + value + "; it cannot be set here)");
      forget(name, earlier);
    }
  }

  private void forget(String name, @Nullable Change earlier) {
    if (earlier == null) {
      changes.remove(name);
    } else {
      changes.put(name, earlier);
    }
    record.settings(handover());
  }

  /** Sets a number unless it is that high already. */
  void raise(String name, long atLeast) {
    wanted.add(name);
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

  /** Puts back what is still as it was set: to what it was at first, or before {@link #settle}. */
  @Override
  public void close() {
    changes.forEach(this::putBack);
    changes.clear();
  }

  private void putBack(String name, Change change) {
    Change earlier = inherited.get(name);
    String before = earlier == null ? change.before() : earlier.after();
    if (!before.equals(change.after()) && change.after().equals(get(name))) {
      write(name, before);
    }
  }
}
