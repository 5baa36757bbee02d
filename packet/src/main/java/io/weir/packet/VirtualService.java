package io.weir.packet;

import io.weir.net.IpAddress;
import java.util.HashSet;
import java.util.List;

/**
 * An address and port that clients see, and the backends behind it. A packet reaches its backend
 * with the client's address as it was; the backend holds the virtual address on its loopback
 * interface and answers the client by itself.
 *
 * @param address the virtual address
 * @param port 1 to 65535
 * @param protocol which of the two
 * @param quic whether connection ids name their backend, as it chose them
 *     (draft-ietf-quic-load-balancers, plaintext ids with a server id of two octets)
 * @param backends in any order
 */
public record VirtualService(
    IpAddress address, int port, Protocol protocol, boolean quic, List<Backend> backends) {

  /** What can be balanced. */
  public enum Protocol {
    TCP(6),
    UDP(17);

    final int number;

    Protocol(int number) {
      this.number = number;
    }
  }

  /** How packets get to a backend. */
  public enum Method {
    /** Inside IPv4 or IPv6 (RFC 2003, RFC 2473), by the family of the backend's address. */
    IP_IN_IP,
    /** Inside UDP port 6080 (GUE variant 1), for networks that spread by UDP ports only. */
    GUE,
    /** By the backend's MAC address alone; it must be on a network of this host. */
    LAYER_2
  }

  /** What may be sent to a backend. */
  public enum State {
    /** Nothing; its flows move. */
    DOWN,
    /** New flows and old ones. */
    UP,
    /** Old flows only. */
    DRAINING
  }

  /**
   * A backend.
   *
   * @param address where packets are sent
   * @param weight its share of new flows, 1 to 100
   * @param quicServer the server id in its connection ids, 0 to 65535; -1: none
   */
  public record Backend(IpAddress address, Method method, int weight, State state, int quicServer) {

    /**
     * @throws IllegalArgumentException if a number is out of range
     */
    public Backend {
      if (weight < 1 || weight > 100) {
        throw new IllegalArgumentException("weight: " + weight + " (expected: 1 to 100)");
      }
      if (quicServer < -1 || quicServer > 65535) {
        throw new IllegalArgumentException(
            "quic_server: " + quicServer + " (expected: 0 to 65535, or -1 for none)");
      }
    }

    /** One that is up, of weight 1, without connection ids of its own. */
    public static Backend of(IpAddress address, Method method) {
      return new Backend(address, method, 1, State.UP, -1);
    }

    /** The same in another state. */
    public Backend in(State other) {
      return new Backend(address, method, weight, other, quicServer);
    }
  }

  /**
   * Copies the backends.
   *
   * @throws IllegalArgumentException if {@code port} is out of range or an address is there twice
   */
  public VirtualService {
    backends = List.copyOf(backends);
    if (port < 1 || port > 65535) {
      throw new IllegalArgumentException("port: " + port + " (expected: 1 to 65535)");
    }
    HashSet<IpAddress> seen = new HashSet<>();
    for (Backend backend : backends) {
      if (!seen.add(backend.address())) {
        throw new IllegalArgumentException(
            "backends: " + backend.address() + " twice (expected: once)");
      }
    }
  }

  /** The same with other backends. */
  public VirtualService with(List<Backend> others) {
    return new VirtualService(address, port, protocol, quic, others);
  }
}
