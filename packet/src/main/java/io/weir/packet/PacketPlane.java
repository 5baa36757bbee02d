package io.weir.packet;

import io.weir.net.IpPrefix;
import io.weir.packet.Attachment.Mode;
import io.weir.packet.PacketPolicy.ReversePath;
import java.io.IOException;
import java.net.NetworkInterface;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The packet plane of this host: XDP where it can be, nftables where not, and in any case saying
 * which and why.
 *
 * <p>A change that could lock the operator out is {@linkplain #propose proposed}: it takes effect
 * at once, and is taken back by itself unless it is confirmed in time. All ends with {@link
 * #close}, and programs end with the process however that ends.
 *
 * <p>Safe in any thread. Interfaces and kernel settings are those of the network namespace of the
 * thread that starts it.
 */
public final class PacketPlane implements AutoCloseable {

  /**
   * How long the stack may still get cookies back after the last was sent: RFC 4987 calls it a few
   * minutes, Linux takes two.
   */
  private static final Duration COOKIES_IN_FLIGHT = Duration.ofMinutes(2);

  private static final Duration ATTACK_CHECK = Duration.ofMillis(100);
  private static final String SYNCOOKIES = "net.ipv4.tcp_syncookies";
  private static final String TIMESTAMPS = "net.ipv4.tcp_timestamps";

  private final PlaneSettings settings;
  private final KernelSettings kernel;
  private final Engine engine;
  private final ScheduledExecutorService timer;
  private PacketPolicy policy;
  private AddressLists lists;
  private @Nullable Change open;
  private long lastAttack = System.nanoTime() - COOKIES_IN_FLIGHT.toNanos();
  private boolean closed;

  private PacketPlane(
      PlaneSettings settings,
      KernelSettings kernel,
      Engine engine,
      ScheduledExecutorService timer) {
    this.settings = settings;
    this.kernel = kernel;
    this.engine = engine;
    this.timer = timer;
    this.policy = settings.policy();
    this.lists = settings.lists();
  }

  /**
   * Guards the interfaces, in the best way that works.
   *
   * @throws PacketPlaneException if none of the ways that may be tried works; nothing is changed
   *     then
   */
  public static PacketPlane start(PlaneSettings settings) throws PacketPlaneException {
    return start(settings, Path.of("/proc/sys"), "nft");
  }

  static PacketPlane start(PlaneSettings settings, Path sysctl, String nft)
      throws PacketPlaneException {
    KernelSettings kernel = new KernelSettings(sysctl);
    // One thread, made now: it lives in the network namespace of the one that makes it.
    ThreadFactory threads = Thread.ofPlatform().name("weir-packet").daemon().factory();
    ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(threads);
    try {
      prepare(kernel, settings);
      PacketPlane plane = new PacketPlane(settings, kernel, choose(settings, kernel, nft), timer);
      long period = ATTACK_CHECK.toMillis();
      timer.scheduleWithFixedDelay(plane::watch, period, period, TimeUnit.MILLISECONDS);
      return plane;
    } catch (PacketPlaneException | RuntimeException e) {
      timer.shutdownNow();
      kernel.close();
      throw e;
    }
  }

  private static void prepare(KernelSettings kernel, PlaneSettings settings) {
    kernel.raise("net.ipv4.tcp_max_syn_backlog", settings.synBacklog());
    kernel.raise("net.core.somaxconn", settings.synBacklog());
    if (settings.synCookies()) {
      kernel.set(SYNCOOKIES, "1");
      kernel.set(
          TIMESTAMPS,
          "2"); // else the stack shifts them at random, and cannot read what a cookie says in them
    }
    if (settings.policy().reversePath() != ReversePath.OFF) {
      answerForRoutes(kernel);
    }
  }

  /**
   * The kernel answers a program's questions about routes only "from" an interface that forwards.
   */
  private static void answerForRoutes(KernelSettings kernel) {
    kernel.set("net.ipv4.conf.lo.forwarding", "1");
    kernel.set("net.ipv6.conf.lo.forwarding", "1");
  }

  private static Engine choose(PlaneSettings settings, KernelSettings kernel, String nft)
      throws PacketPlaneException {
    List<String> why = new ArrayList<>();
    Engine engine = tryXdp(settings, kernel, why);
    if (engine == null) {
      engine = tryNft(settings, nft, why);
    }
    if (engine == null && settings.modes().contains(Mode.NONE)) {
      engine = NoEngine.on(settings.interfaces(), String.join("; ", why));
    }
    if (engine == null) {
      throw new PacketPlaneException("packet plane: " + String.join("; ", why));
    }
    return engine;
  }

  private static @Nullable Engine tryXdp(
      PlaneSettings settings, KernelSettings kernel, List<String> why) {
    if (!settings.modes().contains(Mode.NATIVE) && !settings.modes().contains(Mode.GENERIC)) {
      why.add("XDP: not among the modes to try");
      return null;
    }
    List<Capabilities> missing = Capabilities.missing();
    if (!missing.isEmpty()) {
      why.add(
          "XDP: missing "
              + missing
              + " (expected: root, or CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON)");
      return null;
    }
    XdpEngine engine = null;
    try {
      List<NetworkInterface> interfaces = new ArrayList<>();
      for (String name : settings.interfaces()) {
        interfaces.add(find(name));
      }
      engine = new XdpEngine(settings.policy(), settings.lists(), cookies(kernel, interfaces));
      for (NetworkInterface each : interfaces) {
        engine.attach(each, settings.modes());
      }
      return engine;
    } catch (IOException | RuntimeException e) {
      why.add("XDP: " + e.getMessage());
      if (engine != null) {
        engine.close();
      }
      return null;
    }
  }

  private static NetworkInterface find(String name) throws IOException {
    NetworkInterface found = NetworkInterface.getByName(name);
    if (found == null) {
      throw new IOException("interfaces: " + name + " (expected: an interface of this host)");
    }
    return found;
  }

  /** What the stack will believe about connections whose SYN it never saw. */
  private static CookieSettings cookies(KernelSettings kernel, List<NetworkInterface> interfaces)
      throws IOException {
    int mtu = 65535;
    for (NetworkInterface each : interfaces) {
      mtu = Math.min(mtu, each.getMTU());
    }
    return new CookieSettings(
        mtu - 40, mtu - 60, windowScale(kernel), "2".equals(kernel.get(TIMESTAMPS)));
  }

  /**
   * As {@code tcp_select_initial_window} chooses it: enough to announce the largest receive buffer.
   */
  private static int windowScale(KernelSettings kernel) {
    String buffers = kernel.get("net.ipv4.tcp_rmem");
    String most = kernel.get("net.core.rmem_max");
    long space = buffers == null ? 6291456 : Long.parseLong(buffers.split("\\s+", -1)[2]);
    space = Math.max(space, most == null ? 0 : Long.parseLong(most));
    return Math.clamp(63 - Long.numberOfLeadingZeros(space) - 15, 0, 14);
  }

  private static @Nullable Engine tryNft(PlaneSettings settings, String nft, List<String> why) {
    if (!settings.modes().contains(Mode.NFTABLES)) {
      why.add("nftables: not among the modes to try");
      return null;
    }
    try {
      return new NftEngine(
          nft, settings.interfaces(), settings.policy(), settings.lists(), String.join("; ", why));
    } catch (IllegalStateException e) {
      why.add(e.getMessage() == null ? "nft" : e.getMessage());
      return null;
    }
  }

  /**
   * Lets the kernel make cookies and take them back for all once there is an attack; before, it
   * makes none for the programs. That is not left on, for a client without timestamps then goes
   * without window scaling.
   */
  private synchronized void watch() {
    if (closed || !settings.synCookies() || !(engine instanceof XdpEngine xdp)) {
      return;
    }
    long now = System.nanoTime();
    if (xdp.isUnderAttack()) {
      lastAttack = now;
      kernel.set(SYNCOOKIES, "2");
    } else if (now - lastAttack > COOKIES_IN_FLIGHT.toNanos()) {
      kernel.set(SYNCOOKIES, "1");
    }
  }

  /** How each interface is guarded, and why not better. */
  public synchronized List<Attachment> attachments() {
    return engine.attachments();
  }

  /** Settings of the kernel that could not be made, one sentence each. */
  public synchronized List<String> problems() {
    return kernel.problems();
  }

  /** Whether there is a SYN flood now. Always false where the kernel's own means guard. */
  public synchronized boolean isUnderAttack() {
    return engine instanceof XdpEngine xdp && xdp.isUnderAttack();
  }

  /**
   * Puts policy and lists in force for good; an open proposal is at an end. Counters, debts and
   * connections go on.
   */
  public synchronized void apply(PacketPolicy nextPolicy, AddressLists nextLists) {
    if (open != null) {
      open.end();
    }
    put(nextPolicy, nextLists);
  }

  private void put(PacketPolicy nextPolicy, AddressLists nextLists) {
    if (!nextPolicy.equals(policy)) {
      if (nextPolicy.reversePath() != ReversePath.OFF) {
        answerForRoutes(kernel);
      }
      engine.replace(nextPolicy);
      policy = nextPolicy;
    }
    if (nextLists != lists) {
      engine.replace(nextLists);
      lists = nextLists;
    }
  }

  /**
   * Puts policy and lists in force, for {@code time} only unless confirmed. One proposal at a time:
   * a second one counts as taking the first back.
   */
  public synchronized Change propose(
      PacketPolicy nextPolicy, AddressLists nextLists, Duration time) {
    if (open != null) {
      open.takeBack();
    }
    Change change = new Change(policy, lists);
    put(nextPolicy, nextLists);
    change.timeout = timer.schedule(change::takeBack, time.toNanos(), TimeUnit.NANOSECONDS);
    open = change;
    return change;
  }

  /** A change on trial. */
  public final class Change {

    private final PacketPolicy policyBefore;
    private final AddressLists listsBefore;
    private @Nullable ScheduledFuture<?> timeout;

    private Change(PacketPolicy policyBefore, AddressLists listsBefore) {
      this.policyBefore = policyBefore;
      this.listsBefore = listsBefore;
    }

    /** Whether it may still be confirmed or taken back. */
    public boolean isOnTrial() {
      synchronized (PacketPlane.this) {
        return open == this;
      }
    }

    /** Keeps the change. Says whether it was still in time. */
    public boolean confirm() {
      return end();
    }

    /** Takes the change back now. Says whether it was still on trial. */
    public boolean takeBack() {
      synchronized (PacketPlane.this) {
        if (!end()) {
          return false;
        }
        put(policyBefore, listsBefore);
        return true;
      }
    }

    private boolean end() {
      synchronized (PacketPlane.this) {
        if (open != this) {
          return false;
        }
        open = null;
        if (timeout != null) {
          timeout.cancel(false);
        }
        return true;
      }
    }
  }

  /**
   * Blocks single addresses on top of the lists, until they are unblocked or other lists are put in
   * force.
   */
  public synchronized void block(Collection<IpPrefix> addresses) {
    engine.block(addresses);
  }

  /** Takes {@link #block} back; unknown addresses are left alone. */
  public synchronized void unblock(Collection<IpPrefix> addresses) {
    engine.unblock(addresses);
  }

  /**
   * Balances these services from here on. Flows stay with their backends as long as those are named
   * and not down.
   *
   * @throws IllegalStateException if no XDP program guards: nothing else here can balance
   */
  public synchronized void balance(Balancing balancing) {
    if (!(engine instanceof XdpEngine xdp)) {
      throw new IllegalStateException(
          "layer-4 balancing: needs XDP (" + engine.attachments().getFirst() + ")");
    }
    answerForRoutes(kernel);
    xdp.balance(balancing);
  }

  /**
   * Packets sent to {@code backend} for {@code service} since it was named; about, for processors
   * may lose a count.
   */
  public synchronized long packets(VirtualService service, VirtualService.Backend backend) {
    return engine instanceof XdpEngine xdp ? xdp.balancer().packets(service, backend) : 0;
  }

  /** What was counted since the start. */
  public synchronized Counters counters() {
    return engine.counters();
  }

  /** Hands over the packets sampled since the last call; says how many. */
  public synchronized int drainSamples(Consumer<Sample> taker) {
    return engine.drainSamples(taker);
  }

  /** Detaches everything and puts the kernel's settings back. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      timer.shutdownNow();
      engine.close();
      kernel.close();
    }
  }
}
