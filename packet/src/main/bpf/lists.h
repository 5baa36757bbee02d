/* What is known of a source address: one look-up for all lists, made once the headers are read.
 *
 * A class is a bit. The control plane resolves what lies inside what: a value holds the classes of its own entry and of all
 * wider networks around it. So an exact match needs no second look, and a miss costs one small trie. Most sources need neither: an
 * overview by the first 16 bits of an address says the classes there, and whether anything longer lies within. There are two
 * generations of each map; one word says which is in force, so that a new list is filled beside the old one and takes over
 * whole. */
#pragma once
#include "packet.h"

enum { CLASS_MANAGEMENT = 1, CLASS_ALLOWED = 2, CLASS_BLOCKED = 4, CLASS_BOGON = 8, CLASS_OWN = 16 };

#define LIST_MAP(name, kind, size) \
  MAP(name, .type = MAP_ARRAY_OF_MAPS, .key_size = 4, .value_size = 4, .max_entries = 2, .inner_type = kind, .inner_key_size = size, \
      .inner_value_size = 4, .inner_max_entries = 1, .inner_flags = MAP_NO_PREALLOC)

enum { EXACT_INSIDE = 1 << 8, PREFIX_INSIDE = 1 << 9, OVERVIEW = 1 << 16 };

/* IPv4, then IPv6. */
MAP(overview, .type = MAP_ARRAY_OF_MAPS, .key_size = 4, .value_size = 4, .max_entries = 2, .inner_type = MAP_ARRAY, .inner_key_size = 4,
    .inner_value_size = 4, .inner_max_entries = 2 * OVERVIEW);
LIST_MAP(exact_ipv4, MAP_HASH, 4);
LIST_MAP(exact_ipv6, MAP_HASH, 16);
LIST_MAP(prefixes_ipv4, MAP_LPM_TRIE, 8);
LIST_MAP(prefixes_ipv6, MAP_LPM_TRIE, 20);
MAP(list_generation, .type = MAP_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1);

struct prefix_key {
  __u32 bits;
  __be32 address[4];
};

INLINE void *inner(void *maps, __u32 generation) {
  return map_lookup(maps, &generation);
}

ALONE int classes_of(struct packet *p) {
  if (!p)
    return 0;
  __u32 zero = 0;
  __u32 *generation = map_lookup(&list_generation, &zero);
  __u32 current = generation ? *generation & 1 : 0;
  __u32 block = (p->source[0] & (OVERVIEW - 1)) + (p->ipv6 ? OVERVIEW : 0);
  void *blocks = inner(&overview, current);
  __u32 *seen = blocks ? map_lookup(blocks, &block) : 0;
  __u32 known = seen ? *seen : EXACT_INSIDE | PREFIX_INSIDE;
  if (known & EXACT_INSIDE) {
    void *exact = p->ipv6 ? inner(&exact_ipv6, current) : inner(&exact_ipv4, current);
    __u32 *found = exact ? map_lookup(exact, p->source) : 0;
    if (found)
      return *found;
  }
  if (LIKELY(!(known & PREFIX_INSIDE)))
    return known & (EXACT_INSIDE - 1);
  void *prefixes = p->ipv6 ? inner(&prefixes_ipv6, current) : inner(&prefixes_ipv4, current);
  struct prefix_key key = {.bits = p->ipv6 ? 128 : 32};
  memcpy(key.address, p->source, 16);
  __u32 *found = prefixes ? map_lookup(prefixes, &key) : 0;
  return found ? *found : 0;
}
