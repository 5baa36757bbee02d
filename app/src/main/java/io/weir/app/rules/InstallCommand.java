package io.weir.app.rules;

import io.weir.app.ExitCode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code weir rules install}. */
@Command(
    name = "install",
    description = {
      "Fetches a release of a rule set, and installs it.",
      "",
      "The archive is unpacked only if its checksum is the given one, and put in place in one step if"
          + " its rules compile. A running Weir that uses the rule set takes it up by itself."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:installed",
      "1:its rules do not compile",
      "2:the command line is wrong",
      "3:it cannot be had, it is not what it should be, or one is installed already"
    })
final class InstallCommand implements Callable<Integer> {
  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  @Parameters(paramLabel = "NAME", description = "The rule set: owasp_crs_v4.")
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private String name;

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
    if (store.store().find(name).isPresent()) {
      report.failed(name + " is installed; `weir rules update` replaces it");
      return ExitCode.UNAVAILABLE;
    }
    return report.install(source, release, store.store());
  }
}
