package io.weir.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.weir.proxy.inspect.FindingCounters;
import io.weir.proxy.log.AccessLog;
import io.weir.proxy.log.WafAction;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The data plane: event loops, listeners, and the generation they serve.
 *
 * <p>{@link #publish} changes what is served; {@link #drain} ends it gracefully. Both are for one
 * control thread; the rest may be called by any.
 */
public final class Proxy implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Proxy.class.getName());

  private final Transport transport = Transport.best();
  private final MultiThreadIoEventLoopGroup group;
  private final List<Loop> loops = new ArrayList<>();
  private final Map<String, Listener> listeners = new HashMap<>();
  private final Map<InetSocketAddress, Bound> bound = new HashMap<>();
  private final ListeningSockets inherited;
  private final ExecutorService inspectors;
  private volatile ProxySnapshot snapshot = ProxySnapshot.EMPTY;
  private volatile BlockObserver blockObserver = (client, untilNanos) -> {};
  private volatile boolean draining;

  /** Listening sockets of one address, one for each loop, and whose they are. */
  private record Bound(String listener, List<Channel> channels) {}

  /**
   * Starts the event loops; nothing is served before the first {@link #publish}.
   *
   * @param workers event loops, 1 or more
   * @param inherited listening sockets that an ending process hands over
   */
  public Proxy(int workers, ListeningSockets inherited) {
    this.inherited = inherited;
    inspectors =
        Executors.newFixedThreadPool(workers, new DefaultThreadFactory("weir-inspect", true));
    group =
        new MultiThreadIoEventLoopGroup(
            workers, new DefaultThreadFactory("weir-loop", true), transport.ioHandlers());
    for (int i = 0; i < workers; i++) {
      EventLoop executor = group.next();
      Loop loop = new Loop(i, executor, this);
      loops.add(loop);
      long tick = TimerWheel.tickNanos();
      executor.scheduleAtFixedRate(loop::tick, tick, tick, TimeUnit.NANOSECONDS);
    }
  }

  /** The generation that new requests are served by. */
  public ProxySnapshot snapshot() {
    return snapshot;
  }

  /** How sockets are reached. */
  public Transport transport() {
    return transport;
  }

  /** Number of event loops. */
  public int workers() {
    return loops.size();
  }

  /**
   * The most octets that one loop holds back for inspection: all together a quarter of the memory.
   */
  long mostHeld() {
    return Runtime.getRuntime().maxMemory() / 4 / loops.size();
  }

  /** Threads for inspections that would hold a loop for too long. */
  Executor inspectors() {
    return inspectors;
  }

  /** Whether the proxy is about to end: answers ask clients to connect anew elsewhere. */
  public boolean isDraining() {
    return draining;
  }

  /** Where access log entries go from now on; null for nowhere. */
  public void setAccessLog(@Nullable AccessLog log) {
    each(loop -> {
      loop.setLog(log == null ? null : log.ring(loop.index));
      return null;
    });
  }

  /** Who hears of blocked clients from now on. */
  public void setBlockObserver(BlockObserver observer) {
    blockObserver = observer;
  }

  BlockObserver blockObserver() {
    return blockObserver;
  }

  // ------------------------------------------------------------------ publish

  /**
   * Serves this generation: new addresses are bound first, then one volatile store, then addresses
   * that are not listed any more are closed. Connections stay, whatever changes.
   *
   * @throws IOException if an address cannot be bound; everything stays as it was
   */
  public void publish(ProxySnapshot next) throws IOException {
    Map<InetSocketAddress, Bound> added = new HashMap<>();
    try {
      for (ListenerSettings settings : next.listeners().values()) {
        for (InetSocketAddress address : settings.addresses()) {
          Bound before = bound.get(address);
          if (before == null || !before.listener().equals(settings.name())) {
            boolean ours = before != null || holdsPort(address, bound) || holdsPort(address, added);
            added.put(address, bind(settings, address, ours));
          } else if (settings.trust().transparent() != isTransparent(settings.name())) {
            for (Channel channel : before.channels()) {
              ListeningSockets.setTransparent(channel, settings.trust().transparent());
            }
          }
        }
      }
    } catch (IOException failed) {
      added.values().forEach(Proxy::close);
      throw failed;
    }
    snapshot = next;
    Set<InetSocketAddress> wanted = new HashSet<>();
    next.listeners().values().forEach(settings -> wanted.addAll(settings.addresses()));
    bound.entrySet().removeIf(entry -> closeUnlessWanted(entry, wanted, added));
    bound.putAll(added);
    inherited.closeUnclaimed();
  }

  private static boolean closeUnlessWanted(
      Map.Entry<InetSocketAddress, Bound> entry,
      Set<InetSocketAddress> wanted,
      Map<InetSocketAddress, Bound> replaced) {
    boolean close = !wanted.contains(entry.getKey()) || replaced.containsKey(entry.getKey());
    if (close) {
      close(entry.getValue());
    }
    return close;
  }

  private static void close(Bound sockets) {
    sockets.channels().forEach(channel -> channel.close().awaitUninterruptibly());
  }

  /** Whether we listen on all addresses of the other family: [::] takes IPv4 too. */
  private static boolean holdsPort(InetSocketAddress address, Map<InetSocketAddress, Bound> held) {
    return address.getAddress().isAnyLocalAddress()
        && address.getPort() != 0
        && held.keySet().stream()
            .anyMatch(other ->
                other.getPort() == address.getPort() && other.getAddress().isAnyLocalAddress());
  }

  private Bound bind(ListenerSettings settings, InetSocketAddress address, boolean ours)
      throws IOException {
    Listener listener =
        listeners.computeIfAbsent(settings.name(), name -> new Listener(this, settings));
    return new Bound(
        settings.name(),
        inherited.open(transport, loops, listener, address, ours, settings.trust().transparent()));
  }

  private boolean isTransparent(String listener) {
    ListenerSettings running = snapshot.listener(listener);
    return running != null && running.trust().transparent();
  }

  /** Judges by this generation without listening anywhere, for hypothetical requests. */
  void assume(ProxySnapshot hypothetical) {
    snapshot = hypothetical;
  }

  // ------------------------------------------------------------------ drain and close

  /**
   * Stops accepting, lets requests in progress end, closes idle connections at once.
   *
   * @return whether everything ended before the time was over; the rest is cut off
   */
  public boolean drain(Duration atMost) throws InterruptedException {
    draining = true;
    bound.values().forEach(Proxy::close);
    bound.clear();
    tell(DrainEvent.BEGINS);
    long end = System.nanoTime() + atMost.toNanos();
    while (connections() > 0) {
      if (System.nanoTime() - end >= 0) {
        return false;
      }
      Thread.sleep(20);
    }
    return true;
  }

  /** Open client connections, over all loops. */
  public int connections() {
    return each(Loop::clientConnections).stream().mapToInt(Integer::intValue).sum();
  }

  private void tell(DrainEvent event) {
    each(loop -> {
      loop.tell(event);
      return loop;
    });
  }

  @Override
  public void close() {
    bound.values().forEach(Proxy::close);
    bound.clear();
    tell(DrainEvent.OVER);
    group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
    inspectors.shutdownNow();
  }

  /** The listening sockets, to be handed over to a new process. */
  public Map<InetSocketAddress, List<Channel>> listeningSockets() {
    Map<InetSocketAddress, List<Channel>> sockets = new HashMap<>();
    bound.forEach((address, of) -> sockets.put(address, of.channels()));
    return sockets;
  }

  // ------------------------------------------------------------------ observe

  /** Asks every loop, on the loop, and gathers the answers. Not to be called on a loop. */
  public <T> List<T> each(Function<Loop, T> question) {
    List<T> answers = new ArrayList<>();
    try {
      for (Loop loop : loops) {
        answers.add(loop.executor.submit(() -> question.apply(loop)).get());
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", interrupted);
    } catch (ExecutionException failed) {
      throw new IllegalStateException(failed.getCause());
    }
    return answers;
  }

  /** Counts of all requests that are over, one cell for each combination of names. */
  public Collection<RequestCounters.Cell> requests() {
    Map<List<String>, RequestCounters.Cell> sum = new HashMap<>();
    for (Collection<RequestCounters.Cell> cells : each(loop -> loop.counters.copy())) {
      for (RequestCounters.Cell cell : cells) {
        List<String> key = List.of(cell.listener, cell.route, cell.pool, cell.backend, cell.reason);
        RequestCounters.Cell before = sum.putIfAbsent(key, cell);
        if (before != null) {
          before.add(cell);
        }
      }
    }
    return sum.values();
  }

  /** What the web application firewall found: requests by what became of them, and by category. */
  public Map<WafAction, Map<String, Long>> findings() {
    Map<WafAction, Map<String, Long>> sum = FindingCounters.none();
    each(loop -> {
      loop.findings.addTo(sum);
      return null;
    });
    return sum;
  }

  /** The listeners that were ever served. */
  public Collection<Listener> listeners() {
    return List.copyOf(listeners.values());
  }

  void acceptFailed(Listener listener, Throwable cause) {
    LOG.log(
        System.Logger.Level.WARNING, "listener {0}: accept failed: {1}", listener.name(), cause);
  }

  /**
   * A connection ended by a failure. What its peer or the network did is for people who debug.
   *
   * @return whether it is a fault of Weir's own, which operators are told of
   */
  public boolean connectionFailed(Throwable cause) {
    boolean own =
        !(cause instanceof IOException
            || cause.getCause() instanceof IOException
            || cause instanceof ChannelException);
    if (own) {
      LOG.log(System.Logger.Level.WARNING, "a fault of Weir's own ended a connection", cause);
    } else {
      LOG.log(System.Logger.Level.DEBUG, "connection failed", cause);
    }
    return own;
  }
}
