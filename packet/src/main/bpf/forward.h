/* forward: layer-4 balancing. A packet to a virtual address goes on to one of its backends, which answers the client itself.
 *
 * Which backend: who has the flow keeps it (connections, an LRU table); a new flow is placed by a Maglev table (Eisenbud and
 * others, NSDI 2016), so that every balancer places alike and losing the table loses next to nothing. A SYN is placed but not
 * remembered, and nothing is remembered during a SYN flood: whoever can forge an address can fill an LRU.
 * How: inside IPv4 or IPv6 (RFC 2003, 2473), inside UDP (GUE variant 1), or on the same link by the backend's MAC alone. */
#pragma once
#include "checksum.h"
#include "reason.h"
#include "syn.h"

enum { RING = 65537, MAX_SERVICES = 256, MAX_BACKENDS = 4096 };
enum method { METHOD_IP_IN_IP, METHOD_GUE, METHOD_LAYER_2 };
enum { BACKEND_DOWN, BACKEND_UP };
enum { SERVICE_QUIC = 1 };

struct service_key {
  __be32 address[4];
  __be16 port;
  __u8 protocol, ipv6;
};

struct service {
  __u32 index, flags;
};

struct backend {
  __be32 address[4];
  __u32 identity; /* index in the low half, generation above: a slot that was given to another backend takes no old flows */
  __be16 port;    /* of GUE */
  __u8 ipv6, method;
  __u32 state;
  __u32 unused;
  __u64 packets; /* not exact: processors may lose a count to each other */
};

struct flow {
  __be32 source[4], destination[4];
  __be16 source_port, destination_port;
  __u8 protocol, ipv6;
  __u16 unused;
};

struct quic_key {
  __u32 service;
  __u32 server;
};

SETTING(__u8, balance);
SETTING(__be32, tunnel_ipv4);
const volatile __be32 tunnel_ipv6[4] SEC(".rodata") = {0};

MAP(services, .type = MAP_HASH, .key_size = sizeof(struct service_key), .value_size = sizeof(struct service), .max_entries = MAX_SERVICES,
    .flags = MAP_NO_PREALLOC);
MAP(rings, .type = MAP_ARRAY_OF_MAPS, .key_size = 4, .value_size = 4, .max_entries = MAX_SERVICES, .inner_type = MAP_ARRAY, .inner_key_size = 4,
    .inner_value_size = 4, .inner_max_entries = RING);
MAP(backends, .type = MAP_ARRAY, .key_size = 4, .value_size = sizeof(struct backend), .max_entries = MAX_BACKENDS);
MAP(connections, .type = MAP_LRU_HASH, .key_size = sizeof(struct flow), .value_size = 4, .max_entries = 262144);
MAP(quic_servers, .type = MAP_HASH, .key_size = sizeof(struct quic_key), .value_size = 4, .max_entries = 16384, .flags = MAP_NO_PREALLOC);

/* The flow a packet belongs to. An ICMP error belongs to the flow it complains about, whose header it quotes turned round. */
INLINE int read_flow(struct xdp_md *ctx, struct packet *p, struct flow *flow) {
  memset(flow, 0, sizeof(*flow));
  flow->ipv6 = p->ipv6;
  if (p->has_ports) {
    memcpy(flow->source, p->source, 16);
    memcpy(flow->destination, p->destination, 16);
    flow->source_port = p->source_port;
    flow->destination_port = p->destination_port;
    flow->protocol = p->protocol;
    return 1;
  }
  if (p->fragment)
    return 0;
  __be16 *ports;
  if (p->protocol == PROTOCOL_ICMP && !p->ipv6 && (p->icmp_type == 3 || p->icmp_type == 11 || p->icmp_type == 12)) {
    struct ipv4 *quoted = octets(ctx, p->transport_offset + sizeof(struct icmp), sizeof(*quoted) + 4);
    ports = (void *)(quoted + 1);
    if (!quoted || quoted->version_length != 0x45 || quoted->source != p->destination[0])
      return 0;
    flow->source[0] = quoted->destination;
    flow->destination[0] = quoted->source;
    flow->protocol = quoted->protocol;
  } else if (p->protocol == PROTOCOL_ICMPV6 && p->ipv6 && p->icmp_type >= 1 && p->icmp_type <= 4) {
    struct ipv6 *quoted = octets(ctx, p->transport_offset + sizeof(struct icmp), sizeof(*quoted) + 4);
    ports = (void *)(quoted + 1);
    if (!quoted)
      return 0;
    memcpy(flow->source, quoted->destination, 16);
    memcpy(flow->destination, quoted->source, 16);
    flow->protocol = quoted->next;
  } else {
    return 0;
  }
  flow->source_port = ports[1];
  flow->destination_port = ports[0];
  return flow->protocol == PROTOCOL_TCP || flow->protocol == PROTOCOL_UDP;
}

INLINE __u64 hash_flow(struct flow *flow) {
  __u64 hash = 0;
  __u64 *words = (__u64 *)flow;
#pragma unroll
  for (int i = 0; i < (int)(sizeof(*flow) / 8); i++)
    hash = mix(hash ^ words[i]);
  return hash;
}

INLINE struct backend *backend_of(__u32 identity) {
  __u32 index = identity & (MAX_BACKENDS - 1);
  struct backend *backend = map_lookup(&backends, &index);
  return backend && backend->identity == identity && backend->state != BACKEND_DOWN ? backend : 0;
}

/* A connection id that the backend gave out names it: octets 2 and 3 (draft-ietf-quic-load-balancers, plaintext). A client's
 * first packets carry an id of its own making and are placed like any flow. */
INLINE struct backend *backend_of_quic(struct xdp_md *ctx, struct packet *p, struct service *service) {
  __u8 *first = octets(ctx, p->transport_offset + sizeof(struct udp), 16);
  if (!first)
    return 0;
  __u8 *id = first + 1;
  if (first[0] & 0x80) {
    if ((first[0] & 0x30) != 0x20 || first[5] < 3)
      return 0; /* not a handshake packet of version 1 */
    id = first + 6;
  }
  struct quic_key key = {.service = service->index, .server = id[1] << 8 | id[2]};
  __u32 *identity = map_lookup(&quic_servers, &key);
  return identity ? backend_of(*identity) : 0;
}

INLINE struct backend *backend_of_flow(struct packet *p, struct service *service, struct flow *flow) {
  __u32 *known = map_lookup(&connections, flow);
  if (known) {
    struct backend *backend = backend_of(*known);
    if (backend)
      return backend;
  }
  void *ring = map_lookup(&rings, &service->index);
  __u32 slot = (__u32)(hash_flow(flow) >> 32) % RING;
  __u32 *placed = ring ? map_lookup(ring, &slot) : 0;
  struct backend *backend = placed ? backend_of(*placed) : 0;
  if (!backend || !p->has_ports || (flow->protocol == PROTOCOL_TCP && p->flags & FLAG_SYN))
    return backend;
  __u32 zero = 0;
  struct syn_state *state = map_lookup(&syn_state, &zero);
  if (state && !(syn_attack_cost && state->attack_until > now(p))) {
    __u32 identity = *placed;
    map_update(&connections, flow, &identity, 0);
  }
  return backend;
}

INLINE __u32 overhead_of(struct backend *backend) {
  __u32 header = backend->ipv6 ? sizeof(struct ipv6) : sizeof(struct ipv4);
  switch (backend->method) {
    case METHOD_IP_IN_IP: return header;
    case METHOD_GUE: return header + sizeof(struct udp);
    default: return 0;
  }
}

INLINE void write_outer_udp(struct udp *udp, struct backend *backend, __u32 hash, __u32 length) {
  udp->source = htons(0xc000 | (hash & 0x3fff)); /* so that routers and cards spread flows */
  udp->destination = backend->port;
  udp->length = htons(sizeof(*udp) + length);
  udp->checksum = 0; /* allowed for tunnels over IPv6 too: RFC 6935 */
}

INLINE __u8 outer_protocol(struct packet *p, struct backend *backend) {
  return backend->method == METHOD_GUE ? PROTOCOL_UDP : p->ipv6 ? PROTOCOL_IPV6 : PROTOCOL_IPIP;
}

INLINE enum reason encapsulate(struct xdp_md *ctx, struct packet *p, struct backend *backend, __u32 hash, struct bpf_fib_lookup *fib) {
  __u32 overhead = overhead_of(backend);
  __u32 tags = (p->network_offset - sizeof(struct ethernet)) & 15; /* VLAN tags end here */
  if (adjust_head(ctx, (int)tags - (int)overhead))
    return FORWARD_FAILED;
  void *data = (void *)(long)ctx->data;
  void *end = (void *)(long)ctx->data_end;
  struct ethernet *ethernet = data;
  if ((void *)(ethernet + 1) > end)
    return FORWARD_FAILED;
  memcpy(ethernet->destination, fib->destination_mac, 6);
  memcpy(ethernet->source, fib->source_mac, 6);
  int outer_ipv6 = backend->method == METHOD_LAYER_2 ? p->ipv6 : backend->ipv6;
  ethernet->type = outer_ipv6 ? htons(ETHERTYPE_IPV6) : htons(ETHERTYPE_IPV4);
  if (backend->method == METHOD_LAYER_2)
    return FORWARD_SENT;
  __u32 udp = backend->method == METHOD_GUE ? sizeof(struct udp) : 0;
  if (backend->ipv6) {
    struct ipv6 *ip = (void *)(ethernet + 1);
    if ((void *)(ip + 1) + sizeof(struct udp) > end)
      return FORWARD_FAILED;
    ip->version_class_flow = htonl(6u << 28 | (hash & 0xfffff));
    ip->payload_length = htons(p->length + udp);
    ip->next = outer_protocol(p, backend);
    ip->hop_limit = 64;
    ip->source[0] = tunnel_ipv6[0];
    ip->source[1] = tunnel_ipv6[1];
    ip->source[2] = tunnel_ipv6[2];
    ip->source[3] = tunnel_ipv6[3];
    memcpy(ip->destination, backend->address, 16);
    if (udp)
      write_outer_udp((void *)(ip + 1), backend, hash, p->length);
  } else {
    struct ipv4 *ip = (void *)(ethernet + 1);
    if ((void *)(ip + 1) + sizeof(struct udp) > end)
      return FORWARD_FAILED;
    memset(ip, 0, sizeof(*ip));
    ip->version_length = 0x45;
    ip->length = htons(sizeof(*ip) + udp + p->length);
    ip->fragment = htons(0x4000);
    ip->ttl = 64;
    ip->protocol = outer_protocol(p, backend);
    ip->source = tunnel_ipv4;
    ip->destination = backend->address[0];
    set_checksum(ip);
    if (udp)
      write_outer_udp((void *)(ip + 1), backend, hash, p->length);
  }
  return FORWARD_SENT;
}

/* What an ICMP error quotes of the packet it answers: all that finds the connection. */
struct too_big_ipv4 {
  struct icmp icmp;
  __u8 quoted[28];
};
struct too_big_ipv6 {
  struct icmp icmp;
  __u8 quoted[48];
};

/* Tells the client how large a packet may be, so that it need not be cut on the way to the backend (RFC 1191, RFC 8201). */
ALONE int send_too_big(struct xdp_md *ctx, struct packet *p, __u32 mtu) {
  if (!p)
    return FORWARD_FAILED;
  if (p->ipv6) {
    struct too_big_ipv6 error = {.icmp = {.type = 2, .unused = 0, .mtu = htons(mtu)}};
    if (load_bytes(ctx, p->network_offset, error.quoted, sizeof(error.quoted)))
      return FORWARD_FAILED;
    __u64 sum = sum_addresses(p->source, p->destination, 1) + htons(PROTOCOL_ICMPV6) + htons(sizeof(error));
    sum += (__u32)checksum_difference(0, 0, (__be32 *)&error, sizeof(error), 0);
    error.icmp.checksum = fold(sum);
    void *content = answer(ctx, p, PROTOCOL_ICMPV6, sizeof(error));
    if (!content)
      return FORWARD_FAILED;
    memcpy(content, &error, sizeof(error));
  } else {
    struct too_big_ipv4 error = {.icmp = {.type = 3, .code = 4, .mtu = htons(mtu)}};
    if (load_bytes(ctx, p->network_offset, error.quoted, sizeof(error.quoted)))
      return FORWARD_FAILED;
    error.icmp.checksum = fold((__u32)checksum_difference(0, 0, (__be32 *)&error, sizeof(error), 0));
    void *content = answer(ctx, p, PROTOCOL_ICMP, sizeof(error));
    if (!content)
      return FORWARD_FAILED;
    memcpy(content, &error, sizeof(error));
  }
  p->action = XDP_TX;
  return FORWARD_TOO_BIG;
}

INLINE enum reason send_to(struct xdp_md *ctx, struct packet *p, struct backend *backend, __u32 hash) {
  struct bpf_fib_lookup fib = {.family = backend->ipv6 ? AF_INET6 : AF_INET, .ifindex = LOOPBACK_INTERFACE};
  __u32 overhead = overhead_of(backend);
  fib.tot_len = p->length + overhead;
  memcpy(fib.destination, backend->address, 16);
  if (backend->ipv6) {
    fib.source[0] = tunnel_ipv6[0];
    fib.source[1] = tunnel_ipv6[1];
    fib.source[2] = tunnel_ipv6[2];
    fib.source[3] = tunnel_ipv6[3];
  } else {
    fib.source[0] = tunnel_ipv4;
  }
  long answer = fib_lookup(ctx, &fib, sizeof(fib), 0);
  if (answer == FIB_FRAGMENTATION_NEEDED)
    return send_too_big(ctx, p, fib.tot_len - overhead); /* the kernel left the route's MTU there */
  if (answer != FIB_SUCCESS)
    return FORWARD_NO_ROUTE;
  backend->packets++;
  p->action = fib.ifindex == ctx->ingress_ifindex ? XDP_TX : redirect(fib.ifindex, 0);
  return encapsulate(ctx, p, backend, hash, &fib);
}

ALONE int forward_flow(struct xdp_md *ctx, struct packet *p, int sofar) {
  struct flow flow;
  if (!p || !read_flow(ctx, p, &flow))
    return sofar;
  struct service_key key = {.port = flow.destination_port, .protocol = flow.protocol, .ipv6 = flow.ipv6};
  memcpy(key.address, flow.destination, 16);
  struct service *service = map_lookup(&services, &key);
  if (!service)
    return sofar;
  struct backend *backend = 0;
  if (service->flags & SERVICE_QUIC && flow.protocol == PROTOCOL_UDP && p->has_ports)
    backend = backend_of_quic(ctx, p, service);
  if (!backend)
    backend = backend_of_flow(p, service, &flow);
  return backend ? send_to(ctx, p, backend, (__u32)hash_flow(&flow)) : FORWARD_NO_BACKEND;
}

INLINE enum reason forward(struct xdp_md *ctx, struct packet *p, enum reason sofar) {
  return balance ? (enum reason)forward_flow(ctx, p, sofar) : sofar;
}
