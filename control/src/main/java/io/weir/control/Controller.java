package io.weir.control;

import io.weir.config.Pool.HealthCheck;
import io.weir.config.Problem;
import io.weir.control.Live.LivePool;
import io.weir.control.health.HealthMonitor;
import io.weir.control.health.HealthResult;
import io.weir.control.management.ManagementPort;
import io.weir.control.packet.PacketGuard;
import io.weir.packet.Handover;
import io.weir.packet.PlaneRecord;
import io.weir.proxy.ListeningSockets;
import io.weir.proxy.Proxy;
import io.weir.proxy.upstream.Backend;
import io.weir.proxy.upstream.Pool;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Runs a proxy by a configuration file: compiles it, publishes it, and does so again when the file,
 * or one that it names, has changed. A configuration that is refused changes nothing.
 *
 * <p>May be used from any thread.
 */
public final class Controller implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Controller.class.getName());

  private final Path file;
  private final Options options;
  private final Proxy proxy;
  private final AccessLogs accessLogs;
  private final HealthMonitor health = new HealthMonitor(this::checked);
  private final PacketGuard packets;
  private final ManagementPort management = new ManagementPort(this);
  private final Instant started = Instant.now();
  private SourceFiles files;
  private HostNames names;
  private boolean ending;
  private volatile Generation current;
  private volatile Status status;
  private final Thread watcher;

  private Controller(
      Path file,
      Options options,
      Proxy proxy,
      PacketGuard packets,
      SourceFiles files,
      HostNames names,
      Generation first)
      throws IOException {
    this.file = file;
    this.options = options;
    this.proxy = proxy;
    this.packets = packets;
    this.files = files;
    this.names = names;
    this.accessLogs = new AccessLogs(proxy);
    this.current = first;
    this.status = new Status(1, first.snapshot().digest(), started, 0, 0, List.of());
    packets.use(first.packets());
    publish(first, Live.none());
    this.watcher = new Watcher(this, options.watchEvery()).start();
  }

  /**
   * Starts a proxy; on return it serves.
   *
   * @param file the configuration; relative names in it start at its folder
   * @param inherited listening sockets that an ending process hands over
   * @throws ConfigRefusedException if the configuration is wrong
   * @throws IOException if an address cannot be bound, or the packet plane not started
   */
  public static Controller start(Path file, ListeningSockets inherited, Options options)
      throws ConfigRefusedException, IOException {
    return start(file, inherited, Handover.NONE, PlaneRecord.NONE, options);
  }

  /**
   * The same, going on with the packet plane of the ending process until {@link #settle}.
   *
   * @param plane what the ending process hands over of it, or one before has left
   * @param record of what the packet plane changes outside of this process
   */
  public static Controller start(
      Path file, ListeningSockets inherited, Handover plane, PlaneRecord record, Options options)
      throws ConfigRefusedException, IOException {
    SourceFiles files = SourceFiles.of(file);
    HostNames names = HostNames.none();
    Generation first =
        switch (new SnapshotCompiler(files, names).compile(file)) {
          case Compilation.Refused refused -> throw new ConfigRefusedException(refused.problems());
          case Compilation.Accepted accepted -> accepted.generation();
        };
    Proxy proxy = new Proxy(first.workers(), inherited);
    PacketGuard packets = new PacketGuard(plane, record);
    proxy.setBlockObserver(packets.bans());
    try {
      return new Controller(file, options, proxy, packets, files, names, first);
    } catch (IOException | RuntimeException failed) {
      packets.close();
      proxy.close();
      first.close();
      throw failed;
    }
  }

  // ------------------------------------------------------------------ publish

  /**
   * Reads the configuration again, with all the files it names, and serves it.
   *
   * @return why it was refused; empty if it is served
   */
  public synchronized List<Problem> reload() {
    if (ending) {
      return List.of(problem("draining: nothing is taken up any more"));
    }
    Generation running = current;
    HostNames nextNames = names.again();
    files = files.again(file);
    SnapshotCompiler compiler = new SnapshotCompiler(running, proxy.workers(), files, nextNames);
    return switch (compiler.compile(file)) {
      case Compilation.Refused refused -> refused(refused.problems());
      case Compilation.Accepted accepted -> {
        names = nextNames;
        yield takeUp(accepted.generation(), running);
      }
    };
  }

  private List<Problem> takeUp(Generation next, Generation running) {
    try {
      packets.use(next.packets());
    } catch (IOException failed) {
      next.live().abandon(running.live());
      return refused(List.of(problem(String.valueOf(failed.getMessage()))));
    }
    try {
      publish(next, running.live());
    } catch (IOException notBound) {
      next.live().abandon(running.live());
      putPacketsBack(running);
      return refused(List.of(problem("cannot listen: " + notBound.getMessage())));
    }
    Status before = status;
    status =
        new Status(
            next.snapshot().generation(),
            next.snapshot().digest(),
            Instant.now(),
            before.reloads() + 1,
            before.refusals(),
            List.of());
    LOG.log(
        Level.INFO,
        "configuration {0}: serving generation {1}",
        status.digest(),
        Long.toString(status.generation()));
    if (next.workers() != running.workers()) {
      LOG.log(Level.WARNING, "workers: {0} from the next start on", next.workers());
    }
    return List.of();
  }

  private void putPacketsBack(Generation running) {
    try {
      packets.use(running.packets());
    } catch (IOException failed) {
      LOG.log(
          Level.ERROR, "{0}; it stays as the refused configuration wants it", failed.getMessage());
    }
  }

  private Problem problem(String message) {
    return new Problem(file.toString(), 0, 0, "", message, Optional.empty());
  }

  private List<Problem> refused(List<Problem> problems) {
    Status before = status;
    status =
        new Status(
            before.generation(),
            before.digest(),
            before.published(),
            before.reloads(),
            before.refusals() + 1,
            problems);
    problems.forEach(problem -> LOG.log(Level.ERROR, "{0}", problem));
    LOG.log(
        Level.ERROR,
        "configuration refused, generation {0} goes on",
        Long.toString(before.generation()));
    return problems;
  }

  /** First what may fail, unseen; then one volatile store; then what is left of the one before. */
  private void publish(Generation next, Live running) throws IOException {
    long now = System.nanoTime();
    next.live().begin(running, now);
    proxy.publish(next.snapshot());
    next.live().takeOver(running, now);
    current = next;
    packets.rebalance();
    check(next);
    accessLogs.use(next.accessLog());
    management.use(
        next.config().management().map(m -> SnapshotCompiler.socket(m.address())).orElse(null));
    proxy.each(loop -> true); // from here on no loop is amid anything of the one before
    next.live().end(running, now);
  }

  private void check(Generation next) {
    Map<Pool, HealthCheck> checks = new HashMap<>();
    for (LivePool pool : next.live().pools().values()) {
      pool.healthCheck().ifPresent(check -> checks.put(pool.pool(), check));
    }
    try {
      health.update(checks);
    } catch (InterruptedException closed) {
      Thread.currentThread().interrupt();
    }
  }

  private void checked(Backend backend, HealthResult result, boolean changed) {
    if (changed) {
      packets.healthChanged(backend.pool());
      LOG.log(
          result.well() ? Level.INFO : Level.WARNING,
          "pool {0}: backend {1} is {2}: {3}",
          backend.pool().name(),
          backend.name(),
          result.well() ? "healthy" : "unhealthy",
          result.detail());
    }
  }

  /** Waits while files are being written: until none has changed for so long. */
  void awaitRest(Duration time) throws InterruptedException {
    Map<Path, String> before;
    Map<Path, String> now = stampsNow();
    do {
      before = now;
      Thread.sleep(time);
      now = stampsNow();
    } while (!now.equals(before));
  }

  private synchronized Map<Path, String> stampsNow() {
    return files.stampsNow();
  }

  /** Binds what could not be bound before. */
  void tryAgain() {
    management.tryAgain();
  }

  /** Whether a file, or with {@code namesToo} the address of a backend, is another than it was. */
  synchronized boolean isOutdated(boolean namesToo) {
    return !files.stampsNow().equals(files.stamps()) || (namesToo && names.changed());
  }

  // ------------------------------------------------------------------ observe

  /** What is served. */
  public Proxy proxy() {
    return proxy;
  }

  /** The generation being served. */
  public Generation generation() {
    return current;
  }

  /** Where metrics and status are served, or null where they are not. */
  public @Nullable InetSocketAddress managementAddress() {
    return management.address();
  }

  /** What has become of the configuration. */
  public Status status() {
    return status;
  }

  /** The packet plane. */
  public PacketGuard packets() {
    return packets;
  }

  /** When it was started. */
  public Instant started() {
    return started;
  }

  /** How it was started. */
  public Options options() {
    return options;
  }

  /** Access log entries written since the start. */
  public long logEntriesWritten() {
    return accessLogs.written();
  }

  /** Access log entries lost since the start. */
  public long logEntriesDropped() {
    return accessLogs.dropped();
  }

  // ------------------------------------------------------------------ end

  /**
   * Gives up the management address and the packet plane, for the process that takes over from this
   * one. To be called before {@link #drain}.
   */
  public void handOver() {
    management.close();
    packets.release();
  }

  /** The process that this one took over from has been told so, and lets go of its packet plane. */
  public void settle() {
    packets.settle();
  }

  /**
   * Stops accepting connections and lets requests in progress end.
   *
   * @return whether everything ended before the time was over
   */
  public boolean drain(Duration atMost) throws InterruptedException {
    end();
    return proxy.drain(atMost);
  }

  /** A reload would listen again. */
  private synchronized void end() {
    ending = true;
    watcher.interrupt();
  }

  /** Ends at once; to be called after {@link #drain} where requests are to end first. */
  @Override
  public synchronized void close() {
    end();
    management.close();
    health.close();
    packets.leave();
    proxy.close();
    accessLogs.close();
    current.close();
  }
}
