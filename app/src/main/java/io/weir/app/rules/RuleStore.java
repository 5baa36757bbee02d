package io.weir.app.rules;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The folder of installed rule sets. A rule set is the symbolic link of its name, to one of the
 * folders in {@code releases}: renaming a new link over it changes all its files in one step, so
 * that a Weir that reads them at that moment sees the old ones or the new ones. The link {@code
 * NAME.previous} keeps the one before; older ones are deleted.
 */
final class RuleStore {
  private static final String RELEASES = "releases";
  private static final String PREVIOUS = ".previous";
  private static final int DIGEST_IN_NAME = 12;

  private final Path folder;

  /**
   * @param folder need not exist before something is installed
   */
  RuleStore(Path folder) {
    this.folder = folder;
  }

  /** The folder of an installed rule set, if there is one. */
  Optional<Path> find(String name) {
    Path link = folder.resolve(name);
    return Files.isDirectory(link) ? Optional.of(link) : Optional.empty();
  }

  /** A folder for what is not installed yet, on the same file system; the caller deletes it. */
  Path stage() throws IOException {
    Files.createDirectories(folder.resolve(RELEASES));
    return Files.createTempDirectory(folder.resolve(RELEASES), ".new-");
  }

  /**
   * Installs a folder, by moving it, under a name that stays the same for the same content.
   *
   * @param set the staged folder, whole and checked
   */
  void install(String name, RuleFolder set) throws IOException {
    String digest = set.digest().substring(0, DIGEST_IN_NAME);
    Path release = folder.resolve(RELEASES).resolve(name + "-" + set.version() + "-" + digest);
    if (Files.exists(release)) {
      delete(set.path());
    } else {
      Files.move(set.path(), release, StandardCopyOption.ATOMIC_MOVE);
    }
    Path running = target(name);
    if (!release.equals(running)) {
      if (running != null) {
        point(name + PREVIOUS, running);
      }
      point(name, release);
    }
    deleteUnused(name);
  }

  /**
   * Puts the rule set that was replaced last back in its place, and keeps the present one.
   *
   * @throws IOException if none was kept
   */
  void back(String name) throws IOException {
    Path running = target(name);
    Path previous = target(name + PREVIOUS);
    if (running == null || previous == null) {
      throw new IOException(name + ": there is no previous one");
    }
    point(name, previous);
    point(name + PREVIOUS, running);
  }

  /** Where a link points to, or null where there is none. */
  private @Nullable Path target(String name) throws IOException {
    Path link = folder.resolve(name);
    return Files.isSymbolicLink(link) ? folder.resolve(Files.readSymbolicLink(link)) : null;
  }

  /** A link is made beside the old one and renamed over it. */
  private void point(String name, Path target) throws IOException {
    Path link = folder.resolve(RELEASES).resolve("." + name);
    Files.deleteIfExists(link);
    Files.createSymbolicLink(link, folder.relativize(target));
    Files.move(link, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }

  private void deleteUnused(String name) throws IOException {
    Path running = target(name);
    Path previous = target(name + PREVIOUS);
    try (Stream<Path> releases = Files.list(folder.resolve(RELEASES))) {
      for (Path release : releases.toList()) {
        boolean own = String.valueOf(release.getFileName()).startsWith(name + "-");
        if (own && !release.equals(running) && !release.equals(previous)) {
          delete(release);
        }
      }
    }
  }

  /** The names of what is installed. */
  List<String> names() throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> links = Files.list(folder)) {
      return links
          .filter(Files::isDirectory)
          .map(link -> String.valueOf(link.getFileName()))
          .filter(name -> !name.equals(RELEASES) && !name.endsWith(PREVIOUS))
          .sorted()
          .toList();
    }
  }

  /** Deletes a folder with all that is in it; links are not followed. */
  static void delete(Path folder) throws IOException {
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path each, @Nullable IOException failed)
              throws IOException {
            if (failed != null) {
              throw failed;
            }
            Files.delete(each);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
