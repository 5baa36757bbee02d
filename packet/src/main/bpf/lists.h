/* What is known of a source address: one look-up for all lists, made once the headers are read.
 *
 * A class is a bit. The control plane resolves what lies inside what: a value holds the classes of its own entry and of all
 * wider networks around it. So an exact match needs no second look, and a miss costs one small trie. Most sources need neither: an
 * overview by the first 16 bits of an address says the classes there, and whether anything longer lies within. There are two
 * generations of each map; one word says which is in force, so that a new list is filled beside the old one and takes over
 * whole.
 *
 * Exact addresses of both families lie in a table of our own: a bucket is one line of the cache, and needs no call into the kernel,
 * whose hash table takes several and a line for each. A slot is an address's hash with its classes in place of the low octet, 0 if it is
 * free; the low octet is known from the bucket's place, so that for IPv4, where hashes never meet, this is exact, and for IPv6 it errs
 * once in 2^64 pairs. What finds no room in its bucket lies in the trie. The table is cut into chunks of one size, as maps in a map
 * must be. */
#pragma once
#include "hash.h"
#include "packet.h"

enum { CLASS_MANAGEMENT = 1, CLASS_ALLOWED = 2, CLASS_BLOCKED = 4, CLASS_BOGON = 8, CLASS_OWN = 16, CLASS_BANNED = 32 };

#define LIST_MAP(name, kind, size) \
  MAP(name, .type = MAP_ARRAY_OF_MAPS, .key_size = 4, .value_size = 4, .max_entries = 2, .inner_type = kind, .inner_key_size = size, \
      .inner_value_size = 4, .inner_max_entries = 1, .inner_flags = MAP_NO_PREALLOC)

enum { EXACT_INSIDE = 1 << 6, PREFIX_INSIDE = 1 << 7, OVERVIEW = 1 << 16 };

/* An octet for each first 16 bits, for IPv4, then IPv6: few enough to stay in the processor's own cache. */
MAP(overview, .type = MAP_ARRAY_OF_MAPS, .key_size = 4, .value_size = 4, .max_entries = 2, .inner_type = MAP_ARRAY, .inner_key_size = 4,
    .inner_value_size = 8, .inner_max_entries = 2 * OVERVIEW / 8, .inner_flags = MAP_MMAPABLE);

enum { SLOTS = 8, CHUNK_BITS = 12, CHUNK = 1 << CHUNK_BITS, MAX_CHUNKS = 1024 };
struct bucket {
  __u64 slots[SLOTS];
};
MAP(exact, .type = MAP_ARRAY_OF_MAPS, .key_size = 4, .value_size = 4, .max_entries = 2 * MAX_CHUNKS, .inner_type = MAP_ARRAY, .inner_key_size = 4,
    .inner_value_size = sizeof(struct bucket), .inner_max_entries = CHUNK, .inner_flags = MAP_MMAPABLE);
LIST_MAP(prefixes_ipv4, MAP_LPM_TRIE, 8);
LIST_MAP(prefixes_ipv6, MAP_LPM_TRIE, 20);

/* The generation in force, and in the upper half its last chunk: their number is a power of two. */
MAP(lists_in_force, .type = MAP_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1);

struct prefix_key {
  __u32 bits;
  __be32 address[4];
};

INLINE void *inner(void *maps, __u32 generation) {
  return map_lookup(maps, &generation);
}

INLINE __u32 exact_classes(struct packet *p, __u64 lists) {
  __u64 hash = hash_of_source(p);
  void *chunk = inner(&exact, (lists & 1) * MAX_CHUNKS + (hash >> CHUNK_BITS & lists >> 32));
  __u32 index = hash & (CHUNK - 1);
  struct bucket *bucket = chunk ? map_lookup(chunk, &index) : 0;
  if (!bucket)
    return 0;
#pragma unroll
  for (int i = 0; i < SLOTS; i++) {
    __u64 slot = bucket->slots[i];
    if ((slot ^ hash) < 256)
      return slot & 255;
  }
  return 0;
}

ALONE int classes_of(struct packet *p) {
  if (!p)
    return 0;
  __u32 zero = 0;
  __u64 *in_force = map_lookup(&lists_in_force, &zero);
  __u64 lists = in_force ? *(volatile __u64 *)in_force : 0;
  __u32 current = lists & 1;
  __u32 block = (p->source[0] & (OVERVIEW - 1)) + (p->ipv6 ? OVERVIEW : 0);
  void *blocks = inner(&overview, current);
  __u32 eight = block >> 3;
  __u8 *seen = blocks ? map_lookup(blocks, &eight) : 0;
  __u32 known = seen ? seen[block & 7] : EXACT_INSIDE | PREFIX_INSIDE;
  if (known & EXACT_INSIDE) {
    __u32 found = exact_classes(p, lists);
    if (found)
      return found;
  }
  if (LIKELY(!(known & PREFIX_INSIDE)))
    return known & (EXACT_INSIDE - 1);
  void *prefixes = p->ipv6 ? inner(&prefixes_ipv6, current) : inner(&prefixes_ipv4, current);
  struct prefix_key key = {.bits = p->ipv6 ? 128 : 32};
  memcpy(key.address, p->source, 16);
  __u32 *found = prefixes ? map_lookup(prefixes, &key) : 0;
  return found ? *found : 0;
}
