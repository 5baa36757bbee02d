package io.weir.policy;

import io.weir.net.IpAddress;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * One token bucket and one request count per client, in bounded memory, shared by all event loops.
 *
 * <p><b>Idea.</b> A bucket is a single number, the theoretical arrival time (TAT) of GCRA (ITU-T
 * I.371): the moment at which the client will have paid for all it has had. A request moves it on
 * by one interval, and is refused if that leads further into the future than the bucket is deep. A
 * TAT in the past says nothing that a fresh bucket would not say. So such a client can be forgotten
 * for a newcomer at no loss, and nobody else ever is: no flood of new addresses washes away a debt.
 *
 * <p><b>Shape.</b> Like a processor's cache: a client's hash chooses a row, and a row has seven
 * cells for whichever clients need them. One row is three cache lines, keys, times and counts; a
 * known client costs a look at the keys, one compare-and-set and one addition, takes no lock and
 * makes no object. Only a newcomer takes the row's spin lock, for some tens of nanoseconds, so that
 * two loops cannot give one client two cells.
 *
 * <p><b>Trade-off.</b> If all seven are in debt, newcomers to that row share its eighth cell, one
 * more bucket under the same limit: neither unlimited nor locked out. Rows fill unevenly; at one
 * debtor to four cells about 1 in 400 newcomers shares, at one to two about 1 in 15. {@link
 * #sharedRequests} tells when the table is too small. A client that moves from the shared cell to
 * its own starts afresh.
 *
 * <p>A cell knows its client by a 64-bit hash under a secret seed. Two clients share one with a
 * chance of one in 10^7 in a table of a million, and nobody can bring it about.
 *
 * <p>IPv6 clients are told apart by prefix, as one customer commonly has a whole /64 to pick from.
 */
public final class ClientTable {

  /** What an IPv6 client usually has to itself. */
  public static final int DEFAULT_IPV6_PREFIX = 64;

  private static final int MAX_CLIENTS = 100_000_000;

  private static final int CELLS = 7;

  /** The eighth cell: its time and count are shared, in place of its key is the row's lock. */
  private static final int SHARED = 7;

  private static final int TIMES = 8;
  private static final int COUNTS = 16;
  private static final int ROW = 24;

  /** The key of a cell that is free, or just changing hands. A client's key is odd. */
  private static final long NOBODY = 0;

  /** Instead of a waiting time: the cell went to another client meanwhile. */
  private static final long MOVED = -1;

  private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);

  private final long[] cells;
  private final int rows;
  private final int ipv6Prefix;
  private final long seed;
  private final long originNanos;

  /**
   * @param clients how many clients to have room for, 1 to 100,000,000; each takes 28 bytes
   * @param ipv6Prefix how many leading bits make an IPv6 client, 1 to 128
   * @param seed secret and random; see {@link IpAddress#hash}
   * @param originNanos a time not after any that will be passed in
   * @throws IllegalArgumentException if a number is out of range
   */
  public ClientTable(int clients, int ipv6Prefix, long seed, long originNanos) {
    if (clients < 1 || clients > MAX_CLIENTS) {
      throw new IllegalArgumentException(
          "clients: " + clients + " (expected: 1 to " + MAX_CLIENTS + ")");
    }
    if (ipv6Prefix < 1 || ipv6Prefix > 128) {
      throw new IllegalArgumentException("IPv6 prefix: " + ipv6Prefix + " (expected: 1 to 128)");
    }
    this.rows = (clients + CELLS - 1) / CELLS;
    this.cells = new long[rows * ROW];
    this.ipv6Prefix = ipv6Prefix;
    this.seed = seed;
    this.originNanos = originNanos - 1; // so that every time passed in is after a fresh cell's 0
  }

  /**
   * Counts a request and takes a token for it. A refused request takes none, so who keeps asking
   * too fast still gets the limit's rate.
   *
   * @return 0 if the request is within the limit; else the nanoseconds until one would be
   */
  public long tryAcquire(IpAddress client, RateLimit limit, long nowNanos) {
    long hash = hash(client);
    int row = row(hash);
    long key = key(hash);
    long now = nowNanos - originNanos;
    int cell = find(row, key);
    long wait = cell < 0 ? MOVED : charge(row, cell, key, limit, now);
    return wait == MOVED ? chargeNewcomer(hash, limit, now) : wait;
  }

  /** The requests counted for the client since it was last a newcomer; 0 if it is not known. */
  public long requests(IpAddress client) {
    long hash = hash(client);
    int row = row(hash);
    int cell = find(row, key(hash));
    return cell < 0 ? 0 : get(row + COUNTS + cell);
  }

  /** The requests that were counted in shared cells. Walks the table: for metrics. */
  public long sharedRequests() {
    long sum = 0;
    for (int row = 0; row < cells.length; row += ROW) {
      sum += get(row + COUNTS + SHARED);
    }
    return sum;
  }

  private long hash(IpAddress client) {
    return client.prefixHash(client.isIpv4() ? 32 : ipv6Prefix, seed);
  }

  private int row(long hash) {
    return (int) Math.unsignedMultiplyHigh(hash, rows) * ROW;
  }

  private static long key(long hash) {
    return hash | 1;
  }

  private int find(int row, long key) {
    for (int cell = 0; cell < CELLS; cell++) {
      if (get(row + cell) == key) {
        return cell;
      }
    }
    return -1;
  }

  /**
   * Moves a cell's time on by one request, unless that leads too far. Who gives the cell to another
   * client takes the key away before he touches the time; so a time read before its key is seen to
   * stand is this client's, and the compare-and-set fails if it has ceased to be. A cell's time
   * only ever grows, whoever has the cell, so it cannot come back to a value read before.
   */
  private long charge(int row, int cell, long key, RateLimit limit, long now) {
    while (true) {
      long time = get(row + TIMES + cell);
      if (cell != SHARED && get(row + cell) != key) {
        return MOVED;
      }
      long next = Math.max(time, now) + limit.intervalNanos();
      long wait = next - now - limit.fillNanos();
      if (wait > 0 || LONGS.compareAndSet(cells, row + TIMES + cell, time, next)) {
        LONGS.getAndAdd(cells, row + COUNTS + cell, 1L);
        return Math.max(wait, 0);
      }
    }
  }

  /** Charges who had no cell a moment ago. Another loop may have given it one since. */
  long chargeNewcomer(long hash, RateLimit limit, long now) {
    int row = row(hash);
    long key = key(hash);
    while (!LONGS.compareAndSet(cells, row + SHARED, 0L, 1L)) {
      Thread.onSpinWait();
    }
    try {
      int cell = find(row, key);
      if (cell < 0) {
        cell = settle(row, key, now);
      }
      return charge(row, cell, key, limit, now);
    } finally {
      LONGS.setRelease(cells, row + SHARED, 0L);
    }
  }

  /** Gives the client the cell that has been without debt for longest, else the shared one. */
  private int settle(int row, long key, long now) {
    while (true) {
      int cell = leastIndebted(row);
      long time = get(row + TIMES + cell);
      if (time >= now) {
        return SHARED;
      }
      long former = get(row + cell);
      LONGS.setVolatile(cells, row + cell, NOBODY);
      if (LONGS.compareAndSet(cells, row + TIMES + cell, time, now)) {
        LONGS.setVolatile(cells, row + COUNTS + cell, 0L);
        LONGS.setVolatile(cells, row + cell, key);
        return cell;
      }
      LONGS.setVolatile(cells, row + cell, former); // who had it has just asked again
    }
  }

  private int leastIndebted(int row) {
    int least = 0;
    for (int cell = 1; cell < CELLS; cell++) {
      if (get(row + TIMES + cell) < get(row + TIMES + least)) {
        least = cell;
      }
    }
    return least;
  }

  private long get(int index) {
    return (long) LONGS.getAcquire(cells, index);
  }
}
