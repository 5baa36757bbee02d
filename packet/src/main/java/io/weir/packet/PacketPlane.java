package io.weir.packet;

import io.weir.net.IpPrefix;
import io.weir.packet.Attachment.Mode;
import io.weir.packet.PacketPolicy.ReversePath;
import io.weir.packet.bpf.BpfLink;
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
 * #close}, and programs end with the process however that ends, unless they {@linkplain #leave
 * persist}.
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

  private static final Duration ATTACK_CHECK = Duration.ofMillis(20);
  private static final String SYNCOOKIES = "net.ipv4.tcp_syncookies";
  private static final String TIMESTAMPS = "net.ipv4.tcp_timestamps";

  private final PlaneSettings settings;
  private final KernelSettings kernel;
  private final Engine engine;
  private final String nft;
  private final PlaneRecord record;
  private final ScheduledExecutorService timer;
  private Handover before;
  private PacketPolicy policy;
  private AddressLists lists;
  private Balancing balancing;
  private @Nullable Change open;
  private long lastAttack = System.nanoTime() - COOKIES_IN_FLIGHT.toNanos();
  private boolean closed;

  /** Whether all that is in force outlives the process. */
  private boolean persists;

  private PacketPlane(
      PlaneSettings settings,
      KernelSettings kernel,
      Engine engine,
      String nft,
      PlaneRecord record,
      Handover before,
      ScheduledExecutorService timer) {
    this.settings = settings;
    this.kernel = kernel;
    this.engine = engine;
    this.nft = nft;
    this.record = record;
    this.before = before;
    this.timer = timer;
    if ("2".equals(kernel.inherited(SYNCOOKIES))) {
      lastAttack = System.nanoTime();
    }
    this.policy = settings.policy();
    this.lists = settings.lists();
    this.balancing = settings.balancing();
  }

  /**
   * Guards the interfaces, in the best way that works.
   *
   * @throws PacketPlaneException if none of the ways that may be tried works; nothing is changed
   *     then
   */
  public static PacketPlane start(PlaneSettings settings) throws PacketPlaneException {
    return start(settings, Handover.NONE, PlaneRecord.NONE);
  }

  /**
   * Takes the place of another plane: each packet meets that one's program or this one's, and what
   * was counted goes on. The other one ends once it is told to {@link #release}, and this one is
   * then told to {@link #settle}; until then, closing this one leaves the other as it was but for
   * its program, which {@link #reassert} puts in force again.
   *
   * @param before belongs to the plane from here on, whatever becomes of it
   * @param record told of what is changed outside of this process
   * @throws PacketPlaneException as {@link #start(PlaneSettings)}
   */
  public static PacketPlane start(PlaneSettings settings, Handover before, PlaneRecord record)
      throws PacketPlaneException {
    return start(settings, before, record, Path.of("/proc/sys"), "nft");
  }

  static PacketPlane start(PlaneSettings settings, Path sysctl, String nft)
      throws PacketPlaneException {
    return start(settings, Handover.NONE, PlaneRecord.NONE, sysctl, nft);
  }

  private static PacketPlane start(
      PlaneSettings settings, Handover before, PlaneRecord record, Path sysctl, String nft)
      throws PacketPlaneException {
    record.restate(before);
    KernelSettings kernel = new KernelSettings(sysctl, before, record);
    // One thread, made now: it lives in the network namespace of the one that makes it.
    ThreadFactory threads = Thread.ofPlatform().name("weir-packet").daemon().factory();
    ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(threads);
    try {
      prepare(kernel, settings);
      Engine engine = choose(settings, kernel, nft, before, record);
      PacketPlane plane = new PacketPlane(settings, kernel, engine, nft, record, before, timer);
      long period = ATTACK_CHECK.toMillis();
      if (before.isEmpty()) {
        plane.persist();
      }
      timer.scheduleWithFixedDelay(plane::watch, period, period, TimeUnit.MILLISECONDS);
      return plane;
    } catch (PacketPlaneException | RuntimeException e) {
      timer.shutdownNow();
      kernel.close();
      undone(record, before);
      before.close();
      throw e;
    }
  }

  /** What this plane changed is undone; what the one before has changed is not. */
  private static void undone(PlaneRecord record, Handover before) {
    if (before.isEmpty()) {
      record.delete();
    } else {
      record.restate(before);
    }
  }

  private static void prepare(KernelSettings kernel, PlaneSettings settings) {
    if (settings.synBacklog() > 0) {
      kernel.raise("net.ipv4.tcp_max_syn_backlog", settings.synBacklog());
      kernel.raise("net.core.somaxconn", settings.synBacklog());
    }
    if (settings.synCookies()) {
      // Amid an attack it stays as the plane before has set it.
      kernel.set(SYNCOOKIES, "2".equals(kernel.inherited(SYNCOOKIES)) ? "2" : "1");
      kernel.set(
          TIMESTAMPS,
          "2"); // else the stack shifts them at random, and cannot read what a cookie says in them
    }
    if (settings.policy().reversePath() != ReversePath.OFF
        || !settings.balancing().services().isEmpty()) {
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

  private static Engine choose(
      PlaneSettings settings,
      KernelSettings kernel,
      String nft,
      Handover before,
      PlaneRecord record)
      throws PacketPlaneException {
    List<String> why = new ArrayList<>();
    Engine engine = tryXdp(settings, kernel, before, why);
    if (engine == null) {
      engine = tryNft(settings, nft, before, record, why);
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
      PlaneSettings settings, KernelSettings kernel, Handover before, List<String> why) {
    String obstacle = obstacleToXdp(settings);
    if (obstacle != null) {
      why.add(obstacle);
      return null;
    }
    XdpEngine engine = null;
    try {
      List<NetworkInterface> interfaces = new ArrayList<>();
      for (String name : settings.interfaces()) {
        interfaces.add(find(name));
      }
      CookieSettings cookies = cookies(kernel, interfaces);
      engine = new XdpEngine(settings.policy(), settings.lists(), cookies, before);
      engine.balance(settings.balancing());
      for (NetworkInterface each : interfaces) {
        engine.attach(each, settings.modes(), before);
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

  private static @Nullable String obstacleToXdp(PlaneSettings settings) {
    if (!settings.modes().contains(Mode.NATIVE) && !settings.modes().contains(Mode.GENERIC)) {
      return "XDP: not among the modes to try";
    }
    List<Capabilities> missing = Capabilities.missing();
    return missing.isEmpty()
        ? null
        : "XDP: missing "
            + missing
            + " (expected: root, or CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON)";
  }

  private static @Nullable String obstacleToNft(PlaneSettings settings) {
    if (!settings.modes().contains(Mode.NFTABLES)) {
      return "nftables: not among the modes to try";
    }
    if (!settings.balancing().services().isEmpty() && !settings.modes().contains(Mode.NONE)) {
      return "nftables: cannot balance virtual services";
    }
    return Capabilities.missing().contains(Capabilities.CAP_NET_ADMIN)
        ? "nftables: missing [CAP_NET_ADMIN]"
        : null;
  }

  /**
   * What surely stands in the way of guarding by these settings here, found without changing
   * anything: one sentence for each way that the settings allow, and one if nothing can persist
   * that shall. Empty if one of the ways may work.
   */
  public static List<String> obstacles(PlaneSettings settings) {
    List<String> interfaces = new ArrayList<>();
    for (String name : settings.interfaces()) {
      try {
        find(name);
      } catch (IOException e) {
        interfaces.add(String.valueOf(e.getMessage()));
      }
    }
    String xdp = obstacleToXdp(settings);
    String nft = obstacleToNft(settings);
    String pins = settings.persist() && xdp == null ? PlanePins.obstacle() : null;
    if (!interfaces.isEmpty()) {
      return interfaces;
    }
    if (pins != null) {
      return List.of("persist: " + pins);
    }
    return xdp == null || nft == null ? List.of() : List.of(xdp, nft);
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

  private static @Nullable Engine tryNft(
      PlaneSettings settings, String nft, Handover before, PlaneRecord record, List<String> why) {
    String obstacle = obstacleToNft(settings);
    if (obstacle != null) {
      why.add(obstacle);
      return null;
    }
    record.rules();
    try {
      return new NftEngine(
          nft,
          settings.interfaces(),
          settings.policy(),
          settings.lists(),
          String.join("; ", why),
          before);
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
      learnClients(xdp);
    } else if (now - lastAttack > COOKIES_IN_FLIGHT.toNanos()) {
      kernel.set(SYNCOOKIES, "1");
    }
  }

  private static void learnClients(XdpEngine xdp) {
    try {
      xdp.learnClients();
    } catch (IOException | NumberFormatException e) {
      // Then nobody is a stranger, and each SYN asks for its socket.
    }
  }

  /** How each interface is guarded, and why not better. */
  public synchronized List<Attachment> attachments() {
    return engine.attachments();
  }

  /** What is not as it should be though the plane is at work, one sentence each. */
  public synchronized List<String> problems() {
    List<String> problems = new ArrayList<>(kernel.problems());
    String unrecorded = record.problem();
    if (unrecorded != null) {
      problems.add(unrecorded);
    }
    if (!balancing.services().isEmpty() && !(engine instanceof XdpEngine)) {
      problems.add("virtual services: not balanced (expected: XDP)");
    }
    return problems;
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
    if (!nextLists.equals(lists)) {
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
   * Bans addresses and networks on top of the lists, until they are unbanned. The management
   * networks and the allow list stay exempt, and what is listed itself within a banned network
   * stays as it is.
   *
   * @param prefixes longer than 16 bits each
   */
  public synchronized void ban(Collection<IpPrefix> prefixes) {
    engine.ban(prefixes);
  }

  /** Takes {@link #ban} back; what is not banned is left alone. */
  public synchronized void unban(Collection<IpPrefix> prefixes) {
    engine.unban(prefixes);
  }

  /**
   * Balances these services from here on. Flows stay with their backends as long as those are named
   * and not down. Without XDP nothing balances, which is then among the {@link #problems}.
   */
  public synchronized void balance(Balancing next) {
    balancing = next;
    if (engine instanceof XdpEngine xdp) {
      if (!next.services().isEmpty()) {
        answerForRoutes(kernel);
      }
      xdp.balance(next);
    }
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

  // ------------------------------------------------------------------ one in place of another

  /** For a plane in another process; the descriptors stay this one's. */
  public synchronized Handover handover() {
    List<Handover.Part> parts = new ArrayList<>(engine.handover());
    parts.addAll(kernel.handover());
    return new Handover(parts);
  }

  /**
   * A plane with other settings in the place of this one, which is at an end then.
   *
   * @throws PacketPlaneException if it cannot be; this one goes on then
   */
  public synchronized PacketPlane startAgain(PlaneSettings next) throws PacketPlaneException {
    PacketPlane plane;
    try {
      plane = start(next, handover().duplicate(), record);
    } catch (PacketPlaneException | RuntimeException e) {
      reassert();
      throw e;
    }
    release();
    plane.settle();
    return plane;
  }

  /** Lets go of everything without undoing it: another plane has taken its place. */
  public synchronized void release() {
    if (!closed) {
      closed = true;
      timer.shutdownNow();
      engine.release();
      before.close();
    }
  }

  /** Puts its policy in force again, where another one tried to take its place and did not. */
  public synchronized void reassert() {
    if (!closed) {
      engine.replace(policy);
      record.restate(handover());
    }
  }

  /**
   * The plane in whose place this one came has ended: undoes what that one did and this one does
   * not go on with, and what it goes on with is this one's to undo in the end.
   */
  public synchronized void settle() {
    Handover old = before;
    before = Handover.NONE;
    Handover kept = engine.handover().isEmpty() ? Handover.NONE : handover();
    for (Handover.Part link : old.all(Handover.LINK)) {
      if (kept.find(Handover.LINK, link.word(1)) == null) {
        BpfLink.adopt(BpfLink.duplicate(link.descriptor())).detachAndClose();
      }
    }
    if (!old.all(Handover.NFTABLES).isEmpty() && !(engine instanceof NftEngine)) {
      NftEngine.removeRules(nft);
    }
    old.close();
    kernel.settle();
    record.restate(handover());
    persist();
  }

  private void persist() {
    if (settings.persist()) {
      persists = !(engine instanceof XdpEngine) || record.pin(handover());
    } else {
      record.unpin();
    }
  }

  /** Ends, leaving in force what persists; what does not is undone as by {@link #close}. */
  public synchronized void leave() {
    if (closed || !persists || !before.isEmpty()) {
      close();
      return;
    }
    if (settings.synCookies() && engine instanceof XdpEngine) {
      kernel.set(SYNCOOKIES, "2"); // nobody will be there to do so when an attack begins
    }
    release();
  }

  /**
   * Detaches everything and puts the kernel's settings back. Before {@link #settle} it leaves what
   * it took over.
   */
  @Override
  public synchronized void close() {
    if (!before.isEmpty()) {
      Handover old = before.duplicate();
      release();
      kernel.close();
      undone(record, old);
      old.close();
    } else if (!closed) {
      closed = true;
      timer.shutdownNow();
      engine.close();
      kernel.close();
      record.delete();
    }
  }
}
