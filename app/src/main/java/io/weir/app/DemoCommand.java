package io.weir.app;

import io.weir.app.demo.Demo;
import io.weir.app.demo.Tour;
import io.weir.control.ConfigRefusedException;
import io.weir.control.Controller;
import io.weir.control.Options;
import io.weir.proxy.ListeningSockets;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code weir demo}. */
@Command(
    name = "demo",
    description = {
      "Shows Weir at work: starts three backends on loopback that say what they see of the client,"
          + " serves HTTP and HTTPS before them, and prints commands to try.",
      "",
      "Everything it makes is in a folder for temporary files, and goes with it."
    },
    mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description =
          "For HTTP; the next two are for HTTPS and management. Default: 8080, 8443 and 9901. Where"
              + " one is taken, a free one is used.")
  private int port;

  @Option(
      names = "--once",
      description = "Runs the commands itself, prints what came of them, and ends.")
  private boolean once;

  @Override
  public Integer call() throws IOException, InterruptedException, ConfigRefusedException {
    PrintWriter out = spec.commandLine().getOut();
    try (Demo demo = once && port == 0 ? Demo.onFreePorts() : Demo.prepare(port, out::println);
        Tour tour = new Tour(demo, out::println)) {
      return once
          ? once(demo, tour)
          : new Daemon(demo.config(), false, Optional.of(demo.controlSocket()))
              .run(_ -> tour.show());
    }
  }

  private static int once(Demo demo, Tour tour)
      throws IOException, InterruptedException, ConfigRefusedException {
    try (Controller _ =
        Controller.start(demo.config(), ListeningSockets.none(), Options.of(Main.version()))) {
      return tour.run() ? ExitCode.OK : ExitCode.UNAVAILABLE;
    }
  }
}
