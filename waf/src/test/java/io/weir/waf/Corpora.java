package io.weir.waf;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Finds test data that are not part of the project: a folder beside it, or one that is named. */
public final class Corpora {
  private Corpora() {}

  /** The folder of the Core Rule Set 4, with its tests. */
  public static Optional<Path> crs4() {
    return find("weir.crs", "crs-4.28.0", "rules");
  }

  /** Published vectors and corpora. */
  public static Optional<Path> waf() {
    return find("weir.waf-corpora", "waf-corpora", "secrules-language");
  }

  private static Optional<Path> find(String property, String name, String inside) {
    String given =
        System.getProperty(property, System.getenv().getOrDefault(envName(property), ""));
    if (!given.isEmpty()) {
      return Optional.of(Path.of(given));
    }
    Path parent = Path.of("").toAbsolutePath().getParent();
    for (int up = 0; parent != null && up < 2; up++) {
      Path folder = parent.resolve("shared").resolve(name);
      if (Files.isDirectory(folder.resolve(inside))) {
        return Optional.of(folder);
      }
      parent = parent.getParent();
    }
    return Optional.empty();
  }

  private static String envName(String property) {
    return property.toUpperCase(java.util.Locale.ROOT).replace('.', '_').replace('-', '_');
  }
}
