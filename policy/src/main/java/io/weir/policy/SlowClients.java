package io.weir.policy;

import io.weir.net.IpAddress;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Adds up the signs of slowness that a client's connections show, and blocks the client for a short
 * while when there are too many (SLOW-4).
 *
 * <p>Each sign costs points from a bucket that refills by one point a second, so a mobile network
 * with a bad minute stays far below what a tool with a hundred connections reaches at once. Buckets
 * are in a {@link ClientTable} of fixed size. Blocked clients are few and have completed a TCP
 * handshake; no more than {@value #MOST_BLOCKED} are remembered.
 *
 * <p>An address stands for a client as it is: who takes an IPv6 network for one client passes the
 * network's first address. Safe in any thread.
 */
public final class SlowClients {
  private static final int CLIENTS = 16 * 1024;
  private static final int MOST_BLOCKED = 64 * 1024;
  private static final long POINT_NANOS = 1_000_000_000L;

  /** What a slow or wild client does, and what it costs it. */
  public enum Sign {
    /** A head in pieces of a few octets. */
    DRIBBLE(1),
    /** A window of next to nothing while an answer waits. */
    TINY_WINDOW(1),
    /** A TLS handshake that was not done in time. */
    HANDSHAKE_LATE(3),
    /** A head, or an HTTP/2 field block, that was not whole in time. */
    HEAD_LATE(3),
    /** Content that came below the minimum rate. */
    BODY_STALLED(3),
    /** An answer that was taken below the minimum rate. */
    READ_STALLED(3),
    /** A connection that spent its budget of frames that do no work. */
    FLOOD(10);

    private final int points;

    Sign(int points) {
      this.points = points;
    }

    /** What it costs. */
    public int points() {
      return points;
    }
  }

  private final ClientTable points;
  private final ConcurrentHashMap<IpAddress, Long> blockedUntil = new ConcurrentHashMap<>();

  /**
   * Nobody has shown a sign yet.
   *
   * @param seed secret, so that nobody can choose addresses that share a bucket
   * @param originNanos {@link System#nanoTime}
   */
  public SlowClients(long seed, long originNanos) {
    points = new ClientTable(CLIENTS, 128, seed, originNanos);
  }

  /**
   * A connection of this client showed a sign.
   *
   * @param most points that a client may collect at once, at least 1
   * @param blockNanos for how long it is blocked beyond
   * @return whether that blocked it
   */
  public boolean add(IpAddress client, Sign sign, int most, long blockNanos, long nowNanos) {
    RateLimit limit = new RateLimit(POINT_NANOS, most);
    for (int i = 0; i < sign.points; i++) {
      if (points.tryAcquire(client, limit, nowNanos) > 0) {
        block(client, nowNanos + blockNanos, nowNanos);
        return true;
      }
    }
    return false;
  }

  private void block(IpAddress client, long until, long now) {
    if (blockedUntil.size() >= MOST_BLOCKED) {
      blockedUntil.values().removeIf(end -> end - now <= 0);
    }
    if (blockedUntil.size() < MOST_BLOCKED) {
      blockedUntil.put(client, until);
    }
  }

  /** Whether the client is blocked now. */
  public boolean isBlocked(IpAddress client, long nowNanos) {
    Long until = blockedUntil.isEmpty() ? null : blockedUntil.get(client);
    if (until == null) {
      return false;
    }
    return until - nowNanos > 0 || !blockedUntil.remove(client, until);
  }

  /** Clients blocked, or not asked about since they were. */
  public int blocked() {
    return blockedUntil.size();
  }
}
