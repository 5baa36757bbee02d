package io.weir.proxy.upstream;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Consistent hashing with a look-up table (Eisenbud et al., "Maglev: A Fast and Reliable Software
 * Network Load Balancer", NSDI 2016, section 3.4). Every member walks the table in an order of its
 * own, made from its name, and in turn takes the next free place, heavier ones more turns. So each
 * gets its share to within a per cent, all instances of a fleet build the same table, and few
 * places change hands when a member comes or goes.
 *
 * <p>The table is built for the configured members, well or not. The keys of one that is down are
 * hashed again until they meet one that is up: nobody else's keys move, and its own come back with
 * it. That is less disruption than a new table, and costs nothing when health changes.
 */
final class Maglev implements Balancer {
  /** Places in a table: a prime, so that every walk meets every place. The same for all pools. */
  static final int PLACES = 65_537;

  private static final char FREE = Character.MAX_VALUE;
  private static final int MAX_PROBES = 32;

  @Override
  public @Nullable Backend choose(
      Candidates candidates, Turn turn, long key, long now, Tried tried) {
    long hash = key;
    for (int i = 0; i < MAX_PROBES; i++) {
      Backend backend = candidates.atHash(hash, now, tried);
      if (backend != null) {
        return backend;
      }
      hash = Hash.mix(hash + Hash.GOLDEN);
    }
    return highest(candidates, key, tried);
  }

  /** Rendezvous hashing, for when so many are down that probing the table finds none. */
  private static @Nullable Backend highest(Candidates candidates, long key, Tried tried) {
    Backend best = null;
    long bestHash = 0;
    for (int i = 0; i < candidates.count(); i++) {
      Backend backend = candidates.get(i);
      long hash = Hash.mix(key ^ hash(backend));
      if (!tried.contains(backend) && (best == null || hash > bestHash)) {
        best = backend;
        bestHash = hash;
      }
    }
    return best;
  }

  private static long hash(Backend backend) {
    byte[] name = backend.nameBytes();
    return Hash.of(name, 0, name.length);
  }

  /**
   * Builds the table: at each place the index of a member.
   *
   * @param members in the same order on every instance; fewer than 65,535
   */
  static char[] table(Backend[] members) {
    int count = members.length;
    int[] place = new int[count];
    int[] step = new int[count];
    long[] due = new long[count];
    long heaviest = 0;
    for (int i = 0; i < count; i++) {
      long hash = hash(members[i]);
      place[i] = (int) Long.remainderUnsigned(hash, PLACES);
      step[i] = 1 + (int) Long.remainderUnsigned(Hash.mix(hash), PLACES - 1);
      heaviest = Math.max(heaviest, members[i].settings().weight());
    }
    char[] table = new char[PLACES];
    Arrays.fill(table, FREE);
    int free = count == 0 ? 0 : PLACES;
    for (long turn = 1; free > 0; turn++) {
      for (int i = 0; i < count && free > 0; i++) {
        if (turn * members[i].settings().weight() >= due[i]) {
          due[i] += heaviest;
          while (table[place[i]] != FREE) {
            place[i] = (place[i] + step[i]) % PLACES;
          }
          table[place[i]] = (char) i;
          free--;
        }
      }
    }
    return table;
  }
}
