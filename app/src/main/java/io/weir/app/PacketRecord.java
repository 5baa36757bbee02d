package io.weir.app;

import io.weir.control.RuleFolders;
import io.weir.packet.Handover;
import io.weir.packet.PlaneRecord;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.Objects;

/**
 * The record of what the packet plane changes outside of this process: in {@code $STATE_DIRECTORY},
 * which systemd sets, else beside the folder of the installed rule sets.
 */
final class PacketRecord {
  private static final System.Logger LOG = System.getLogger(PacketRecord.class.getName());

  private PacketRecord() {}

  /** That of this network namespace. */
  static PlaneRecord here() throws IOException {
    String managed = Objects.requireNonNullElse(System.getenv("STATE_DIRECTORY"), "");
    Path folder =
        managed.isEmpty()
            ? Objects.requireNonNull(RuleFolders.installedHere().getParent())
            : Path.of(managed.split(":", -1)[0]);
    return PlaneRecord.in(folder);
  }

  /** The same, or none if another process, which is running, keeps its own there. */
  static PlaneRecord ifFree() throws IOException {
    PlaneRecord record = here();
    if (record.isInUse()) {
      LOG.log(
          Level.WARNING,
          "packet plane: another process keeps its record of this network; what this one changes"
              + " stays if it is killed");
      return PlaneRecord.NONE;
    }
    return record;
  }

  /** What a process left that was killed; nothing if nobody can tell. */
  static Handover left(PlaneRecord record) {
    try {
      Handover left = record.left();
      if (!left.isEmpty()) {
        LOG.log(
            Level.WARNING,
            "packet plane: goes on with what a process left that did not come to its end: {0}",
            left.summary());
      }
      return left;
    } catch (IOException damaged) {
      LOG.log(Level.WARNING, "packet plane: {0}", damaged.getMessage());
      return Handover.NONE;
    }
  }
}
