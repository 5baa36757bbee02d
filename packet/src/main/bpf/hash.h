/* Hashes that nobody outside can aim: all start from a secret of this engine's own. */
#pragma once
#include "packet.h"

SETTING(__u64, hash_seed);

/* One to one: different words never meet. */
INLINE __u64 mix(__u64 x) {
  x = (x ^ x >> 32) * 0xe9846af9b1a615dull;
  x = (x ^ x >> 32) * 0xe9846af9b1a615dull;
  return x ^ x >> 28;
}

/* IPv6 counts by /64: anyone has as many addresses in one as he likes. */
INLINE __u64 hash_of(struct packet *p, __be32 *address) {
  __u64 key = address[0];
  if (p->ipv6)
    key |= (__u64)address[1] << 32;
  return mix(key ^ hash_seed);
}

/* Of the whole source address. IPv4 addresses never meet; two of IPv6 do with a chance of one in 2^64. */
INLINE __u64 hash_of_source(struct packet *p) {
  __u64 hash = hash_of(p, p->source);
  return p->ipv6 ? mix(hash ^ (p->source[2] | (__u64)p->source[3] << 32)) : hash;
}
