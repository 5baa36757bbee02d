package io.weir.packet;

import java.util.Arrays;
import java.util.List;

/**
 * Places flows on backends so that all shares are even, and few flows move when a backend comes or
 * goes.
 *
 * <p>Each backend has an order of preference over all slots, given by its name alone. They take
 * turns, each taking the slot that it likes best of those left; a backend of less weight misses
 * turns. So every balancer that knows the same backends makes the same table without talking to the
 * others (Eisenbud and others, "Maglev: a fast and reliable software network load balancer", NSDI
 * 2016, section 3.4). The price is a rebuild of the whole table, some milliseconds, at each change.
 */
final class Maglev {

  /**
   * A prime, hence every step but 0 leads through all slots; about a hundred times the backends it
   * is good for.
   */
  static final int SIZE = 65537;

  /** One to place flows on. */
  record Member(long hash, int weight) {}

  private Maglev() {}

  /** Returns for each slot the index of its member; all -1 if there are no members. */
  static int[] place(List<Member> members) {
    int[] slots = new int[SIZE];
    Arrays.fill(slots, -1);
    if (members.isEmpty()) {
      return slots;
    }
    int heaviest = members.stream().mapToInt(Member::weight).max().orElseThrow();
    int[] credit = new int[members.size()];
    long[] next = new long[members.size()];
    int taken = 0;
    while (true) {
      for (int i = 0; i < credit.length; i++) {
        credit[i] += members.get(i).weight();
        if (credit[i] < heaviest) {
          continue;
        }
        credit[i] -= heaviest;
        int slot;
        do {
          slot = slot(members.get(i).hash(), next[i]++);
        } while (slots[slot] >= 0);
        slots[slot] = i;
        if (++taken == SIZE) {
          return slots;
        }
      }
    }
  }

  private static int slot(long hash, long turn) {
    long offset = (hash >>> 32) % SIZE;
    long step = (hash & 0xffff_ffffL) % (SIZE - 1) + 1;
    return (int) ((offset + turn * step) % SIZE);
  }
}
