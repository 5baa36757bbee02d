package io.weir.proxy.tls;

import io.netty.util.concurrent.EventExecutor;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Handshakes under way on one event loop, in the order they began; the number of all loops is
 * shared. Where there are too many, who has waited longest gives way: that is hardly ever somebody
 * honest, and never the one who has just come. One timer serves all, as the oldest is the next
 * whose time is over. Confined to its event loop.
 */
final class PendingHandshakes implements Runnable {
  private final AtomicInteger all;
  private final Set<ClientHelloHandler> here = new LinkedHashSet<>();
  private final EventExecutor loop;
  private boolean timed;

  PendingHandshakes(AtomicInteger all, EventExecutor loop) {
    this.all = all;
    this.loop = loop;
  }

  /** One more begins; the oldest of this loop gives way where that is more than {@code most}. */
  void begin(ClientHelloHandler handshake, int most) {
    if (all.incrementAndGet() > most && !here.isEmpty()) {
      here.iterator().next().cut(TlsRefusal.TOO_MANY_HANDSHAKES);
    }
    here.add(handshake);
    if (!timed) {
      time(handshake.deadline() - System.nanoTime());
    }
  }

  /** One came to its end, however it ended; the second time is ignored. */
  void end(ClientHelloHandler handshake) {
    if (here.remove(handshake)) {
      all.decrementAndGet();
    }
  }

  private void time(long nanos) {
    timed = true;
    loop.schedule(this, nanos, TimeUnit.NANOSECONDS);
  }

  /** The time of the one that was the oldest is over. */
  @Override
  public void run() {
    timed = false;
    long now = System.nanoTime();
    while (!here.isEmpty()) {
      ClientHelloHandler oldest = here.iterator().next();
      if (oldest.deadline() - now > 0) {
        time(oldest.deadline() - now);
        return;
      }
      oldest.cut(TlsRefusal.HANDSHAKE_TIMEOUT);
    }
  }
}
