package io.weir.app.rules;

import io.weir.app.ExitCode;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code weir rules update}. */
@Command(
    name = "update",
    description = {
      "Replaces an installed rule set by another release, or by the one before.",
      "",
      "The replaced one is kept, for --previous. A running Weir that uses the rule set takes the"
          + " change up by itself."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:replaced",
      "1:its rules do not compile",
      "2:the command line is wrong",
      "3:it cannot be had, it is not what it should be, or none is installed"
    })
final class UpdateCommand implements Callable<Integer> {
  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  @Parameters(paramLabel = "NAME", description = "The rule set: owasp_crs_v4.")
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private String name;

  @Option(
      names = "--previous",
      description = "Puts the one that was replaced last back in its place.")
  private boolean previous;

  @Mixin
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private SourceOptions source;

  @Mixin
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private StoreOptions store;

  @Override
  public Integer call() throws InterruptedException {
    Report report = new Report(spec.commandLine());
    Release release = report.release(name);
    if (store.store().find(name).isEmpty()) {
      report.failed(name + " is not installed; `weir rules install` does it");
      return ExitCode.UNAVAILABLE;
    }
    return previous ? back(report) : report.install(source, release, store.store());
  }

  private int back(Report report) {
    try {
      store.store().back(name);
      report.show("serves", RuleFolder.of(store.store().find(name).orElseThrow()));
      return ExitCode.OK;
    } catch (IOException failed) {
      report.failed(String.valueOf(failed.getMessage()));
      return ExitCode.UNAVAILABLE;
    }
  }
}
