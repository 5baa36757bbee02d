package io.weir.proxy;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What one event loop counts: one cell for each combination of listener, route, pool, backend and
 * reason that occurred. Plain fields, as only the loop writes; {@link #copy} runs on the loop too.
 */
public final class RequestCounters {
  /** Latencies are counted in steps of a quarter of a power of two, from 1 µs to about 134 s. */
  public static final int BUCKETS = 27 * 4 + 1;

  private final Map<Key, Cell> cells = new HashMap<>();
  private final Key probe = new Key();

  /**
   * The cell of each route's last request, for most requests end as the one before did: a look here
   * touches a third of the memory that a look into the map does.
   */
  private final @Nullable Cell[] recent = new Cell[1024];

  /** Names are compared by identity first: they come from the same snapshot nearly always. */
  private static final class Key {
    String listener = "";
    @Nullable String route;
    @Nullable String pool;
    @Nullable String backend;
    String reason = "";

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Key key
          && listener.equals(key.listener)
          && Objects.equals(route, key.route)
          && Objects.equals(pool, key.pool)
          && Objects.equals(backend, key.backend)
          && reason.equals(key.reason);
    }

    @Override
    public int hashCode() {
      int hash = listener.hashCode() * 31 + Objects.hashCode(route);
      return (hash * 31 + Objects.hashCode(backend)) * 31 + reason.hashCode();
    }

    Key copy() {
      Key copy = new Key();
      copy.listener = listener;
      copy.route = route;
      copy.pool = pool;
      copy.backend = backend;
      copy.reason = reason;
      return copy;
    }
  }

  /** Counts of one combination; names are empty where the request did not get that far. */
  public static final class Cell {
    public final String listener;
    public final String route;
    public final String pool;
    public final String backend;
    public final String reason;
    public long requests;
    public long requestOctets;
    public long responseOctets;
    public long nanos;

    /** Requests by class of status: index 1 to 5, 0 where none was sent. */
    public final long[] statuses = new long[6];

    public final long[] latencies = new long[BUCKETS];

    private Cell(Key key) {
      listener = key.listener;
      route = key.route == null ? "" : key.route;
      pool = key.pool == null ? "" : key.pool;
      backend = key.backend == null ? "" : key.backend;
      reason = key.reason;
    }

    private Cell(Cell of) {
      listener = of.listener;
      route = of.route;
      pool = of.pool;
      backend = of.backend;
      reason = of.reason;
      add(of);
    }

    /** Whether the names are the very same objects; others may be equal. */
    @SuppressWarnings("ReferenceEquality")
    private boolean isOf(Exchange x) {
      return x.route != null
          && x.pool != null
          && x.backend != null
          && route == x.route.name()
          && pool == x.pool.name()
          && backend == x.backend.name()
          && reason == x.reason().text()
          && listener == x.listener().name();
    }

    /** Adds the counts of a cell of the same names. */
    public void add(Cell other) {
      requests += other.requests;
      requestOctets += other.requestOctets;
      responseOctets += other.responseOctets;
      nanos += other.nanos;
      for (int i = 0; i < statuses.length; i++) {
        statuses[i] += other.statuses[i];
      }
      for (int i = 0; i < BUCKETS; i++) {
        latencies[i] += other.latencies[i];
      }
    }
  }

  /** Counts one request that is over. */
  public void count(Exchange x, long nanos) {
    int slot = System.identityHashCode(x.route) & recent.length - 1;
    Cell cell = recent[slot];
    if (cell == null || !cell.isOf(x)) {
      cell = cell(x);
      recent[slot] = cell;
    }
    cell.requests++;
    cell.requestOctets += x.requestOctets;
    cell.responseOctets += x.responseOctets;
    cell.nanos += nanos;
    cell.statuses[x.isResponseStarted() ? x.response.status / 100 : 0]++;
    cell.latencies[bucket(nanos / 1000)]++;
  }

  private Cell cell(Exchange x) {
    probe.listener = x.listener().name();
    probe.route = x.route == null ? null : x.route.name();
    probe.pool = x.pool == null ? null : x.pool.name();
    probe.backend = x.backend == null ? null : x.backend.name();
    probe.reason = x.reason().text();
    Cell cell = cells.get(probe);
    if (cell == null) {
      cell = new Cell(probe);
      cells.put(probe.copy(), cell);
    }
    return cell;
  }

  /** The bucket of a latency: four to each power of two. */
  public static int bucket(long micros) {
    if (micros < 4) {
      return (int) Math.max(0, micros);
    }
    int power = 63 - Long.numberOfLeadingZeros(micros);
    int quarter = (int) (micros >>> (power - 2)) & 3;
    return Math.min((power - 1) * 4 + quarter, BUCKETS - 1);
  }

  /** The first latency in microseconds that is above this bucket. */
  public static long bucketEnd(int bucket) {
    if (bucket < 4) {
      return bucket + 1L;
    }
    int power = bucket / 4 + 1;
    return (4L + bucket % 4 + 1) << (power - 2);
  }

  /** A copy for another thread; to be called on the loop. */
  public Collection<Cell> copy() {
    return cells.values().stream().map(Cell::new).toList();
  }
}
