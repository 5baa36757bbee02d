package io.weir.app.rules;

import io.weir.config.Config;
import io.weir.config.ConfigReader;
import io.weir.config.ConfigResult;
import io.weir.config.Waf;
import io.weir.control.RuleFolders;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import picocli.CommandLine;

/**
 * A rule set that a configuration names.
 *
 * @param name as in {@code rule_sets}
 * @param place its folder or file; empty if there is none
 */
record NamedSet(String name, Optional<Path> place) {

  /**
   * All that listeners and routes have, in the order of the file.
   *
   * @param installed the folder of installed ones
   * @return empty if the configuration is refused, which then has been said
   */
  static Optional<Set<NamedSet>> in(Path file, Path installed, CommandLine line) {
    return switch (ConfigReader.load(file)) {
      case ConfigResult.Refused refused -> {
        refused.problems().forEach(line.getErr()::println);
        yield Optional.empty();
      }
      case ConfigResult.Accepted accepted ->
          Optional.of(in(accepted.config(), folder(file), installed));
    };
  }

  private static Path folder(Path file) {
    return Optional.ofNullable(file.toAbsolutePath().getParent()).orElse(file);
  }

  private static Set<NamedSet> in(Config config, Path folder, Path installed) {
    Set<NamedSet> found = new LinkedHashSet<>();
    Stream.concat(
            config.listeners().stream().map(listener -> listener.waf()),
            config.routes().stream().map(route -> route.waf()))
        .flatMap(Optional::stream)
        .filter(Waf::enabled)
        .forEach(waf -> {
          RuleFolders folders = RuleFolders.of(waf, folder, installed);
          waf.ruleSets().forEach(name -> found.add(new NamedSet(name, folders.place(name))));
        });
    return found;
  }
}
