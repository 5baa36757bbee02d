package io.weir.control.management;

import io.weir.control.Controller;
import io.weir.control.Status;
import io.weir.control.packet.PacketReport;
import io.weir.proxy.Listener;
import io.weir.proxy.Proxy;
import io.weir.proxy.RequestCounters;
import io.weir.proxy.RequestCounters.Cell;
import io.weir.proxy.upstream.Backend;
import io.weir.proxy.upstream.BackendSnapshot;
import io.weir.proxy.upstream.ConnectionPool;
import io.weir.proxy.upstream.Pool;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The numbers of one moment. Asks every event loop, so not for one of them.
 *
 * @param requests one cell for each combination of names
 * @param clientConnections open ones
 * @param listeners that were ever served, by name
 * @param pools of the generation being served, by name
 * @param packets of the packet plane; empty where there is none
 */
record Observation(
    Controller controller,
    Status status,
    Collection<Cell> requests,
    int clientConnections,
    List<Listener> listeners,
    List<PoolFigures> pools,
    Optional<PacketReport> packets) {

  /** A pool's numbers. */
  record PoolFigures(Pool pool, List<BackendFigures> backends) {}

  /** A backend's numbers, its connections over all loops among them. */
  record BackendFigures(BackendSnapshot snapshot, int open, int idle) {}

  /** What requests of one kind add up to. */
  static final class Sum {
    long requests;
    long requestOctets;
    long responseOctets;
    long nanos;
    final long[] statuses = new long[6];
    final long[] latencies = new long[RequestCounters.BUCKETS];

    private void add(Cell cell) {
      requests += cell.requests;
      requestOctets += cell.requestOctets;
      responseOctets += cell.responseOctets;
      nanos += cell.nanos;
      for (int i = 0; i < statuses.length; i++) {
        statuses[i] += cell.statuses[i];
      }
      for (int i = 0; i < latencies.length; i++) {
        latencies[i] += cell.latencies[i];
      }
    }

    /** The latency in microseconds that this share of the requests stays below; 0 without any. */
    long latencyMicros(double share) {
      long below = 0;
      for (int i = 0; i < latencies.length; i++) {
        below += latencies[i];
        if (below > 0 && below >= requests * share) {
          return RequestCounters.bucketEnd(i);
        }
      }
      return 0;
    }
  }

  /** Whose requests are added up. */
  record Kind(String listener, String route, String pool) {}

  /** Looks at everything now. */
  static Observation of(Controller controller) {
    Proxy proxy = controller.proxy();
    long now = System.nanoTime();
    Map<Backend, int[]> connections = connections(proxy);
    List<PoolFigures> pools =
        controller.generation().snapshot().pools().values().stream()
            .sorted(Comparator.comparing(Pool::name))
            .map(pool -> figures(pool, connections, now))
            .toList();
    return new Observation(
        controller,
        controller.status(),
        proxy.requests(),
        proxy.connections(),
        proxy.listeners().stream().sorted(Comparator.comparing(Listener::name)).toList(),
        pools,
        controller.packets().report());
  }

  private static PoolFigures figures(Pool pool, Map<Backend, int[]> connections, long now) {
    List<BackendFigures> backends = new ArrayList<>();
    for (Backend backend : pool.backends()) {
      int[] counts = connections.getOrDefault(backend, new int[2]);
      backends.add(new BackendFigures(backend.snapshot(now), counts[0], counts[1]));
    }
    return new PoolFigures(pool, backends);
  }

  /** Open and idle connections of each backend. */
  private static Map<Backend, int[]> connections(Proxy proxy) {
    record Count(Backend backend, int open, int idle) {}
    List<List<Count>> counts =
        proxy.each(loop -> {
          Stream<ConnectionPool> pools = loop.connections().stream();
          return pools.map(p -> new Count(p.backend(), p.open(), p.idle())).toList();
        });
    Map<Backend, int[]> sums = new IdentityHashMap<>();
    for (List<Count> ofLoop : counts) {
      for (Count count : ofLoop) {
        int[] sum = sums.computeIfAbsent(count.backend, backend -> new int[2]);
        sum[0] += count.open;
        sum[1] += count.idle;
      }
    }
    return sums;
  }

  /** Requests by listener, route and pool. */
  Map<Kind, Sum> byRoute() {
    Map<Kind, Sum> sums = new LinkedHashMap<>();
    for (Cell cell : requests) {
      Kind kind = new Kind(cell.listener, cell.route, cell.pool);
      sums.computeIfAbsent(kind, k -> new Sum()).add(cell);
    }
    return sums;
  }
}
