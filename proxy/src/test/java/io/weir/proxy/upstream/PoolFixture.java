package io.weir.proxy.upstream;

import io.weir.net.ClientIdentity;
import io.weir.net.IpAddress;
import io.weir.net.Provenance;
import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.Head;
import io.weir.proxy.upstream.PoolSettings.Balancing;
import io.weir.proxy.upstream.PoolSettings.Connections;
import io.weir.proxy.upstream.PoolSettings.Resilience;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A pool, its clock and its requests, for tests. Everything random starts from a fixed seed. */
final class PoolFixture {
  static final String HERE = "zone-a";
  static final String THERE = "zone-b";

  final Pool pool;
  final Tried tried = new Tried();
  long now = TimeUnit.HOURS.toNanos(1);
  private final List<BackendSettings> configured = new ArrayList<>();
  private int addresses;
  private Balancing balancing;
  private Resilience resilience = Resilience.DEFAULTS;
  private Head request = new Head();
  private ClientIdentity client = client("192.0.2.1");

  PoolFixture(Algorithm algorithm) {
    this(algorithm, 42);
  }

  PoolFixture(Algorithm algorithm, long seed) {
    pool = new Pool("shop", 2, seed, now);
    balancing = Balancing.of(algorithm);
  }

  PoolFixture with(Balancing changed) {
    balancing = changed;
    return this;
  }

  PoolFixture with(Resilience changed) {
    resilience = changed;
    return this;
  }

  Balancing balancing() {
    return balancing;
  }

  PoolFixture add(String name, int weight, String zone, int priority) {
    configured.add(new BackendSettings(name, address(addresses++), weight, zone, priority, false));
    return this;
  }

  PoolFixture add(String name, int weight) {
    return add(name, weight, "", 0);
  }

  PoolFixture add(String... names) {
    Arrays.stream(names).forEach(name -> add(name, 1));
    return this;
  }

  PoolFixture add(BackendSettings backend) {
    configured.add(backend);
    return this;
  }

  PoolFixture remove(String name) {
    configured.removeIf(backend -> backend.name().equals(name));
    return this;
  }

  PoolFixture reload() {
    pool.update(new PoolSettings(balancing, Connections.DEFAULTS, resilience), configured, now);
    return this;
  }

  /** Reloads with this backend draining, or no longer so. */
  PoolFixture drain(String name, boolean drain) {
    configured.replaceAll(b ->
        b.name().equals(name)
            ? new BackendSettings(name, b.address(), b.weight(), b.zone(), b.priority(), drain)
            : b);
    return reload();
  }

  PoolFixture pass(long seconds) {
    now += TimeUnit.SECONDS.toNanos(seconds);
    return this;
  }

  PoolFixture from(String address) {
    client = client(address);
    return this;
  }

  PoolFixture request(Head changed) {
    request = changed;
    return this;
  }

  Head request() {
    return request;
  }

  Backend backend(String name) {
    return pool.backends().stream().filter(b -> b.name().equals(name)).findFirst().orElseThrow();
  }

  PoolFixture down(String... names) {
    Arrays.stream(names).forEach(name -> backend(name).setHealthy(false, now));
    return this;
  }

  PoolFixture up(String... names) {
    Arrays.stream(names).forEach(name -> backend(name).setHealthy(true, now));
    return this;
  }

  @Nullable Backend select() {
    return pool.select(request, client, 0, now, tried);
  }

  Backend selectOne() {
    return Objects.requireNonNull(select());
  }

  /** Name of the backend selected, or "none". */
  String selected() {
    Backend backend = select();
    return backend == null ? "none" : backend.name();
  }

  /** How often each backend is selected, of so many requests. */
  Map<String, Integer> counts(int requests) {
    Map<String, Integer> counts = new TreeMap<>();
    for (int i = 0; i < requests; i++) {
      counts.merge(selected(), 1, Integer::sum);
    }
    return counts;
  }

  static InetSocketAddress address(int i) {
    try {
      byte[] octets = {(byte) 198, 51, 100, (byte) i};
      return new InetSocketAddress(InetAddress.getByAddress(octets), 8080 + i / 256);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  static ClientIdentity client(String address) {
    return new ClientIdentity(IpAddress.parse(address), 50_000, Provenance.SOCKET);
  }

  /** A request with this query and these fields, name and value in turn. */
  static Head head(String query, String... fields) {
    Head head = new Head();
    head.queryStart = head.append(Ascii.bytes(query), 0, query.length());
    head.queryEnd = head.length;
    for (int i = 0; i < fields.length; i += 2) {
      int name = head.append(Ascii.bytes(fields[i]), 0, fields[i].length());
      int value = head.append(Ascii.bytes(fields[i + 1]), 0, fields[i + 1].length());
      head.add(name, value, value, head.length);
    }
    return head;
  }
}
