package io.weir.packet;

/**
 * What the packet plane refuses, besides the lists. Immutable; a program is built for each policy,
 * so that what is off costs nothing.
 *
 * @param reversePath whether the source must be reachable, and by which interface
 * @param refuseFragments drop every fragment; off by default, since DNS and IPsec need them
 * @param refuseIpOptions drop IPv4 packets with options, but for IGMP
 * @param reflectors UDP ports known for amplification
 * @param dnsAnswers DNS answers to one destination
 * @param icmp ICMP messages of one source; path MTU and neighbour discovery are never limited
 * @param syn how SYN floods are met
 * @param sampleEvery one refused packet in so many is reported, a power of two; 0: none
 */
public record PacketPolicy(
    ReversePath reversePath,
    boolean refuseFragments,
    boolean refuseIpOptions,
    Reflectors reflectors,
    Rate dnsAnswers,
    Rate icmp,
    SynLimits syn,
    int sampleEvery) {

  /** The reverse path check (RFC 3704). */
  public enum ReversePath {
    /** Not checked. */
    OFF,
    /** There must be a route back to the source. */
    LOOSE,
    /**
     * The route back must leave by the interface that the packet came in on. Wrong where routes are
     * asymmetric.
     */
    STRICT
  }

  /** What is always wrong is refused, and nothing else. */
  public static final PacketPolicy MINIMAL =
      new PacketPolicy(
          ReversePath.OFF,
          false,
          false,
          Reflectors.NONE,
          Rate.UNLIMITED,
          Rate.UNLIMITED,
          SynLimits.NONE,
          0);

  /** What suits a load balancer on the Internet. */
  public static final PacketPolicy DEFAULT =
      new PacketPolicy(
          ReversePath.LOOSE,
          false,
          true,
          Reflectors.KNOWN,
          Rate.perSecond(1000),
          Rate.perSecond(100),
          SynLimits.DEFAULT,
          1024);

  /**
   * @throws IllegalArgumentException if {@code sampleEvery} is neither 0 nor a power of two above 1
   */
  public PacketPolicy {
    if (sampleEvery != 0 && (sampleEvery < 2 || Integer.bitCount(sampleEvery) != 1)) {
      throw new IllegalArgumentException(
          "sample_every: " + sampleEvery + " (expected: 0 or a power of two from 2)");
    }
  }

  /** The same with other limits for SYNs. */
  public PacketPolicy withSyn(SynLimits limits) {
    return new PacketPolicy(
        reversePath,
        refuseFragments,
        refuseIpOptions,
        reflectors,
        dnsAnswers,
        icmp,
        limits,
        sampleEvery);
  }

  /** The same with one refused packet in so many reported. */
  public PacketPolicy sampled(int every) {
    return new PacketPolicy(
        reversePath, refuseFragments, refuseIpOptions, reflectors, dnsAnswers, icmp, syn, every);
  }

  /** The same with another reverse path check. */
  public PacketPolicy withReversePath(ReversePath check) {
    return new PacketPolicy(
        check, refuseFragments, refuseIpOptions, reflectors, dnsAnswers, icmp, syn, sampleEvery);
  }
}
