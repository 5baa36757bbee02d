package io.weir.app;

import io.weir.app.demo.Demo;
import io.weir.app.demo.Tour;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * {@code weir train}: a short life of {@code weir run}, from which the JVM learns for its start-up
 * cache (JEP 514). Backends and clients are in a second process, so that the cache holds what
 * serving needs and nothing else: all of it counts as resident memory.
 */
final class Training {
  private static final Duration TIME = Duration.ofSeconds(4);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private Training() {}

  /** Serves what the driver asks for, until it ends; an {@link ExitCode}. */
  static int run() {
    try {
      Process driver = startDriver();
      try (BufferedReader said = driver.inputReader()) {
        String config = said.readLine();
        return config == null ? ExitCode.UNAVAILABLE : serve(Path.of(config), driver);
      } finally {
        driver.destroy();
      }
    } catch (IOException failed) {
      System.err.println("train: " + failed);
      return ExitCode.UNAVAILABLE;
    }
  }

  private static Process startDriver() throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "train",
            "drive")
        .redirectError(Redirect.INHERIT)
        .start();
  }

  private static int serve(Path config, Process driver) {
    Daemon daemon =
        new Daemon(config, false, Optional.of(config.resolveSibling(Demo.CONTROL_SOCKET)));
    driver.onExit().thenRun(daemon::stop);
    return daemon.run();
  }

  /** The second process: prints its configuration's name, waits for it to be served, uses it. */
  static int drive() {
    Consumer<String> out = System.out::println;
    try (Demo demo = Demo.onFreePorts();
        Tour tour = new Tour(demo, out)) {
      out.accept(demo.config().toString());
      return tour.exercise(PATIENCE, TIME) ? ExitCode.OK : ExitCode.UNAVAILABLE;
    } catch (IOException failed) {
      System.err.println("train: " + failed);
      return ExitCode.UNAVAILABLE;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return ExitCode.UNAVAILABLE;
    }
  }
}
