package io.weir.control.packet;

import io.weir.net.IpPrefix;
import io.weir.proxy.BlockObserver;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * Clients that the proxy blocks, and until when the packet plane bans them. What is beyond its
 * bounds is not banned, but counted: the proxy refuses it all the same.
 *
 * <p>{@link #blocked} may be called in any thread and never waits; all else in one at a time.
 */
final class Bans implements BlockObserver {

  /** Well within what the plane's maps have to spare. */
  static final int MOST = 16 * 1024;

  /** About, for each event loop may be one beyond. */
  static final int MOST_WAITING = 4 * 1024;

  private record Block(IpPrefix client, long until) {}

  private final ConcurrentLinkedQueue<Block> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waitingCount = new AtomicInteger(); // the queue would count anew
  private final LongAdder lost = new LongAdder();
  private final Map<IpPrefix, Long> ends = new LinkedHashMap<>();
  private List<IpPrefix> spared = List.of();
  private volatile boolean wanted;

  @Override
  public void blocked(IpPrefix client, long untilNanos) {
    if (!wanted) {
      return;
    }
    if (waitingCount.get() >= MOST_WAITING) {
      lost.increment();
      return;
    }
    waitingCount.incrementAndGet();
    waiting.add(new Block(client, untilNanos));
  }

  /**
   * What holds from here on; bans that it does not allow are {@linkplain #over over}.
   *
   * @param neverBanned networks of which none is banned, nor what they are part of
   */
  void want(boolean bans, List<IpPrefix> neverBanned, long now) {
    if (wanted != bans || !spared.equals(neverBanned)) {
      wanted = bans;
      spared = neverBanned;
      ends.replaceAll((client, end) -> mayBan(client) ? end : now);
    }
  }

  private boolean mayBan(IpPrefix client) {
    return wanted
        && spared.stream()
            .noneMatch(each -> each.contains(client.address()) || client.contains(each.address()));
  }

  /** Takes in who was blocked since the last time; says who is to be banned and was not so far. */
  List<IpPrefix> begin(long now) {
    List<IpPrefix> begun = new ArrayList<>();
    for (Block block = waiting.poll(); block != null; block = waiting.poll()) {
      waitingCount.decrementAndGet();
      if (block.until - now > 0 && mayBan(block.client) && remember(block)) {
        begun.add(block.client);
      }
    }
    return begun;
  }

  private boolean remember(Block block) {
    Long known = ends.get(block.client);
    if (known == null && ends.size() >= MOST) {
      lost.increment();
      return false;
    }
    if (known == null || block.until - known > 0) {
      ends.put(block.client, block.until);
    }
    return known == null;
  }

  /** Whose time is over; they stay among the bans until they are {@linkplain #end ended}. */
  List<IpPrefix> over(long now) {
    List<IpPrefix> over = new ArrayList<>();
    ends.forEach((client, end) -> {
      if (end - now <= 0) {
        over.add(client);
      }
    });
    return over;
  }

  /** They are not banned any more. */
  void end(Collection<IpPrefix> clients) {
    clients.forEach(ends::remove);
  }

  /** They could not be banned, or not all of them: it is over with them. */
  void failed(Collection<IpPrefix> clients, long now) {
    lost.add(clients.size());
    clients.forEach(client -> ends.put(client, now));
  }

  /** Forgets all, and wants none. */
  void clear() {
    wanted = false;
    waiting.clear();
    waitingCount.set(0);
    ends.clear();
  }

  /** Who is banned. */
  List<IpPrefix> current() {
    return List.copyOf(ends.keySet());
  }

  /** Blocked clients that were not banned, for the bounds or for a failure. */
  long lost() {
    return lost.sum();
  }
}
