package io.weir.proxy.route;

import io.weir.net.ClientIdentity;
import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.Authority;
import io.weir.proxy.http.Head;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds the route of a request.
 *
 * <p>Routes are grouped by host. A request looks into the most specific group that its host belongs
 * to: the exact host, then wildcards from the longest to the shortest, then the routes for any
 * host. Within a group the configured order counts and the first route whose conditions all hold
 * wins. If none of the group does, the next less specific group is asked.
 *
 * <p>The idea of the look-up: a hash that grows from the last octet of the host to the first. Each
 * dot passed on the way is the place where a wildcard's suffix ends, so one pass answers for all
 * wildcards and the exact host together, and two hundred hosts cost what one costs. Which group
 * comes after which is known beforehand and linked.
 *
 * <p>The host is taken from {@link Head#authorityStart}: case, port and one trailing dot do not
 * count. A request without a host sees the routes for any host only.
 *
 * <p>Immutable; safe in any thread.
 */
public final class RouteTable {
  /** Serves nothing. */
  public static final RouteTable EMPTY = new RouteTable(List.of());

  /** The routes of one host pattern; {@code next} is the next less specific group. */
  private static final class Group {
    final String pattern;
    final byte[] key;
    final int hash;
    final Route[] routes;
    final @Nullable Group next;

    Group(String pattern, List<Route> routes, @Nullable Group next) {
      this.pattern = pattern;
      this.key = Ascii.bytes(pattern);
      this.hash = hash(key);
      this.routes = routes.toArray(Route[]::new);
      this.next = next;
    }

    private static int hash(byte[] key) {
      int hash = 0;
      for (int i = key.length - 1; i >= 0; i--) {
        hash = grow(hash, key[i]);
      }
      return hash;
    }
  }

  private final List<Route> routes;
  private final Group any;
  private final @Nullable Group[] slots;

  /**
   * A table of these routes in this order.
   *
   * @throws IllegalArgumentException if two routes have the same name
   */
  public RouteTable(List<Route> routes) {
    this.routes = List.copyOf(routes);
    refuseSameNames();
    Set<String> patterns =
        new TreeSet<>(Comparator.comparingInt(String::length).thenComparing(p -> p));
    routes.forEach(route -> patterns.addAll(route.hosts()));
    patterns.remove(HostPattern.ANY);
    this.any = new Group(HostPattern.ANY, routesOf(HostPattern.ANY), null);
    // Twice as many slots as groups at least: misses, which clients can cause at will, stay short.
    this.slots = new Group[Integer.highestOneBit(patterns.size() * 2 + 1) * 2];
    List<Group> wildcards = new ArrayList<>();
    for (String pattern : patterns) {
      Group group = new Group(pattern, routesOf(pattern), nextOf(pattern, wildcards));
      if (HostPattern.isWildcard(pattern)) {
        wildcards.add(group);
      }
      put(group);
    }
  }

  private void refuseSameNames() {
    Set<String> names = new HashSet<>();
    for (int i = 0; i < routes.size(); i++) {
      String name = routes.get(i).name();
      if (!names.add(name)) {
        throw new IllegalArgumentException(
            "routes[" + i + "].name: " + name + " (expected: a name used once)");
      }
    }
  }

  private List<Route> routesOf(String pattern) {
    return routes.stream().filter(route -> route.hosts().contains(pattern)).toList();
  }

  /** The longest of the shorter wildcards that covers the pattern, else the group of any host. */
  private Group nextOf(String pattern, List<Group> shorterWildcards) {
    for (Group wildcard : shorterWildcards.reversed()) {
      if (HostPattern.covers(wildcard.pattern, pattern)) {
        return wildcard;
      }
    }
    return any;
  }

  private void put(Group group) {
    int slot = slot(group.hash);
    while (slots[slot] != null) {
      slot = (slot + 1) & (slots.length - 1);
    }
    slots[slot] = group;
  }

  /**
   * The route of a request, or null where none matches. Allocates nothing unless a regular
   * expression has to be asked.
   *
   * @param head a request with a normalised path
   * @param client who is asking
   * @param handshake of the connection that it came by
   */
  public @Nullable Route match(Head head, ClientIdentity client, Handshake handshake) {
    for (Group group = group(head); group != null; group = group.next) {
      for (Route route : group.routes) {
        if (route.matches(head, client, handshake)) {
          return route;
        }
      }
    }
    return null;
  }

  /** Says line by line which routes {@link #match} tries and why each does or does not match. */
  public void explain(
      Head head, ClientIdentity client, Handshake handshake, Consumer<String> trail) {
    for (Group group = group(head); group != null; group = group.next) {
      String host = HostPattern.text(group.pattern);
      for (Route route : group.routes) {
        RoutePredicate failed = route.firstFailed(head, client, handshake);
        String prefix = "host " + host + ": route " + route.name() + ": ";
        trail.accept(prefix + (failed == null ? "matches" : "no, not so: " + failed));
        if (failed == null) {
          return;
        }
      }
      if (group.routes.length == 0) {
        trail.accept("host " + host + ": no routes");
      }
    }
    trail.accept("no route matches");
  }

  /** All routes in the configured order. */
  public List<Route> routes() {
    return routes;
  }

  private Group group(Head head) {
    byte[] bytes = head.bytes;
    int start = head.authorityStart;
    int end = Authority.hostEnd(bytes, start, head.authorityEnd);
    if (end > start && bytes[end - 1] == '.') {
      end--;
    }
    Group found = any;
    int hash = 0;
    for (int i = end - 1; i >= start; i--) {
      byte b = Ascii.lower(bytes[i]);
      hash = grow(hash, b);
      // At a dot a wildcard's suffix is complete, at the start the exact host; a dot at the start
      // is neither, as a wildcard stands for at least one label.
      if ((b == '.') != (i == start)) {
        Group group = find(hash, bytes, i, end);
        found = group == null ? found : group;
      }
    }
    return found;
  }

  private @Nullable Group find(int hash, byte[] bytes, int start, int end) {
    int slot = slot(hash);
    for (Group group = slots[slot]; group != null; group = slots[slot]) {
      if (group.hash == hash && Ascii.equalIgnoreCase(bytes, start, end, group.key)) {
        return group;
      }
      slot = (slot + 1) & (slots.length - 1);
    }
    return null;
  }

  private int slot(int hash) {
    return (hash * 0x9E3779B9 >>> 16) & (slots.length - 1);
  }

  private static int grow(int hash, byte b) {
    return hash * 31 + b;
  }
}
