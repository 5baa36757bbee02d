package io.weir.app;

import io.weir.control.Compilation;
import io.weir.control.Generation;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code weir check}. */
@Command(
    name = "check",
    description = {
      "Tells whether a configuration can be served: prints all its problems with line, column and"
          + " hint, or a summary of what would be served.",
      "",
      "Reads the certificates it names and looks its backends' host names up; opens no socket."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {"0:it can be served", "1:it has problems", "2:the command line is wrong"})
final class CheckCommand implements Callable<Integer> {
  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "The configuration.")
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private Path file;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    switch (Compilation.of(file)) {
      case Compilation.Refused refused -> {
        refused.problems().forEach(out::println);
        int count = refused.problems().size();
        out.println(count == 1 ? "1 problem" : count + " problems");
        return ExitCode.CONFIGURATION;
      }
      case Compilation.Accepted accepted -> {
        try (Generation generation = accepted.generation()) {
          out.println(file + ": ok");
          Summary.print(generation.config(), out);
          Summary.print(generation.packets(), out);
        }
        return ExitCode.OK;
      }
    }
  }
}
