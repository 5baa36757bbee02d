package io.weir.proxy.tls;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Handshakes under way on one event loop, in the order they began; the number of all loops is
 * shared. Where there are too many, who has waited longest gives way: that is hardly ever somebody
 * honest, and never the one who has just come. Confined to its event loop.
 */
final class PendingHandshakes {
  private final AtomicInteger all;
  private final Set<ClientHelloHandler> here = new LinkedHashSet<>();

  PendingHandshakes(AtomicInteger all) {
    this.all = all;
  }

  /** One more begins; the oldest of this loop gives way where that is more than {@code most}. */
  void begin(ClientHelloHandler handshake, int most) {
    if (all.incrementAndGet() > most && !here.isEmpty()) {
      here.iterator().next().giveWay();
    }
    here.add(handshake);
  }

  /** One came to its end, however it ended; the second time is ignored. */
  void end(ClientHelloHandler handshake) {
    if (here.remove(handshake)) {
      all.decrementAndGet();
    }
  }
}
