/* bogon: a source address that cannot be true.
 *
 * Bogons and own networks come with the lists. The reverse path check (RFC 3704) asks the kernel's own routes: loose, is there
 * a way back at all; strict, does it leave by the interface the packet came in on. */
#pragma once
#include "attack.h"
#include "lists.h"
#include "reason.h"

enum { REVERSE_PATH_OFF, REVERSE_PATH_LOOSE, REVERSE_PATH_STRICT };

SETTING(__u8, reverse_path);

/* VLANs, bonds and bridges: by the index that a route names, the interface that the frames come in on. */
MAP(lower_interfaces, .type = MAP_HASH, .key_size = 4, .value_size = 4, .max_entries = 1024, .flags = MAP_NO_PREALLOC);

/* Asked as if from the loopback interface: the kernel refuses to answer for one that does not forward, and making every
 * interface forward for the sake of a question would turn a host into a router. */
enum { LOOPBACK_INTERFACE = 1 };

/* What the kernel said lately, by this processor: it takes longer than everything else that is done to an ordinary packet. A change of
 * routes is noticed within ROUTE_LIFETIME. What is kept is the answer and not the verdict, which another policy may see differently. */
struct route_answer {
  __be32 source[4], destination[4];
  __u64 until;
  __u32 interface;
  __u32 ipv6;
};
enum { ROUTE_ANSWERS = 1024, ROUTE_NONE = 0, ROUTE_UNKNOWN = 0xffffffff };
#define ROUTE_LIFETIME 500000000ull

MAP(route_answers, .type = MAP_PERCPU_ARRAY, .key_size = 4, .value_size = sizeof(struct route_answer), .max_entries = ROUTE_ANSWERS);

INLINE int is_about(struct route_answer *answer, struct packet *p) {
  __u64 *source = (__u64 *)p->source, *destination = (__u64 *)p->destination;
  __u64 *of = (__u64 *)answer;
  return answer->until > now(p) && answer->ipv6 == p->ipv6 && of[0] == source[0] && of[1] == source[1] && of[2] == destination[0] &&
         of[3] == destination[1];
}

/* The interface by which packets to the source leave. */
INLINE __u32 ask_route(struct xdp_md *ctx, struct packet *p) {
  struct bpf_fib_lookup fib = {.family = p->ipv6 ? AF_INET6 : AF_INET, .ifindex = LOOPBACK_INTERFACE};
  memcpy(fib.source, p->destination, 16);
  memcpy(fib.destination, p->source, 16);
  long answer = fib_lookup(ctx, &fib, sizeof(fib), FIB_SKIP_NEIGHBOUR);
  if (answer < 0 || answer == FIB_FORWARDING_DISABLED)
    return ROUTE_UNKNOWN; /* cannot tell: the loader has said so when it attached */
  return answer == FIB_SUCCESS || answer == FIB_NO_NEIGHBOUR || answer == FIB_UNSUPPORTED_TUNNEL ? fib.ifindex : ROUTE_NONE;
}

INLINE __u32 route_to_source(struct xdp_md *ctx, struct packet *p) {
  __u32 slot = hash_of(p, p->source) & (ROUTE_ANSWERS - 1);
  struct route_answer *answer = map_lookup(&route_answers, &slot);
  if (!answer)
    return ROUTE_UNKNOWN;
  if (!is_about(answer, p)) {
    answer->interface = ask_route(ctx, p);
    memcpy(answer->source, p->source, 16);
    memcpy(answer->destination, p->destination, 16);
    answer->ipv6 = p->ipv6;
    answer->until = now(p) + ROUTE_LIFETIME;
  }
  return answer->interface;
}

ALONE int check_reverse_path(struct xdp_md *ctx, struct packet *p) {
  if (!p)
    return UNDECIDED;
  __u32 interface = route_to_source(ctx, p);
  if (interface == ROUTE_UNKNOWN)
    return UNDECIDED;
  if (interface == ROUTE_NONE)
    return BOGON_NO_RETURN_ROUTE;
  if (reverse_path == REVERSE_PATH_LOOSE || interface == ctx->ingress_ifindex)
    return UNDECIDED;
  __u32 *lower = map_lookup(&lower_interfaces, &interface);
  return lower && *lower == ctx->ingress_ifindex ? UNDECIDED : BOGON_OTHER_INTERFACE;
}

INLINE int same_address(struct packet *p) {
  return p->source[0] == p->destination[0] && (!p->ipv6 || (p->source[1] == p->destination[1] && p->source[2] == p->destination[2] &&
                                                           p->source[3] == p->destination[3]));
}

INLINE int is_link_local(struct packet *p) {
  return p->ipv6 && (p->source[0] & htonl(0xffc00000)) == htonl(0xfe800000);
}

/* During a SYN flood the loose check waits until it is clear that no cookie answers: a cookie leaves by the way that the SYN came in
 * on, and the ACK that brings it back is asked about. The strict check does not wait, lest cookies go to those behind another interface. */
INLINE int may_wait(struct packet *p) {
  if (reverse_path != REVERSE_PATH_LOOSE || !is_syn(p))
    return 0;
  __u32 zero = 0;
  struct syn_state *state = map_lookup(&syn_state, &zero);
  return state && is_attack(state, p);
}

INLINE enum reason bogon(struct xdp_md *ctx, struct packet *p) {
  p->classes = classes_of(p);
  if (p->classes & CLASS_MANAGEMENT)
    return PASS_MANAGEMENT;
  if (same_address(p))
    return BOGON_SAME_ADDRESS;
  if (p->classes & CLASS_BOGON)
    return BOGON_SOURCE;
  if (p->classes & CLASS_OWN)
    return BOGON_OWN_NETWORK;
  if (reverse_path == REVERSE_PATH_OFF || is_link_local(p))
    return UNDECIDED;
  p->route_unasked = may_wait(p);
  return p->route_unasked ? UNDECIDED : check_reverse_path(ctx, p);
}
