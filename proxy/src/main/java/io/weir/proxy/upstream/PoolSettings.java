package io.weir.proxy.upstream;

import io.weir.policy.CircuitLimits;
import io.weir.policy.OutlierLimits;
import io.weir.proxy.identity.Disclosure;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What the operator configured for a pool, but for its backends.
 *
 * @param balancing which backend takes a request
 * @param connections how backends are reached
 * @param resilience what keeps one failure from becoming many
 * @param disclosure what backends are told about clients outside of the forwarded fields
 */
public record PoolSettings(
    Balancing balancing, Connections connections, Resilience resilience, Disclosure disclosure) {
  /** Round robin over HTTP/1.1. */
  public static final PoolSettings DEFAULTS =
      new PoolSettings(Balancing.DEFAULTS, Connections.DEFAULTS, Resilience.DEFAULTS);

  /** Settings of a pool whose backends are told about clients by fields only. */
  public PoolSettings(Balancing balancing, Connections connections, Resilience resilience) {
    this(balancing, connections, resilience, Disclosure.NONE);
  }

  /**
   * Which backend takes a request.
   *
   * @param algorithm how one of those that may is chosen
   * @param hashSource what {@link Algorithm#MAGLEV} takes for the key
   * @param stickyCookie pins a client to the backend it had first; null for none
   * @param slowStartNanos how long a new or recovered backend takes to reach its weight; 0 for none
   * @param panicPercent below this share of healthy backends health is not believed and all are
   *     considered (fail open); 0 never does so
   * @param failoverPercent a priority group, or the own zone, with a smaller share of healthy
   *     backends than this yields to the next; 0 yields when none is left
   * @param crossZone whether all zones share the load; if not, the own zone is preferred
   * @param zone where this Weir stands; empty where zones do not matter
   */
  public record Balancing(
      Algorithm algorithm,
      HashSource hashSource,
      @Nullable StickyCookie stickyCookie,
      long slowStartNanos,
      int panicPercent,
      int failoverPercent,
      boolean crossZone,
      String zone) {
    /** Round robin over all zones, failing over when a group has no healthy backend left. */
    public static final Balancing DEFAULTS = of(Algorithm.ROUND_ROBIN);

    /**
     * @throws IllegalArgumentException if a number is out of its range
     */
    public Balancing {
      if (slowStartNanos < 0) {
        throw new IllegalArgumentException(
            "slowStartNanos: " + slowStartNanos + " (expected: 0 or more)");
      }
      checkPercent("panicPercent", panicPercent);
      checkPercent("failoverPercent", failoverPercent);
    }

    /** The defaults with this algorithm. */
    public static Balancing of(Algorithm algorithm) {
      return new Balancing(algorithm, HashSource.clientAddress(), null, 0, 0, 0, true, "");
    }
  }

  /** How backends speak HTTP. */
  public enum Protocol {
    /** HTTP/1.1, a connection for each request in progress. */
    HTTP1,

    /** HTTP/2, over TLS or by prior knowledge, many requests on a connection. */
    HTTP2
  }

  /**
   * How backends are reached.
   *
   * @param protocol what they speak
   * @param connectTimeoutNanos how long a connection and its TLS handshake may take; above 0
   * @param idleTimeoutNanos how long an unused connection is kept; 0 keeps none
   * @param maxIdlePerLoop how many unused connections to one backend an event loop keeps
   * @param keepalive probes by which the kernel notices that a backend is gone; null for none
   * @param tls what makes TLS to the backends, opaque to this package; null for cleartext
   */
  public record Connections(
      Protocol protocol,
      long connectTimeoutNanos,
      long idleTimeoutNanos,
      int maxIdlePerLoop,
      @Nullable TcpKeepalive keepalive,
      @Nullable Object tls) {
    /** Cleartext HTTP/1.1; 2 s to connect; 256 idle connections for each loop, 60 s each. */
    public static final Connections DEFAULTS =
        new Connections(
            Protocol.HTTP1,
            TimeUnit.SECONDS.toNanos(2),
            TimeUnit.SECONDS.toNanos(60),
            256,
            new TcpKeepalive(60, 10, 3),
            null);

    /**
     * @throws IllegalArgumentException if a number is out of its range
     */
    public Connections {
      if (connectTimeoutNanos <= 0) {
        throw new IllegalArgumentException(
            "connectTimeoutNanos: " + connectTimeoutNanos + " (expected: > 0)");
      }
      if (idleTimeoutNanos < 0) {
        throw new IllegalArgumentException(
            "idleTimeoutNanos: " + idleTimeoutNanos + " (expected: 0 or more)");
      }
      if (maxIdlePerLoop < 0) {
        throw new IllegalArgumentException(
            "maxIdlePerLoop: " + maxIdlePerLoop + " (expected: 0 or more)");
      }
    }
  }

  /**
   * TCP keep-alive.
   *
   * @param idleSeconds silence before the first probe
   * @param intervalSeconds time between probes
   * @param probes unanswered ones that end the connection
   */
  public record TcpKeepalive(int idleSeconds, int intervalSeconds, int probes) {}

  /**
   * What keeps one failure from becoming many.
   *
   * @param outliers when a backend that fails is left out for a while
   * @param circuit how much may be under way to the whole pool
   * @param retryRatio retries allowed for each request, 0 to 1
   * @param retriesPerSecond retries allowed in any case, over all event loops; 0 or more
   */
  public record Resilience(
      OutlierLimits outliers, CircuitLimits circuit, double retryRatio, double retriesPerSecond) {
    /** Ejects outliers, limits nothing, and retries a fifth of the requests or ten a second. */
    public static final Resilience DEFAULTS =
        new Resilience(OutlierLimits.DEFAULT, CircuitLimits.NONE, 0.2, 10);

    /**
     * @throws IllegalArgumentException if a number is out of its range
     */
    public Resilience {
      if (!(retryRatio >= 0 && retryRatio <= 1)) {
        throw new IllegalArgumentException("retryRatio: " + retryRatio + " (expected: 0 to 1)");
      }
      if (!(retriesPerSecond >= 0 && retriesPerSecond < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "retriesPerSecond: " + retriesPerSecond + " (expected: 0 or more)");
      }
    }
  }

  private static void checkPercent(String name, int percent) {
    if (percent < 0 || percent > 100) {
      throw new IllegalArgumentException(name + ": " + percent + " (expected: 0 to 100)");
    }
  }
}
