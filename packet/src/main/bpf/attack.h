/* attack: whether there is a SYN flood, and who had to do with this host before it.
 *
 * Both must be known where a SYN of the flood shall cost little: what is asked of the kernel for each ordinary one (is there a way
 * back, who listens, is there such a connection already) can be left out for strangers, or wait until their ACK proves them. */
#pragma once
#include "hash.h"

SETTING(__u64, syn_attack_cost); /* 0: never an attack */

struct syn_state {
  __u64 global_arrival;
  __u64 attack_arrival;
  __u64 attack_until;
  __u64 attack_since;
};
MAP(syn_state, .type = MAP_ARRAY, .key_size = 4, .value_size = sizeof(struct syn_state), .max_entries = 1);

INLINE int is_attack(struct syn_state *state, struct packet *p) {
  return syn_attack_cost && state->attack_until > now(p);
}

INLINE int is_syn(struct packet *p) {
  return p->protocol == PROTOCOL_TCP && p->has_ports && (p->flags & (FLAG_SYN | FLAG_ACK | FLAG_RST)) == FLAG_SYN;
}

/* Sources that have, or lately had, a connection with this host: a bit for each hash, so some strangers pass for one. The control plane
 * sets those of all sockets when an attack begins, and then says which attack that was; while it lasts a connection comes into being only
 * by an ACK with a valid cookie, which sets its source's. So nobody can forge a source into it. */
enum { CLIENT_WORDS = 1 << 12 };
struct clients {
  __u64 attack_since;
  __u64 bits[CLIENT_WORDS];
};
MAP(known_clients, .type = MAP_ARRAY, .key_size = 4, .value_size = sizeof(struct clients), .max_entries = 1, .flags = MAP_MMAPABLE);

INLINE __u64 *client_word(struct clients *clients, __u64 hash) {
  return &clients->bits[hash >> 46 & (CLIENT_WORDS - 1)];
}

INLINE int is_stranger(struct packet *p, struct syn_state *state) {
  __u32 zero = 0;
  struct clients *clients = map_lookup(&known_clients, &zero);
  __u64 hash = hash_of(p, p->source);
  return clients && clients->attack_since == state->attack_since && !(*client_word(clients, hash) >> (hash >> 58) & 1);
}

INLINE void remember(struct packet *p) {
  __u32 zero = 0;
  struct clients *clients = map_lookup(&known_clients, &zero);
  __u64 hash = hash_of(p, p->source);
  if (clients)
    __sync_fetch_and_or(client_word(clients, hash), 1ull << (hash >> 58));
}
