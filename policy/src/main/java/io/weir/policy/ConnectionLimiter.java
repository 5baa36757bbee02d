package io.weir.policy;

import io.weir.net.IpAddress;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Counts the open connections of each client and how fast it opens new ones (SLOW-2).
 *
 * <p>Holds one entry for each client that has a connection open, so its size is bounded by the
 * connections themselves; the rates are in a {@link ClientTable} of fixed size. Limits go in with
 * each call, so that counts survive a change of configuration. An address stands for a client as it
 * is: who takes an IPv6 network for one client passes the network's first address. Safe in any
 * thread.
 */
public final class ConnectionLimiter {
  private static final int CLIENTS = 16 * 1024;

  private final ConcurrentHashMap<IpAddress, Integer> open = new ConcurrentHashMap<>();
  private final ClientTable opening;

  /**
   * Limits that count nothing yet.
   *
   * @param seed secret, so that nobody can choose addresses that share a cell
   * @param originNanos {@link System#nanoTime}
   */
  public ConnectionLimiter(long seed, long originNanos) {
    opening = new ClientTable(CLIENTS, 128, seed, originNanos);
  }

  /**
   * One more connection of this client; who gets true calls {@link #closed} once.
   *
   * @param most connections at once, or 0 for any number
   * @param perSecond new connections a second, as many at once; or 0 for any number
   */
  public boolean tryOpen(IpAddress client, int most, int perSecond, long nowNanos) {
    if (perSecond > 0) {
      RateLimit limit = new RateLimit(TimeUnit.SECONDS.toNanos(1) / perSecond, perSecond);
      if (opening.tryAcquire(client, limit, nowNanos) > 0) {
        return false;
      }
    }
    int now = open.merge(client, 1, Integer::sum);
    if (most > 0 && now > most) {
      closed(client);
      return false;
    }
    return true;
  }

  /** A connection of this client is closed. */
  public void closed(IpAddress client) {
    open.computeIfPresent(client, (address, count) -> count == 1 ? null : count - 1);
  }

  /** Open connections of this client. */
  public int open(IpAddress client) {
    return open.getOrDefault(client, 0);
  }
}
