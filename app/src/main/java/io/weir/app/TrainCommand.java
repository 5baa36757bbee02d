package io.weir.app;

import io.weir.app.demo.Demo;
import io.weir.app.demo.Tour;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;

/**
 * {@code weir train}: a short life of {@code weir run}, from which the JVM learns for its start-up
 * cache (JEP 514).
 */
@Command(name = "train", hidden = true, description = "A short life, for the start-up cache.")
final class TrainCommand implements Callable<Integer> {
  private static final Duration TIME = Duration.ofSeconds(4);

  @Override
  public Integer call() throws IOException {
    Consumer<String> out = System.out::println;
    try (Demo demo = Demo.onFreePorts();
        Tour tour = new Tour(demo, out)) {
      Daemon daemon = new Daemon(demo.config(), false, Optional.of(demo.controlSocket()));
      return daemon.run(_ -> Thread.ofPlatform().start(() -> exercise(tour, daemon)));
    }
  }

  private static void exercise(Tour tour, Daemon daemon) {
    try {
      tour.exercise(TIME);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } finally {
      daemon.stop();
    }
  }
}
