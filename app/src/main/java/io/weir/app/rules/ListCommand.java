package io.weir.app.rules;

import io.weir.app.ExitCode;
import io.weir.control.RuleFolders;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code weir rules list}. */
@Command(
    name = "list",
    description = {
      "Lists the rule sets on this machine.",
      "",
      "For each: the name for rule_sets, the version that the rules say they are, how many of them"
          + " run at the default paranoia level, the beginning of the SHA-256 over rules and data, and"
          + " the folder."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {"0:listed", "2:the command line is wrong", "3:a folder cannot be read"})
final class ListCommand implements Callable<Integer> {
  private static final String ROW = "%-20s %-10s %6s  %-12s  %s%n";
  private static final int DIGITS = 12;

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  @Mixin
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private StoreOptions store;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    try {
      out.printf(ROW, "NAME", "VERSION", "RULES", "DIGEST", "WHERE");
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

  private static void print(PrintWriter out, String name, RuleFolder set) throws IOException {
    out.printf(
        ROW, name, set.version(), set.ruleCount(), set.digest().substring(0, DIGITS), set.path());
  }
}
