package io.weir.app;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The program. What has to start fast, the plain {@code weir run FILE}, does without the command
 * line library; everything else is a {@link WeirCommand}.
 */
public final class Main {
  private Main() {}

  /** Ends the process with one of {@link ExitCode}. */
  public static void main(String[] args) {
    OperationalLog.install();
    System.exit(run(args));
  }

  private static int run(String[] args) {
    if (args.length == 2 && args[0].equals("run") && !args[1].startsWith("-")) {
      return new Daemon(Path.of(args[1]), false, Optional.empty()).run();
    }
    if (args.length >= 1 && args[0].equals("train")) {
      return args.length == 1 ? Training.run() : Training.drive();
    }
    return WeirCommand.run(args);
  }

  /** The version that the jar's manifest names. */
  static String version() {
    String version = Main.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
