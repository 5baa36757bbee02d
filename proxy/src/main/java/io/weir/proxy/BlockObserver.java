package io.weir.proxy;

import io.weir.net.IpPrefix;

/** Hears which clients the proxy gives no new connection for a while (SLOW-4). */
@FunctionalInterface
public interface BlockObserver {

  /**
   * A client begins to be blocked, or is blocked for longer. Only clients whose packets come from
   * that address are told of, not those that a proxy announced or that a translator stands for.
   *
   * <p>Called on event loops: returns at once, and throws nothing.
   *
   * @param client its address, or the IPv6 network that counts as one client
   * @param untilNanos when it is over, by {@link System#nanoTime}
   */
  void blocked(IpPrefix client, long untilNanos);
}
