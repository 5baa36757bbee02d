package io.weir.control;

import java.lang.System.Logger.Level;
import java.time.Duration;

/**
 * Looks for changes of the configuration, of the files it names and of its backends' addresses, and
 * has them taken up. Files are asked for their times rather than watched: that works on every file
 * system, through symbolic links and for files that are replaced, and costs microseconds.
 */
final class Watcher {
  private static final System.Logger LOG = System.getLogger(Watcher.class.getName());

  /** The JDK keeps answers to name look-ups for as long. */
  private static final Duration NAMES_EVERY = Duration.ofSeconds(30);

  private final Controller controller;
  private final Duration every;

  Watcher(Controller controller, Duration every) {
    this.controller = controller;
    this.every = every;
  }

  /** Watches until the process ends or the thread is interrupted. */
  Thread start() {
    Thread thread = Thread.ofPlatform().daemon().name("weir-watch").unstarted(this::run);
    if (every.isPositive()) {
      thread.start();
    }
    return thread;
  }

  private void run() {
    try {
      long namesAsked = System.nanoTime();
      while (true) {
        Thread.sleep(every);
        boolean askNames = System.nanoTime() - namesAsked >= NAMES_EVERY.toNanos();
        namesAsked = askNames ? System.nanoTime() : namesAsked;
        look(askNames);
      }
    } catch (InterruptedException closed) {
      Thread.currentThread().interrupt();
    }
  }

  private void look(boolean askNames) throws InterruptedException {
    try {
      controller.tryAgain();
      if (controller.isOutdated(askNames)) {
        controller.awaitRest(every);
        controller.reload();
      }
    } catch (RuntimeException failed) {
      LOG.log(Level.ERROR, "configuration: cannot be taken up", failed);
    }
  }
}
