package io.weir.proxy.upstream;

import io.weir.net.ClientIdentity;
import io.weir.policy.CircuitBreaker;
import io.weir.policy.OutlierDetector;
import io.weir.policy.RetryBudget;
import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.Head;
import io.weir.proxy.upstream.PoolSettings.Resilience;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A named group of backends that can answer the same requests. The same object as long as its name
 * is configured: what it knows about its backends survives reloads.
 *
 * <p>Any thread may call any method. Event loops {@linkplain #select select} without a lock from
 * what is published in one volatile field; changes of configuration and health take a lock and
 * publish anew.
 */
public final class Pool {
  private final String name;
  private final byte[] nameBytes;
  private final int loops;
  private final Turn[] turns;
  private final ReentrantLock lock = new ReentrantLock();
  private final List<Backend> leaving = new ArrayList<>();
  private final CircuitBreaker circuit = new CircuitBreaker();
  private final OutlierDetector outliers;
  private volatile RetryBudget[] retryBudgets;
  private volatile View view;

  /** A pool without backends for a single event loop; for tests and hypothetical requests. */
  public Pool(String name) {
    this(name, 1, 0, System.nanoTime());
  }

  /**
   * A pool without backends.
   *
   * @param name what routes, metrics and the log call it
   * @param loops how many event loops select from it
   * @param seed where random choices begin
   * @param now {@link System#nanoTime()}; no time given later is before it
   */
  public Pool(String name, int loops, long seed, long now) {
    this.name = name;
    this.nameBytes = Ascii.bytes(name);
    this.loops = loops;
    this.turns = new Turn[loops];
    for (int loop = 0; loop < loops; loop++) {
      turns[loop] = new Turn(Hash.mix(seed + loop));
    }
    this.outliers = new OutlierDetector(now);
    this.retryBudgets = retryBudgets(Resilience.DEFAULTS, now);
    this.view = View.of(PoolSettings.DEFAULTS, List.of(), now);
  }

  /** The name that routes, metrics and the log use. */
  public String name() {
    return name;
  }

  /** The name as octets; not to be changed. */
  public byte[] nameBytes() {
    return nameBytes;
  }

  /** The settings of the running configuration. */
  public PoolSettings settings() {
    return view.settings;
  }

  /** The backends of the running configuration, by name. */
  public List<Backend> backends() {
    return view.members();
  }

  /** Whether so few backends are well that health is not believed (fail open). */
  public boolean isPanicking() {
    return view.panicking;
  }

  /** Backends no longer configured that have not finished their last requests. */
  public List<Backend> leaving() {
    lock.lock();
    try {
      leaving.removeIf(backend -> backend.state() == BackendState.REMOVED);
      return List.copyOf(leaving);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes a new configuration. Backends whose name and address stay keep all their state, new ones
   * start slowly, others take no new request and are done with when their last one ends.
   *
   * @param now {@link System#nanoTime()}
   * @throws IllegalArgumentException if two backends have one name; nothing has changed then
   */
  public void update(PoolSettings settings, List<BackendSettings> backends, long now) {
    checkNames(backends);
    lock.lock();
    try {
      List<Backend> known = new ArrayList<>(view.members());
      // The first ones of all share the load from the start: nobody else could bear it.
      long rampSince = known.isEmpty() ? now - settings.balancing().slowStartNanos() : now;
      known.addAll(leaving);
      leaving.clear();
      List<Backend> members = new ArrayList<>();
      for (BackendSettings wanted : backends) {
        Backend member = takeFrom(known, wanted);
        if (member == null) {
          member = new Backend(this, wanted, outliers.add(), loops, rampSince);
        }
        member.rejoin(outliers);
        member.configure(wanted, pin(settings, wanted), now);
        members.add(member);
      }
      for (Backend gone : known) {
        gone.leave(outliers);
        leaving.add(gone);
      }
      members.sort(Comparator.comparing(Backend::name));
      members.forEach(member -> member.updateEjection(now));
      if (!settings.resilience().equals(view.settings.resilience())) {
        retryBudgets = retryBudgets(settings.resilience(), now);
      }
      view = View.of(settings, members, now);
    } finally {
      lock.unlock();
    }
  }

  private StickyCookie.@Nullable Pin pin(PoolSettings settings, BackendSettings backend) {
    StickyCookie cookie = settings.balancing().stickyCookie();
    return cookie == null ? null : cookie.pin(name, backend.name());
  }

  private RetryBudget[] retryBudgets(Resilience resilience, long now) {
    RetryBudget[] budgets = new RetryBudget[loops];
    double share = resilience.retriesPerSecond() / loops;
    Arrays.setAll(budgets, loop -> new RetryBudget(resilience.retryRatio(), share, now));
    return budgets;
  }

  private static void checkNames(List<BackendSettings> backends) {
    Set<String> names = new HashSet<>();
    for (BackendSettings backend : backends) {
      if (!names.add(backend.name())) {
        throw new IllegalArgumentException(
            "name: " + backend.name() + " (expected: no two backends of one name)");
      }
    }
  }

  private static @Nullable Backend takeFrom(List<Backend> known, BackendSettings wanted) {
    for (Backend backend : known) {
      if (backend.name().equals(wanted.name()) && backend.address().equals(wanted.address())) {
        known.remove(backend);
        return backend;
      }
    }
    return null;
  }

  /** Changes something about a backend and publishes what follows from it. */
  void change(long now, Runnable change) {
    lock.lock();
    try {
      change.run();
      publish(now);
    } finally {
      lock.unlock();
    }
  }

  /** Works out anew who may be chosen. */
  void refresh(long now) {
    change(now, () -> {});
  }

  private void publish(long now) {
    View old = view;
    old.members().forEach(member -> member.updateEjection(now));
    view = old.refreshed(now);
  }

  /** The view, renewed where an ejection or a slow start has ended since. */
  private View view(long now) {
    if (view.isStale(now) && lock.tryLock()) {
      try {
        publish(now);
      } finally {
        lock.unlock();
      }
    }
    return view;
  }

  /**
   * Chooses the backend for a request, or for one more try of it.
   *
   * <p>A sticky cookie decides first, then the algorithm among the candidates: the first priority
   * group, or its part in the own zone, with enough healthy backends. Backends already tried are
   * chosen again only when there is no other. Allocates nothing.
   *
   * @param loop index of the calling event loop
   * @param now {@link System#nanoTime()}
   * @param tried backends that this request has failed on; empty at the first try
   * @return null where no backend may take it
   */
  public @Nullable Backend select(
      Head request, ClientIdentity client, int loop, long now, Tried tried) {
    View current = view(now);
    Backend pinned = current.pinned(request);
    if (pinned != null && current.admitsPinned(pinned) && !tried.contains(pinned)) {
      return pinned;
    }
    Candidates candidates = current.candidates;
    if (candidates.count() == 0) {
      return null;
    }
    Balancer balancer = current.balancer;
    long key =
        balancer instanceof Maglev
            ? current.settings.balancing().hashSource().hash(request, client)
            : 0;
    Backend chosen = balancer.choose(candidates, turns[loop], key, now, tried);
    return chosen != null
        ? chosen
        : balancer.choose(candidates, turns[loop], key, now, Tried.none());
  }

  /**
   * The value of the Set-Cookie field that pins the client to the backend chosen for its request.
   *
   * @param tls whether the client came over TLS: then the cookie is for TLS only
   * @return octets not to be changed, or null where the pool has no sticky cookie or the request
   *     already carries this one
   */
  public byte @Nullable [] stickyCookie(Head request, Backend chosen, boolean tls) {
    StickyCookie.Pin pin = chosen.pin();
    if (pin == null || view.pinned(request) == chosen) {
      return null;
    }
    return tls ? pin.secure() : pin.plain();
  }

  /** The loop's part of the pool's retry budget; confined to that loop. */
  public RetryBudget retryBudget(int loop) {
    return retryBudgets[loop];
  }

  /**
   * Takes one more connection, pending request or request in progress, if the pool's limits allow
   * it; who gets true calls {@link #release} once.
   */
  public boolean tryTake(CircuitBreaker.Resource resource) {
    return circuit.tryTake(resource, view.settings.resilience().circuit());
  }

  /** Gives back what was taken. */
  public void release(CircuitBreaker.Resource resource) {
    circuit.release(resource);
  }

  /** How many are taken now. */
  public int inUse(CircuitBreaker.Resource resource) {
    return circuit.inUse(resource);
  }
}
