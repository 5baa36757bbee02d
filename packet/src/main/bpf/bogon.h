/* bogon: a source address that cannot be true.
 *
 * Bogons and own networks come with the lists. The reverse path check (RFC 3704) asks the kernel's own routes: loose, is there
 * a way back at all; strict, does it leave by the interface the packet came in on. */
#pragma once
#include "lists.h"
#include "reason.h"

enum { REVERSE_PATH_OFF, REVERSE_PATH_LOOSE, REVERSE_PATH_STRICT };

SETTING(__u8, reverse_path);

/* VLANs, bonds and bridges: by the index that a route names, the interface that the frames come in on. */
MAP(lower_interfaces, .type = MAP_HASH, .key_size = 4, .value_size = 4, .max_entries = 1024, .flags = MAP_NO_PREALLOC);

/* Asked as if from the loopback interface: the kernel refuses to answer for one that does not forward, and making every
 * interface forward for the sake of a question would turn a host into a router. */
enum { LOOPBACK_INTERFACE = 1 };

ALONE int check_reverse_path(struct xdp_md *ctx, struct packet *p) {
  if (!p)
    return UNDECIDED;
  struct bpf_fib_lookup fib = {.family = p->ipv6 ? AF_INET6 : AF_INET, .ifindex = LOOPBACK_INTERFACE};
  memcpy(fib.source, p->destination, 16);
  memcpy(fib.destination, p->source, 16);
  long answer = fib_lookup(ctx, &fib, sizeof(fib), FIB_SKIP_NEIGHBOUR);
  if (answer < 0 || answer == FIB_FORWARDING_DISABLED)
    return UNDECIDED; /* cannot tell: the loader has said so when it attached */
  if (answer != FIB_SUCCESS && answer != FIB_NO_NEIGHBOUR && answer != FIB_UNSUPPORTED_TUNNEL)
    return BOGON_NO_RETURN_ROUTE;
  if (reverse_path == REVERSE_PATH_LOOSE || fib.ifindex == ctx->ingress_ifindex)
    return UNDECIDED;
  __u32 *lower = map_lookup(&lower_interfaces, &fib.ifindex);
  return lower && *lower == ctx->ingress_ifindex ? UNDECIDED : BOGON_OTHER_INTERFACE;
}

INLINE int same_address(struct packet *p) {
  return p->source[0] == p->destination[0] && (!p->ipv6 || (p->source[1] == p->destination[1] && p->source[2] == p->destination[2] &&
                                                           p->source[3] == p->destination[3]));
}

INLINE int is_link_local(struct packet *p) {
  return p->ipv6 && (p->source[0] & htonl(0xffc00000)) == htonl(0xfe800000);
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
  if (reverse_path != REVERSE_PATH_OFF && !is_link_local(p))
    return check_reverse_path(ctx, p);
  return UNDECIDED;
}
