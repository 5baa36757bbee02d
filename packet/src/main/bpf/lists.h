/* What is known of a source address: one look-up for all lists, made once the headers are read.
 *
 * A class is a bit. The control plane resolves what lies inside what: a value holds the classes of its own entry and of all
 * wider networks around it. So an exact match needs no second look, and a miss costs one small trie. There are two
 * generations of each map; one word says which is in force, so that a new list is filled beside the old one and takes over
 * whole. */
#pragma once
#include "packet.h"

enum { CLASS_MANAGEMENT = 1, CLASS_ALLOWED = 2, CLASS_BLOCKED = 4, CLASS_BOGON = 8, CLASS_OWN = 16 };

#define LIST_MAP(name, kind, size) \
  MAP(name, .type = MAP_ARRAY_OF_MAPS, .key_size = 4, .value_size = 4, .max_entries = 2, .inner_type = kind, .inner_key_size = size, \
      .inner_value_size = 4, .inner_max_entries = 1, .inner_flags = MAP_NO_PREALLOC)

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
  void *exact = p->ipv6 ? inner(&exact_ipv6, current) : inner(&exact_ipv4, current);
  __u32 *found = exact ? map_lookup(exact, p->source) : 0;
  if (found)
    return *found;
  void *prefixes = p->ipv6 ? inner(&prefixes_ipv6, current) : inner(&prefixes_ipv4, current);
  struct prefix_key key = {.bits = p->ipv6 ? 128 : 32};
  memcpy(key.address, p->source, 16);
  found = prefixes ? map_lookup(prefixes, &key) : 0;
  return found ? *found : 0;
}
