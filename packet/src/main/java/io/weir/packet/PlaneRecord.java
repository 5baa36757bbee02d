package io.weir.packet;

import io.weir.packet.bpf.BpfFileSystem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a plane has changed outside of its process, in a file: written before each change, gone
 * after a clean end. After any other end the next plane finds a {@link Handover} in it. There is
 * one for each network namespace; what another boot of the machine has left means nothing.
 *
 * <p>Safe in any thread.
 */
public final class PlaneRecord {

  /** Keeps nothing. */
  public static final PlaneRecord NONE = new PlaneRecord(null, "", null);

  private static final int MAX_SIZE = 16_384;
  private static final String HEAD = "weir packet plane 1";
  private static final Path PROC = Path.of("/proc");
  private static final FileAttribute<?> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private final @Nullable Path file;
  private final String boot;
  private final @Nullable PlanePins pins;
  private List<String> settings = List.of();
  private boolean rules;
  private @Nullable String problem;

  PlaneRecord(@Nullable Path file, String boot, @Nullable PlanePins pins) {
    this.file = file;
    this.boot = boot;
    this.pins = pins;
  }

  /**
   * The record for the network namespace of the calling thread.
   *
   * @param folder made when it is first written to
   * @throws IOException if {@code /proc} does not say which namespace and boot this is
   */
  public static PlaneRecord in(Path folder) throws IOException {
    String namespace = Files.readSymbolicLink(PROC.resolve("thread-self/ns/net")).toString();
    String boot = Files.readString(PROC.resolve("sys/kernel/random/boot_id")).strip();
    String number = namespace.replaceAll("[^0-9]", "");
    return new PlaneRecord(
        folder.resolve("packet-plane-" + number),
        boot,
        new PlanePins(BpfFileSystem.ROOT.resolve("weir").resolve(number)));
  }

  // ------------------------------------------------------------------ what was left

  /**
   * What a process left that did not come to its end, or let its plane persist: settings that are
   * still as it set them, rules, links and maps. Empty if there is no such process. What cannot be
   * read is left out, and is the {@link #problem}.
   */
  public synchronized Handover left() {
    List<Handover.Part> parts = new ArrayList<>(pins == null ? List.of() : pins.open());
    try {
      parts.addAll(changed(lines()));
    } catch (IOException damaged) {
      problem = damaged.getMessage();
    }
    return new Handover(parts);
  }

  private List<Handover.Part> changed(List<String> lines) {
    if (lines.isEmpty() || !lines.get(1).equals("boot " + boot)) {
      return List.of();
    }
    List<Handover.Part> parts = new ArrayList<>();
    for (String line : lines.subList(3, lines.size())) {
      Handover.Part part = new Handover.Part(line, -1);
      if (part.is(Handover.NFTABLES) ? NftEngine.hasRules("nft") : isAsItWasSet(part)) {
        parts.add(part);
      }
    }
    return parts;
  }

  /** Whether another process, which is running, keeps its record here. */
  public synchronized boolean isInUse() {
    try {
      List<String> lines = lines();
      return !lines.isEmpty() && lines.get(1).equals("boot " + boot) && isAlive(lines.get(2));
    } catch (IOException damaged) {
      return false;
    }
  }

  private List<String> lines() throws IOException {
    if (file == null) {
      return List.of();
    }
    byte[] content;
    try (var in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      content = in.readNBytes(MAX_SIZE + 1);
    } catch (NoSuchFileException none) {
      return List.of();
    }
    return parse(file.toString(), content);
  }

  /**
   * The lines of a record, all of them as one is written.
   *
   * @throws IOException if any is not
   */
  static List<String> parse(String name, byte[] content) throws IOException {
    String text = new String(content, StandardCharsets.ISO_8859_1);
    List<String> lines = text.lines().toList();
    boolean whole =
        content.length <= MAX_SIZE
            && lines.size() >= 3
            && text.endsWith("\n")
            && lines.get(0).equals(HEAD)
            && lines.get(1).matches("boot [0-9a-f-]{36}")
            && lines.get(2).matches("process [0-9]{1,9} [0-9]{1,18}")
            && lines.stream()
                .skip(3)
                .allMatch(line ->
                    line.matches(
                        "nftables|setting net(\\.[a-z0-9_]{1,40}){1,6} [0-9]{1,18} [0-9]{1,18}"));
    if (!whole) {
      throw new IOException(
          name + ": damaged (expected: a record of the packet plane; it is ignored)");
    }
    return lines;
  }

  /** Settings that someone has changed since are not ours to put back. */
  private static boolean isAsItWasSet(Handover.Part part) {
    return part.word(3).equals(new KernelSettings(PROC.resolve("sys")).get(part.word(1)));
  }

  private static boolean isAlive(String process) {
    String pid = process.split(" ", -1)[1];
    return process.equals(process(pid)) && Long.parseLong(pid) != ProcessHandle.current().pid();
  }

  /** Numbers of processes come again, in containers at once: when it began tells them apart. */
  private static String process(String pid) {
    try {
      String stat = Files.readString(PROC.resolve(pid + "/stat"), StandardCharsets.ISO_8859_1);
      // Field 22 of proc_pid_stat(5), counted behind the name, which may hold anything.
      String[] behindName = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return "process " + pid + " " + behindName[19];
    } catch (IOException e) {
      return "process " + pid + " 0";
    }
  }

  // ------------------------------------------------------------------ what is changed

  /** The settings that will be changed next, with those that are. */
  synchronized void settings(List<Handover.Part> parts) {
    List<String> next = parts.stream().map(Handover.Part::words).toList();
    if (!next.equals(settings)) {
      settings = next;
      write();
    }
  }

  /** That there will be rules of nftables. */
  synchronized void rules() {
    if (!rules) {
      rules = true;
      write();
    }
  }

  /** All that there is to undo: what was said before does not count. */
  synchronized void restate(Handover handover) {
    settings = handover.all(Handover.SETTING).stream().map(Handover.Part::words).toList();
    rules = !handover.all(Handover.NFTABLES).isEmpty();
    write();
  }

  private void write() {
    if (file == null) {
      return;
    }
    StringBuilder text = new StringBuilder(HEAD + "\nboot " + boot + "\n");
    text.append(process(Long.toString(ProcessHandle.current().pid()))).append('\n');
    settings.forEach(each -> text.append(each).append('\n'));
    text.append(rules ? Handover.NFTABLES + "\n" : "");
    try {
      Path folder = Objects.requireNonNull(file.toAbsolutePath().getParent());
      Files.createDirectories(folder);
      Path whole = Files.createTempFile(folder, ".packet-plane-", "", OWNER_ONLY);
      Files.writeString(whole, text);
      Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      problem = null;
    } catch (IOException e) {
      problem =
          "record: "
              + e
              + " (expected: a file that can be written; without it nobody undoes"
              + " what a killed process changed)";
    }
  }

  /**
   * Lets links and lasting maps outlive the process.
   *
   * @return whether that can be; else why not is the {@link #problem}
   */
  synchronized boolean pin(Handover plane) {
    try {
      if (pins != null) {
        pins.replace(plane);
      }
      return pins != null;
    } catch (IOException e) {
      problem = "persist: " + e.getMessage();
      return false;
    }
  }

  /** Lets links and maps end with the process. */
  synchronized void unpin() {
    try {
      if (pins != null) {
        pins.remove();
      }
    } catch (IOException e) {
      problem = "persist: " + e;
    }
  }

  /** Nothing is changed any more. */
  synchronized void delete() {
    settings = List.of();
    rules = false;
    try {
      unpin();
      if (file != null) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      problem = "record: " + e;
    }
  }

  /** Undoes what was left, with nobody to go on with it. */
  public synchronized void end(Handover left) {
    left.end();
    delete();
  }

  /** Why it could not be read or written, one sentence, or null. */
  public synchronized @Nullable String problem() {
    return problem;
  }
}
