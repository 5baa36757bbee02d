/* Rate limits whose cost does not rise with the number of senders.
 *
 * A bucket is one number, the theoretical arrival time of GCRA (ITU-T I.371). Buckets lie in a sketch of two rows; a key has one
 * in each, by two halves of a keyed hash. A key is over its limit only if both are, so a neighbour's debt hurts only who
 * shares both. Nothing is inserted or evicted: spoofed sources cost what real ones cost. After Cormode and Muthukrishnan,
 * "An improved data stream summary: the count-min sketch" (2005), with conservative update. Two processors may lose an update to each
 * other; the limit is then a little higher, never lower. */
#pragma once
#include "hash.h"

enum { ROW_BITS = 17, ROW = 1 << ROW_BITS, SKETCHES = 3 };
enum sketch { SKETCH_SYN, SKETCH_DNS, SKETCH_ICMP };

MAP(sketch_rows, .type = MAP_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 2 * ROW * SKETCHES);
/* Takes one packet out of the key's buckets; 0 if it is over its limit. A packet costs so many nanoseconds, the inverse of the rate; a
 * bucket may be `burst` nanoseconds ahead of the clock. */
ALONE int within(__u32 sketch, __u64 hash, __u64 now, __u64 cost, __u64 burst) {
  __u32 first = sketch * 2 * ROW + (hash & (ROW - 1));
  __u32 second = sketch * 2 * ROW + ROW + (hash >> 32 & (ROW - 1));
  __u64 *a = map_lookup(&sketch_rows, &first);
  __u64 *b = map_lookup(&sketch_rows, &second);
  if (!a || !b)
    return 1;
  __u64 arrival = *a < *b ? *a : *b;
  if (arrival < now)
    arrival = now;
  if (arrival - now > burst)
    return 0;
  arrival += cost;
  if (*a < arrival)
    *a = arrival;
  if (*b < arrival)
    *b = arrival;
  return 1;
}
