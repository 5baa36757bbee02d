package io.weir.control;

import io.weir.config.Waf;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where rule sets of the web application firewall are found by their names: in the operator's
 * folder, then among the installed ones, then, for one name, where Debian's package puts it.
 *
 * <p>A rule set is a folder: its {@code rules} subfolder, or where it has none the folder itself,
 * holds {@code *.conf}; {@code crs-setup.conf}, or {@code crs-setup.conf.example}, comes first. Or
 * it is one file, {@code NAME.conf}.
 *
 * @param own the operator's folder
 * @param installed what {@code weir rules install} fills
 */
public record RuleFolders(Path own, Path installed) {
  /** The Core Rule Set 3 of Debian's package modsecurity-crs. */
  public static final String DEBIAN = "owasp_crs_v3";

  /** Where that package puts it. */
  public static final Path DEBIAN_RULES = Path.of("/usr/share/modsecurity-crs");

  private static final Path DEBIAN_SETUP = Path.of("/etc/modsecurity/crs/crs-setup.conf");

  /**
   * The files of a rule set.
   *
   * @param setup what has to stand before the settings of the configuration, if anything
   * @param rules in their order
   */
  public record Found(Optional<Path> setup, List<Path> rules) {}

  /**
   * Where {@code weir rules install} puts rule sets: {@code /var/lib/weir/rules} for root, else
   * {@code weir/rules} in {@code $XDG_STATE_HOME}, which is {@code ~/.local/state} by default.
   */
  public static Path installedBy(Map<String, String> environment, String user, String home) {
    if (user.equals("root")) {
      return Path.of("/var/lib/weir/rules");
    }
    String xdg = environment.getOrDefault("XDG_STATE_HOME", "");
    Path states = xdg.isEmpty() ? Path.of(home, ".local", "state") : Path.of(xdg);
    return states.resolve("weir").resolve("rules");
  }

  /** The same for this process. */
  public static Path installedHere() {
    return installedBy(
        System.getenv(), System.getProperty("user.name", ""), System.getProperty("user.home", ""));
  }

  /** As a block of a configuration wants it; relative names start at the configuration's folder. */
  public static RuleFolders of(Waf waf, Path folder, Path installed) {
    return new RuleFolders(folder.resolve(waf.rulesFolder().orElse("rules")), installed);
  }

  /**
   * The rule set of this name; empty if there is none.
   *
   * @throws IOException if a folder cannot be read
   */
  public Optional<Found> find(String name) throws IOException {
    Optional<Path> place = place(name);
    return place.isPresent() ? Optional.of(in(place.get())) : Optional.empty();
  }

  /** The folder or file of the rule set of this name; empty if there is none. */
  public Optional<Path> place(String name) {
    for (Path folder : List.of(own, installed)) {
      Path file = folder.resolve(name + ".conf");
      if (Files.isRegularFile(file)) {
        return Optional.of(file);
      }
      if (Files.isDirectory(folder.resolve(name))) {
        return Optional.of(folder.resolve(name));
      }
    }
    return name.equals(DEBIAN) && Files.isDirectory(DEBIAN_RULES)
        ? Optional.of(DEBIAN_RULES)
        : Optional.empty();
  }

  /**
   * The rule set in a folder or file, whatever its name.
   *
   * @throws IOException if the folder cannot be read
   */
  public static Found in(Path folder) throws IOException {
    if (Files.isRegularFile(folder)) {
      return new Found(Optional.empty(), List.of(folder));
    }
    if (folder.equals(DEBIAN_RULES)) {
      return new Found(first(DEBIAN_SETUP), files(DEBIAN_RULES.resolve("rules")));
    }
    Path rules = folder.resolve("rules");
    Optional<Path> setup =
        first(folder.resolve("crs-setup.conf"), folder.resolve("crs-setup.conf.example"));
    List<Path> files = new ArrayList<>(files(Files.isDirectory(rules) ? rules : folder));
    setup.ifPresent(files::remove);
    return new Found(setup, files);
  }

  private static Optional<Path> first(Path... candidates) {
    return Stream.of(candidates).filter(Files::isRegularFile).findFirst();
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".conf")).sorted().toList();
    }
  }
}
