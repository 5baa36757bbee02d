package io.weir.app;

import io.weir.app.rules.RulesCommand;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code weir}: the commands and what they have in common. */
@Command(
    name = "weir",
    description = "A load balancer that is a security boundary first.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    versionProvider = WeirCommand.Version.class,
    subcommands = {
      RunCommand.class,
      CheckCommand.class,
      ExplainCommand.class,
      RulesCommand.class,
      WafCommand.class,
      TopCommand.class,
      PacketCommand.class,
      DemoCommand.class,
      HelpCommand.class
    })
final class WeirCommand implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  private WeirCommand() {}

  /** Runs the command that the arguments name; an {@link ExitCode}. */
  static int run(String[] args) {
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    int code = commandLine().setOut(out).setErr(err).execute(args);
    out.flush();
    return code;
  }

  /** Every command with its options. */
  static CommandLine commandLine() {
    return new CommandLine(new WeirCommand())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpWidth(100);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "which command?");
  }

  /** What {@code weir --version} says. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"weir " + Main.version()};
    }
  }
}
