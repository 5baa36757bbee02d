package io.weir.app.rules;

import io.weir.app.ExitCode;
import io.weir.control.RuleFolders;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code weir rules list}. */
@Command(
    name = "list",
    description = {
      "Lists the rule sets on this machine, or those that a configuration names.",
      "",
      "For each: the name for rule_sets, the version that the rules say they are, how many of them"
          + " run at the default paranoia level, the beginning of the SHA-256 over rules and data, and"
          + " the folder."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:listed",
      "1:the configuration has problems, or names a rule set that is not there",
      "2:the command line is wrong",
      "3:a folder cannot be read"
    })
final class ListCommand implements Callable<Integer> {
  private static final String ROW = "%-20s %-10s %6s  %-12s  %s%n";
  private static final int DIGITS = 12;

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Only the rule sets that this configuration's listeners and routes have.")
  private Optional<Path> config = Optional.empty();

  @Mixin
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private StoreOptions store;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    try {
      if (config.isPresent()) {
        return listNamed(config.get(), out);
      }
      heading(out);
      for (String name : store.store().names()) {
        print(out, name, RuleFolder.of(store.folder().resolve(name)));
      }
      if (Files.isDirectory(RuleFolders.DEBIAN_RULES)) {
        print(out, RuleFolders.DEBIAN, RuleFolder.of(RuleFolders.DEBIAN_RULES));
      }
      return ExitCode.OK;
    } catch (IOException failed) {
      spec.commandLine().getErr().println(failed);
      return ExitCode.UNAVAILABLE;
    }
  }

  private int listNamed(Path file, PrintWriter out) throws IOException {
    Optional<Set<NamedSet>> sets = NamedSet.in(file, store.folder(), spec.commandLine());
    if (sets.isEmpty()) {
      return ExitCode.CONFIGURATION;
    }
    heading(out);
    for (NamedSet set : sets.get()) {
      if (set.place().isPresent()) {
        print(out, set.name(), RuleFolder.of(set.place().get()));
      } else {
        out.printf(ROW, set.name(), "-", "-", "-", "missing");
      }
    }
    return sets.get().stream().allMatch(set -> set.place().isPresent())
        ? ExitCode.OK
        : ExitCode.CONFIGURATION;
  }

  private static void heading(PrintWriter out) {
    out.printf(ROW, "NAME", "VERSION", "RULES", "DIGEST", "WHERE");
  }

  private static void print(PrintWriter out, String name, RuleFolder set) throws IOException {
    out.printf(
        ROW, name, set.version(), set.ruleCount(), set.digest().substring(0, DIGITS), set.path());
  }
}
