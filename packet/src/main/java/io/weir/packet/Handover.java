package io.weir.packet;

import io.weir.packet.bpf.BpfLink;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a running plane gives to the one that takes its place, in this process or in another: the
 * links by which its programs are attached, maps whose content goes on, and what it changed in the
 * kernel. As text and descriptors, to be sent over a Unix socket.
 *
 * @param parts in any order
 */
public record Handover(List<Part> parts) {

  /** Nobody ran before. */
  public static final Handover NONE = new Handover(List.of());

  /** More than any plane has: what is longer is not one. */
  private static final int MAX_PARTS = 4096;

  static final String LINK = "link";
  static final String MAP = "map";
  static final String SETTING = "setting";
  static final String NFTABLES = "nftables";

  /**
   * One thing.
   *
   * @param words what it is, printable ASCII in one line
   * @param descriptor of this process; -1: none
   */
  public record Part(String words, int descriptor) {

    /**
     * @throws IllegalArgumentException if {@code words} is not what a plane says
     */
    public Part {
      if (!words.matches("(link|map|setting|nftables)( [!-~]{1,64}){0,3}")) {
        throw new IllegalArgumentException("handover: a part that no plane has");
      }
    }

    boolean is(String kind) {
      return words.equals(kind) || words.startsWith(kind + " ");
    }

    /** The word at that place; the kind is at 0. */
    String word(int index) {
      String[] all = words.split(" ", -1);
      if (index >= all.length) {
        throw new IllegalArgumentException("handover: " + words + " (expected: more words)");
      }
      return all[index];
    }
  }

  /** Copies the list. */
  public Handover {
    parts = List.copyOf(parts);
    if (parts.size() > MAX_PARTS) {
      throw new IllegalArgumentException(
          "handover: " + parts.size() + " parts (expected: at most " + MAX_PARTS + ")");
    }
  }

  /** Whether there is nothing. */
  public boolean isEmpty() {
    return parts.isEmpty();
  }

  /** What there is, in a line. */
  public String summary() {
    return String.join(", ", parts.stream().map(Part::words).toList());
  }

  List<Part> all(String kind) {
    return parts.stream().filter(part -> part.is(kind)).toList();
  }

  /** The part of that kind whose first word is this, or null. */
  @Nullable Part find(String kind, String name) {
    return all(kind).stream().filter(part -> part.word(1).equals(name)).findFirst().orElse(null);
  }

  /** The same with descriptors of its own. */
  public Handover duplicate() {
    return new Handover(
        parts.stream()
            .map(part ->
                part.descriptor < 0
                    ? part
                    : new Part(part.words, BpfLink.duplicate(part.descriptor)))
            .toList());
  }

  /** Closes the descriptors; what they stand for lives on while others hold it. */
  public void close() {
    parts.stream()
        .filter(part -> part.descriptor >= 0)
        .forEach(part -> BpfLink.close(part.descriptor));
  }

  /**
   * Ends the plane that left this, where no other takes its place: detaches its programs, removes
   * its rules and puts the kernel's settings back.
   */
  public void end() {
    all(LINK).forEach(link -> BpfLink.adopt(link.descriptor).detach());
    if (!all(NFTABLES).isEmpty()) {
      NftEngine.removeRules("nft");
    }
    new KernelSettings(Path.of("/proc/sys"), this, PlaneRecord.NONE).settle();
    close();
  }
}
