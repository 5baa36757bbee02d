package io.weir.app;

import io.netty.channel.Channel;
import io.netty.channel.epoll.Epoll;
import io.weir.app.takeover.ControlPath;
import io.weir.app.takeover.TakeoverClient;
import io.weir.app.takeover.TakeoverServer;
import io.weir.config.Config;
import io.weir.config.ConfigReader;
import io.weir.config.ConfigResult;
import io.weir.control.ConfigRefusedException;
import io.weir.control.Controller;
import io.weir.control.Options;
import io.weir.net.HostPort;
import io.weir.net.IpAddress;
import io.weir.packet.Handover;
import io.weir.packet.PlaneRecord;
import io.weir.proxy.ListeningSockets;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A serving process: starts, reloads on SIGHUP, drains and ends on SIGTERM or SIGINT, or when a new
 * process has taken its sockets over. Signals and the takeover only leave a word; the thread that
 * called {@link #run} does the work.
 */
final class Daemon {
  private static final System.Logger LOG = System.getLogger(Daemon.class.getName());

  private final Path file;
  private final boolean takeover;
  private final Optional<Path> controlSocket;
  private final BlockingQueue<Word> words = new LinkedBlockingQueue<>();
  private final AtomicBoolean stopping = new AtomicBoolean();

  private enum Word {
    RELOAD,
    STOP
  }

  /**
   * @param takeover whether to take over from the process that runs this configuration
   * @param controlSocket where processes meet for that; empty for the configured or usual place
   */
  Daemon(Path file, boolean takeover, Optional<Path> controlSocket) {
    this.file = file;
    this.takeover = takeover;
    this.controlSocket = controlSocket;
  }

  /** Serves until told to stop; an {@link ExitCode}. */
  int run() {
    return run(_ -> {});
  }

  /** As {@link #run()}, with something to do once it serves. */
  int run(Consumer<Controller> ready) {
    handleSignals();
    try (Controller controller = start()) {
      controller.proxy().listeningSockets().forEach(Daemon::tellWhere);
      LOG.log(
          Level.INFO,
          "serving generation {0} of {1}, digest {2}",
          Long.toString(controller.status().generation()),
          file,
          controller.status().digest());
      ready.accept(controller);
      return serve(controller);
    } catch (ConfigRefusedException refused) {
      System.err.println(refused.getMessage());
      return ExitCode.CONFIGURATION;
    } catch (IOException failed) {
      LOG.log(Level.ERROR, "cannot serve: {0}", failed.getMessage());
      return ExitCode.UNAVAILABLE;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return ExitCode.UNAVAILABLE;
    }
  }

  private Controller start() throws ConfigRefusedException, IOException {
    Options options = Options.of(Main.version());
    if (!takeover) {
      PlaneRecord record = PacketRecord.toServeWith(false);
      Handover left = PacketRecord.left(record);
      Controller controller =
          Controller.start(file, ListeningSockets.none(), left, record, options);
      controller.settle();
      return controller;
    }
    try (TakeoverClient running = new TakeoverClient(takeoverSocket())) {
      Controller controller =
          Controller.start(
              file,
              running.sockets(),
              running.packetPlane(),
              PacketRecord.toServeWith(true),
              options);
      running.ready();
      controller.settle();
      return controller;
    }
  }

  private static void tellWhere(InetSocketAddress configured, List<Channel> channels) {
    // The system may have chosen the port.
    InetSocketAddress local = (InetSocketAddress) channels.getFirst().localAddress();
    String host = IpAddress.of(local.getAddress()).toString();
    LOG.log(Level.INFO, "listening on {0}", new HostPort(host, local.getPort()));
  }

  // ------------------------------------------------------------------ until the end

  private int serve(Controller controller) throws InterruptedException {
    try (TakeoverServer _ = offerTakeover(controller)) {
      while (words.take() == Word.RELOAD) {
        controller.reload();
      }
    }
    Duration timeout = controller.generation().config().drainTimeout();
    LOG.log(Level.INFO, "draining, for {0} s at most", timeout.toSeconds());
    boolean whole = controller.drain(timeout);
    LOG.log(Level.INFO, whole ? "ended" : "ended; the drain timeout cut connections off");
    return whole ? ExitCode.OK : ExitCode.CUT_OFF;
  }

  /** A process that nobody can take over from still serves; it only says so. */
  private @Nullable TakeoverServer offerTakeover(Controller controller) {
    if (!Epoll.isAvailable()) {
      return null;
    }
    try {
      Path path = takeoverSocket(controller.generation().config());
      return new TakeoverServer(
          path,
          new TakeoverServer.Running(
              controller.proxy()::listeningSockets,
              () -> controller.packets().handover().duplicate(),
              controller.packets()::reassert,
              () -> takenOver(controller)));
    } catch (IOException failed) {
      LOG.log(Level.WARNING, "no takeover from this process: {0}", failed.toString());
      return null;
    }
  }

  private void takenOver(Controller controller) {
    LOG.log(Level.INFO, "a new process has taken over");
    controller.handOver();
    stop();
  }

  private Path takeoverSocket() throws ConfigRefusedException, IOException {
    if (controlSocket.isPresent()) {
      return controlSocket.get();
    }
    return ConfigReader.load(file) instanceof ConfigResult.Accepted accepted
        ? takeoverSocket(accepted.config())
        : ControlPath.of(file, System.getenv());
  }

  private Path takeoverSocket(Config config) throws IOException {
    Optional<Path> configured =
        controlSocket.or(() -> config.takeoverSocket().map(file.toAbsolutePath()::resolveSibling));
    return configured.isPresent() ? configured.get() : ControlPath.of(file, System.getenv());
  }

  /** Drains and ends, as SIGTERM does. */
  void stop() {
    stopping.set(true);
    words.add(Word.STOP);
  }

  // ------------------------------------------------------------------ signals

  private void handleSignals() {
    Signals.on("HUP", _ -> words.add(Word.RELOAD));
    Signals.on("TERM", this::stop);
    Signals.on("INT", this::stop);
  }

  private void stop(int signal) {
    if (stopping.compareAndSet(false, true)) {
      words.add(Word.STOP);
    } else {
      Runtime.getRuntime().halt(ExitCode.SIGNAL + signal);
    }
  }
}
