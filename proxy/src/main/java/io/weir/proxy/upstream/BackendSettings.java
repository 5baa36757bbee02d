package io.weir.proxy.upstream;

import java.net.InetSocketAddress;

/**
 * One backend as the operator configured or a discovery found it. Name and address together are its
 * identity: state survives a reload where both stay the same.
 *
 * @param name unique in its pool; the name in metrics and the log
 * @param address where it listens, resolved
 * @param weight share of the requests relative to the others, 0 to {@value #MAX_WEIGHT}; 0 takes
 *     only requests that a sticky cookie pins to it
 * @param zone where it stands; empty where zones do not matter
 * @param priority group it belongs to, 0 first; higher groups take over when lower ones fail
 * @param drain whether it finishes what it has and gets nothing new
 */
public record BackendSettings(
    String name, InetSocketAddress address, int weight, String zone, int priority, boolean drain) {
  /** The greatest weight. */
  public static final int MAX_WEIGHT = 1_000_000;

  /**
   * @throws IllegalArgumentException if the address is not resolved or a number out of its range
   */
  public BackendSettings {
    if (address.isUnresolved()) {
      throw new IllegalArgumentException("address: " + address + " (expected: a resolved address)");
    }
    if (weight < 0 || weight > MAX_WEIGHT) {
      throw new IllegalArgumentException(
          "weight: " + weight + " (expected: 0 to " + MAX_WEIGHT + ")");
    }
    if (priority < 0) {
      throw new IllegalArgumentException("priority: " + priority + " (expected: 0 or more)");
    }
  }

  /** A backend of weight 1 in the first group, in no zone. */
  public BackendSettings(String name, InetSocketAddress address) {
    this(name, address, 1, "", 0, false);
  }
}
