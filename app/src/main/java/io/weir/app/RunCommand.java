package io.weir.app;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code weir run}. */
@Command(
    name = "run",
    description = {
      "Serves.",
      "",
      "SIGHUP, and every change of the file, reloads it. SIGTERM and SIGINT stop accepting and let"
          + " requests in progress end, for drain_timeout at most; a second one ends at once. The"
          + " operational log goes to stderr."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:ended as asked, every connection in order",
      "1:the configuration has problems",
      "2:the command line is wrong",
      "3:cannot serve: an address is in use, or nobody to take over from",
      "4:the drain timeout cut connections off",
      "130, 143:a second SIGINT or SIGTERM ended it"
    })
final class RunCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", description = "The configuration.")
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private Path file;

  @Option(
      names = "--takeover",
      description =
          "Take the listening sockets over from the process that runs this configuration: it goes on"
              + " until this one serves, then drains and ends. No connection is refused in between.")
  private boolean takeover;

  @Option(
      names = "--control-socket",
      paramLabel = "PATH",
      description =
          "The Unix socket for the takeover, from the running process and by the next one. Default:"
              + " takeover_socket of the configuration, else one named after the file in"
              + " $$XDG_RUNTIME_DIR/weir or /run/weir.")
  private Optional<Path> controlSocket = Optional.empty();

  @Override
  public Integer call() {
    return new Daemon(file, takeover, controlSocket).run();
  }
}
