/* Rate limits whose cost does not rise with the number of senders.
 *
 * A bucket is one number, the theoretical arrival time of GCRA (ITU-T I.371). Buckets lie in a sketch of two rows; a key has one
 * in each, by two halves of a keyed hash. A key is over its limit only if both are, so a neighbour's debt hurts only who
 * shares both. Nothing is inserted or evicted: spoofed sources cost what real ones cost. After Cormode and Muthukrishnan,
 * "An improved data stream summary: the count-min sketch" (2005), with conservative update.
 *
 * Two random places in megabytes are in no cache. So a third row comes first, small enough to stay there, and the others are charged only
 * by keys whose bucket in it is more than half full: what comes from everywhere at once fills none that far, up to some
 * hundred thousand packets a second. Two processors may lose an update to each other; the limit is then a little higher, never lower. */
#pragma once
#include "hash.h"

enum { GATE_BITS = 12, GATE = 1 << GATE_BITS, ROW_BITS = 17, ROW = 1 << ROW_BITS, SKETCHES = 3 };
enum sketch { SKETCH_SYN, SKETCH_DNS, SKETCH_ICMP };

MAP(sketch_gates, .type = MAP_ARRAY, .key_size = 4, .value_size = 8, .max_entries = GATE * SKETCHES);
MAP(sketch_rows, .type = MAP_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 2 * ROW * SKETCHES);

INLINE __u64 *gate_of(enum sketch sketch, __u64 hash) {
  __u32 index = sketch * GATE + (hash >> 20 & (GATE - 1));
  return map_lookup(&sketch_gates, &index);
}

INLINE __u64 ahead(__u64 arrival, __u64 now) {
  return arrival > now ? arrival - now : 0;
}

/* Takes one packet out of the key's buckets; 0 if it is over its limit. A packet costs so many nanoseconds, the inverse of the rate; a
 * bucket may be `burst` nanoseconds ahead of the clock. */
ALONE int within(__u32 sketch, __u64 hash, __u64 now, __u64 cost, __u64 burst) {
  __u64 *gate = gate_of(sketch, hash);
  if (!gate)
    return 1;
  __u64 first = ahead(*gate, now);
  __u64 half = burst >= 8 * cost ? burst >> 1 : 0; /* few packets at once are counted exactly */
  if (half && first <= half) {
    *gate = now + first + cost;
    return 1;
  }
  __u32 index = sketch * 2 * ROW + (hash & (ROW - 1));
  __u64 *a = map_lookup(&sketch_rows, &index);
  index = sketch * 2 * ROW + ROW + (hash >> 32 & (ROW - 1));
  __u64 *b = map_lookup(&sketch_rows, &index);
  if (!a || !b)
    return 1;
  __u64 rest = ahead(*a < *b ? *a : *b, now);
  __u64 uncharged = half ? half + cost : 0;
  if (first > burst && rest + uncharged > burst)
    return 0;
  if (first <= burst)
    *gate = now + first + cost;
  __u64 arrival = now + rest + cost;
  if (*a < arrival)
    *a = arrival;
  if (*b < arrival)
    *b = arrival;
  return 1;
}
