package io.weir.app.rules;

import io.weir.app.ExitCode;
import io.weir.control.ConfigRefusedException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code weir rules test}. */
@Command(
    name = "test",
    description = {
      "Runs a rule set's own regression tests, in the format of go-ftw, through the proxy.",
      "",
      "Starts a Weir that only detects, and a backend, both on loopback, sends every request as the"
          + " test writes it, and compares the rules that matched with those expected. A request that"
          + " Weir refuses before any rule sees it passes where the test expects a refusal, or nothing"
          + " but that a rule is absent; how many those are is said.",
      "The last line sums up: 12 passed, 0 failed, 0 skipped."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:none failed",
      "1:the rules do not compile, a test failed, or the configuration has problems",
      "2:the command line is wrong",
      "3:there are no tests, or they cannot be run"
    })
final class TestCommand implements Callable<Integer> {
  private static final int MAX_PARANOIA = 4;

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  @ArgGroup(multiplicity = "1")
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private Tested tested;

  /** One of them. */
  private static final class Tested {
    @Parameters(
        paramLabel = "FOLDER",
        description = "The rule set: a folder with rules and, in tests, their tests.")
    private Optional<Path> folder = Optional.empty();

    @Option(
        names = "--config",
        paramLabel = "FILE",
        description =
            "Instead of a folder: every rule set that this configuration's listeners and routes have, by itself. Those"
                + " without tests are named.")
    private Optional<Path> config = Optional.empty();
  }

  @Mixin
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private StoreOptions store;

  @Option(
      names = "--paranoia-level",
      paramLabel = "N",
      description = "1 to 4. Default: 4, for which the Core Rule Set's tests are written.")
  private int paranoia = MAX_PARANOIA;

  @Option(
      names = "--overrides",
      paramLabel = "FILE",
      description =
          "Tests whose expectation is another engine's or server's, with the reason; in the format of"
              + " the Core Rule Set's own overrides. Default: those that Weir has for its version.")
  private Optional<Path> overrides = Optional.empty();

  @Override
  public Integer call() throws InterruptedException {
    if (paranoia < 1 || paranoia > MAX_PARANOIA) {
      throw new ParameterException(
          spec.commandLine(), "--paranoia-level: " + paranoia + " (expected: 1 to 4)");
    }
    PrintWriter err = spec.commandLine().getErr();
    try {
      if (tested.folder.isPresent()) {
        return report(run(tested.folder.get()));
      }
      Path config = tested.config.orElseThrow();
      Optional<Set<NamedSet>> sets = NamedSet.in(config, store.folder(), spec.commandLine());
      return sets.isPresent() ? report(run(sets.get())) : ExitCode.CONFIGURATION;
    } catch (ConfigRefusedException refused) {
      err.println(refused.getMessage());
      return ExitCode.CONFIGURATION;
    } catch (IOException failed) {
      err.println(failed.getMessage());
      return ExitCode.UNAVAILABLE;
    }
  }

  private List<RegressionRun.Result> run(Set<NamedSet> sets)
      throws IOException, ConfigRefusedException, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    List<RegressionRun.Result> results = new ArrayList<>();
    for (NamedSet set : sets) {
      Path place = set.place().orElseThrow(() -> new IOException(set.name() + ": missing"));
      boolean tests = RegressionSuite.isIn(place);
      out.println(set.name() + ": " + place + (tests ? "" : " has no tests"));
      if (tests) {
        results.addAll(run(place));
      }
    }
    if (results.isEmpty()) {
      throw new IOException("no rule set of the configuration has tests");
    }
    return results;
  }

  private List<RegressionRun.Result> run(Path folder)
      throws IOException, ConfigRefusedException, InterruptedException {
    List<RegressionSuite.Case> cases = RegressionSuite.read(folder);
    Overrides known =
        overrides.isPresent()
            ? Overrides.read(overrides.get())
            : Overrides.shipped(RuleFolder.of(folder).version());
    try (TestBed bed = new TestBed(folder, paranoia)) {
      return new RegressionRun(known).run(cases, bed);
    }
  }

  private int report(List<RegressionRun.Result> results) {
    PrintWriter out = spec.commandLine().getOut();
    results.stream().filter(result -> result.override() != null).forEach(this::tellOverride);
    results.stream().filter(result -> result.problem() != null).forEach(this::tellFailure);
    long passed = results.stream().filter(RegressionRun.Result::passed).count();
    long skipped = results.stream().filter(RegressionRun.Result::skipped).count();
    long failed = results.size() - passed - skipped;
    long refused = results.stream().filter(each -> each.passed() && each.refused()).count();
    out.println(refused + " passed because Weir refuses the request before any rule sees it");
    out.printf("%d passed, %d failed, %d skipped%n", passed, failed, skipped);
    return failed == 0 ? ExitCode.OK : ExitCode.CONFIGURATION;
  }

  private void tellOverride(RegressionRun.Result result) {
    String what = result.skipped() ? "skipped" : "expected otherwise";
    tell(result, what + ": " + String.valueOf(result.override()).strip());
  }

  private void tellFailure(RegressionRun.Result result) {
    tell(result, String.valueOf(result.problem()));
  }

  private void tell(RegressionRun.Result result, String text) {
    spec.commandLine()
        .getOut()
        .println(result.of().file() + ": " + result.of().test().name() + ": " + text);
  }
}
