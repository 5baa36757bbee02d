package io.weir.packet;

import io.weir.packet.bpf.BpfException;
import io.weir.packet.bpf.BpfFileSystem;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The links and lasting maps of a plane that persists, by names in the bpf file system: {@code
 * link-MODE-INTERFACE} and {@code map-NAME}, with a colon for each dot, which that file system does
 * not take.
 */
final class PlanePins {

  private final Path folder;

  /**
   * @param folder of one network namespace, in one of all
   */
  PlanePins(Path folder) {
    this.folder = folder;
  }

  /** Why nothing can persist here, one sentence, or null. Changes nothing. */
  static @Nullable String obstacle() {
    if (BpfFileSystem.isMounted()) {
      return Files.isWritable(BpfFileSystem.ROOT)
          ? null
          : BpfFileSystem.ROOT
              + ": not writable (expected: a bpf file system that this user may write)";
    }
    return Capabilities.mayMount()
        ? null
        : BpfFileSystem.ROOT
            + ": no bpf file system (expected: mounted, or CAP_SYS_ADMIN to do so)";
  }

  /**
   * Names these instead of what had a name before.
   *
   * @throws IOException if that cannot be
   */
  void replace(Handover plane) throws IOException {
    try {
      BpfFileSystem.mount();
      Files.createDirectories(folder);
      remove();
      Files.createDirectories(folder);
      for (Handover.Part part : plane.parts()) {
        if (part.descriptor() >= 0) {
          BpfFileSystem.pin(part.descriptor(), folder.resolve(name(part)));
        }
      }
    } catch (BpfException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private static String name(Handover.Part part) {
    String name =
        part.is(Handover.LINK)
            ? "link-" + part.word(2) + "-" + part.word(1)
            : "map-" + part.word(1);
    return name.replace('.', ':');
  }

  /** What has a name; the descriptors are the caller's. What cannot be opened is left out. */
  List<Handover.Part> open() {
    List<Handover.Part> parts = new ArrayList<>();
    for (Path each : list()) {
      try {
        String words = words(each.getFileName().toString());
        parts.add(new Handover.Part(words, BpfFileSystem.open(each)));
      } catch (BpfException | IllegalArgumentException notOurs) {
        // Somebody else's, or gone.
      }
    }
    return parts;
  }

  /**
   * What a name stands for.
   *
   * @throws IllegalArgumentException if it is none of ours
   */
  static String words(String name) {
    String[] words = name.replace(':', '.').split("-", 3);
    if (words.length == 3 && words[0].equals("link") && words[1].matches("NATIVE|GENERIC")) {
      return Handover.LINK + " " + words[2] + " " + words[1];
    }
    if (words.length == 2 && words[0].equals("map")) {
      return Handover.MAP + " " + words[1];
    }
    throw new IllegalArgumentException(name + " (expected: link-MODE-INTERFACE or map-NAME)");
  }

  private List<Path> list() {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    } catch (IOException none) {
      return List.of();
    }
  }

  /** Takes the names away; links go with them where no process holds them. */
  void remove() throws IOException {
    for (Path each : list()) {
      Files.deleteIfExists(each);
    }
    Files.deleteIfExists(folder);
    try {
      Files.deleteIfExists(Objects.requireNonNull(folder.getParent())); // of all namespaces
    } catch (DirectoryNotEmptyException others) {
      // Theirs.
    }
  }
}
