package io.weir.control;

import io.weir.net.HostPort;
import io.weir.net.IpAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Looks up backends that are given by name. A name stands for all its addresses of one family: of
 * the family that the system names first, since a server that has both commonly listens on one of
 * them only. A name that was found once and is not now keeps its addresses: a resolver in trouble
 * must not take backends away. Confined to one thread at a time.
 */
final class HostNames {
  private final Map<String, List<InetAddress>> found = new HashMap<>();
  private final Map<String, List<InetAddress>> foundBefore;

  private HostNames(Map<String, List<InetAddress>> foundBefore) {
    this.foundBefore = foundBefore;
  }

  /** Nothing looked up yet. */
  static HostNames none() {
    return new HostNames(Map.of());
  }

  /** For the next configuration. */
  HostNames again() {
    return new HostNames(found);
  }

  /**
   * The addresses of a backend; in order, so that an unchanged answer is equal to the one before.
   *
   * @throws IllegalArgumentException if the name has none
   */
  List<InetSocketAddress> resolve(HostPort backend) {
    IpAddress address = backend.address();
    List<InetAddress> addresses =
        address != null
            ? List.of(address.toInetAddress())
            : found.computeIfAbsent(backend.host(), this::lookUpOrKeep);
    return addresses.stream().map(a -> new InetSocketAddress(a, backend.port())).toList();
  }

  private List<InetAddress> lookUpOrKeep(String host) {
    try {
      return lookUp(host);
    } catch (UnknownHostException unknown) {
      List<InetAddress> before = foundBefore.get(host);
      if (before == null) {
        throw new IllegalArgumentException(
            host + " has no address (expected: a name that can be looked up here)", unknown);
      }
      return before;
    }
  }

  private static List<InetAddress> lookUp(String host) throws UnknownHostException {
    InetAddress[] all = InetAddress.getAllByName(host);
    return Arrays.stream(all)
        .filter(address -> address.getClass() == all[0].getClass())
        .sorted(Comparator.comparing(IpAddress::of))
        .distinct()
        .toList();
  }

  /** Whether a name has other addresses by now. Names that are not found do not count. */
  boolean changed() {
    return found.entrySet().stream()
        .anyMatch(entry -> {
          try {
            return !lookUp(entry.getKey()).equals(entry.getValue());
          } catch (UnknownHostException unknown) {
            return false;
          }
        });
  }
}
