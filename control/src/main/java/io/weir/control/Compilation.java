package io.weir.control;

import io.weir.config.Problem;
import java.nio.file.Path;
import java.util.List;

/** What compiling a configuration comes to. */
public sealed interface Compilation {

  /** It can be served. */
  record Accepted(Generation generation) implements Compilation {}

  /**
   * It is refused as a whole.
   *
   * @param problems all of them, at least one, in the order of the file
   */
  record Refused(List<Problem> problems) implements Compilation {
    /** The list is copied. */
    public Refused {
      problems = List.copyOf(problems);
    }
  }

  /**
   * Reads and compiles a configuration without serving it: no socket is opened, and no backend is
   * spoken to. Reads the certificates it names and looks up its backends' host names. The
   * generation is complete, so that hypothetical requests can be sent through its snapshot; it is
   * to be closed.
   *
   * @param file relative names in it start at its folder
   */
  static Compilation of(Path file) {
    Compilation compilation =
        new SnapshotCompiler(SourceFiles.of(file), HostNames.none()).compile(file);
    if (compilation instanceof Accepted accepted) {
      accepted.generation().live().begin(Live.none(), System.nanoTime());
    }
    return compilation;
  }
}
