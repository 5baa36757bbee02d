package io.weir.app.rules;

import io.weir.control.RuleFolders;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Where installed rule sets are: for all commands that read or change them. */
final class StoreOptions {
  @Option(
      names = "--folder",
      paramLabel = "FOLDER",
      description =
          "Where rule sets are installed. Default: /var/lib/weir/rules for root, else"
              + " $$XDG_STATE_HOME/weir/rules or ~/.local/state/weir/rules.")
  private Optional<Path> folder = Optional.empty();

  RuleStore store() {
    return new RuleStore(folder());
  }

  Path folder() {
    return folder.orElseGet(RuleFolders::installedHere);
  }
}
