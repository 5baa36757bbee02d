package io.weir.proxy.log;

import java.time.Duration;

/**
 * The access log of a process: a ring for each event loop and the thread that writes what comes
 * through them.
 *
 * <pre>{@code
 * AccessLog log = AccessLog.open(settings);
 * AccessLogRing ring = log.ring(loopIndex);   // in each loop, with an entry of its own
 * ring.publish(entry.clear().status(200) ...);
 * log.close();                                // when all loops have ended
 * }</pre>
 *
 * <p>A target that cannot be written to is no error here: it is said once in the operational log
 * and tried again, and entries are dropped and counted meanwhile.
 */
public final class AccessLog implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final LogWriter writer;

  private AccessLog(LogWriter writer) {
    this.writer = writer;
  }

  /** An access log whose thread runs. */
  public static AccessLog open(AccessLogSettings settings) {
    LogWriter writer = new LogWriter(settings);
    writer.start();
    return new AccessLog(writer);
  }

  /**
   * The ring of a loop.
   *
   * @param loop from 0, below the number of loops in the settings
   */
  public AccessLogRing ring(int loop) {
    return writer.ring(loop);
  }

  /** Entries written since the start. Any thread. */
  public long written() {
    return writer.written();
  }

  /** Entries lost since the start because their ring was full. Any thread. */
  public long dropped() {
    return writer.dropped();
  }

  /**
   * Writes what was published and ends the thread; gives up after five seconds if the target does
   * not take it, such as a pipe that nobody reads. To be called once nothing publishes any more.
   */
  @Override
  public void close() {
    try {
      boolean ended = writer.close(PATIENCE);
      if (!ended) {
        System.getLogger(AccessLog.class.getName())
            .log(System.Logger.Level.WARNING, "access log: closed while the target was stuck");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
