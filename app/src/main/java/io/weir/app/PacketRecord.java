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

  /**
   * The same for a process that serves: none if another one, which is running and not taken over
   * from, keeps its own there, or if this one may not see which network it is in.
   */
  static PlaneRecord toServeWith(boolean takeover) {
    try {
      PlaneRecord record = here();
      if (takeover || !record.isInUse()) {
        return record;
      }
      LOG.log(
          Level.WARNING,
          "packet plane: another process keeps its record of this network; what this one changes"
              + " stays if it is killed");
    } catch (IOException hidden) {
      LOG.log(Level.INFO, "packet plane: no record is kept: {0}", hidden.toString());
    }
    return PlaneRecord.NONE;
  }

  /** What a process left that was killed, or whose plane persists. */
  static Handover left(PlaneRecord record) {
    Handover left = record.left();
    String problem = record.problem();
    if (problem != null) {
      LOG.log(Level.WARNING, "packet plane: {0}", problem);
    }
    if (!left.isEmpty()) {
      LOG.log(Level.INFO, "packet plane: goes on with what a process left: {0}", left.summary());
    }
    return left;
  }
}
