/* syn: SYN floods. A bucket for each source, one for all, and cookies while there is an attack.
 *
 * An attack is a rate of new SYNs above attack_cost; it ends once the rate stayed below half of that for attack_hold. While it
 * lasts, a SYN to a listening socket of this host is answered right here with a cookie (RFC 4987 section 3.6) that the kernel itself
 * made, and an ACK that meets no connection must bring one back. So nothing is remembered before the sender has proven
 * that it hears what is sent to its address; the ordinary stack then makes the connection. What cookies cannot hold travels in the timestamp
 * (window scale, SACK), where the client has it; a client without timestamps goes without. That is why cookies wait for an attack. */
#pragma once
#include "attack.h"
#include "bogon.h"
#include "bucket.h"
#include "checksum.h"
#include "reason.h"

SETTING(__u64, syn_source_cost); /* 0: no limit */
SETTING(__u64, syn_source_burst);
SETTING(__u64, syn_global_cost);
SETTING(__u64, syn_global_burst);
SETTING(__u64, syn_attack_burst);
SETTING(__u64, syn_attack_hold);
SETTING(__u32, syn_batch); /* a processor tells the others of its SYNs so many at a time */
SETTING(__u16, cookie_mss_ipv4);
SETTING(__u16, cookie_mss_ipv6);
SETTING(__u8, cookie_window_scale); /* what the stack will assume to have sent */
SETTING(__u8, cookie_timestamps);   /* only where the stack does not shift its timestamps at random: tcp_timestamps=2 */

MAP(syn_pending, .type = MAP_PERCPU_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1);

INLINE __u64 later(__u64 a, __u64 b) {
  return a > b ? a : b;
}

/* Charges this processor's SYNs to all, and looks whether that is an attack. */
INLINE void charge(struct syn_state *state, __u64 now) {
  __u32 zero = 0;
  __u64 *pending = map_lookup(&syn_pending, &zero);
  if (!pending || ++*pending < syn_batch)
    return;
  __u64 count = *pending;
  *pending = 0;
  if (syn_global_cost)
    state->global_arrival = later(state->global_arrival, now) + syn_global_cost * count;
  if (syn_attack_cost) {
    __u64 cost = state->attack_until > now ? 2 * syn_attack_cost : syn_attack_cost;
    __u64 arrival = later(state->attack_arrival, now) + cost * count;
    if (arrival > now + syn_attack_burst) {
      arrival = now + syn_attack_burst;
      if (state->attack_until <= now)
        state->attack_since = now;
      state->attack_until = later(state->attack_until, now + syn_attack_hold);
    }
    state->attack_arrival = arrival;
  }
}

/* The socket this packet is for, or 0; to be released. */
INLINE struct bpf_sock *socket_of(struct xdp_md *ctx, struct packet *p) {
  struct bpf_sock_tuple tuple;
  __u32 size;
  if (p->ipv6) {
    memcpy(tuple.ipv6.saddr, p->source, 16);
    memcpy(tuple.ipv6.daddr, p->destination, 16);
    tuple.ipv6.sport = p->source_port;
    tuple.ipv6.dport = p->destination_port;
    size = sizeof(tuple.ipv6);
  } else {
    tuple.ipv4.saddr = p->source[0];
    tuple.ipv4.daddr = p->destination[0];
    tuple.ipv4.sport = p->source_port;
    tuple.ipv4.dport = p->destination_port;
    size = sizeof(tuple.ipv4);
  }
  return lookup_tcp_socket(ctx, &tuple, size, -1, 0);
}

struct syn_options {
  __be32 timestamp;
  __u8 has_timestamp, sack, window_scale;
};

enum { NO_WINDOW_SCALE = 15, MAX_OPTIONS = 16 };

/* The verifier would follow every way through the options on its own, and give up. The high bits of the clock are zero for
 * some centuries, but it cannot know that: after each option, all that it knows of what was found is the same as before. */
INLINE void read_options(const __u8 *header, __u32 length, __u64 now, struct syn_options *options) {
  __u32 at = sizeof(struct tcp), timestamp = 0, has_timestamp = 0, sack = 0, window_scale = NO_WINDOW_SCALE;
  for (int i = 0; i < MAX_OPTIONS; i++) {
    at ^= now >> 58;
    window_scale ^= now >> 60;
    has_timestamp ^= now >> 63;
    sack ^= now >> 63;
    if (at >= length || at > 58 || !header[at])
      break;
    __u8 kind = header[at];
    __u8 size = kind == 1 ? 1 : header[at + 1];
    if (!size || (size == 1 && kind != 1) || at + size > length)
      break;
    if (kind == 3 && size == 3)
      window_scale = header[at + 2] > 14 ? 14 : header[at + 2];
    if (kind == 4 && size == 2)
      sack = 1;
    if (kind == 8 && size == 10) {
      has_timestamp = 1;
      memcpy(&timestamp, header + at + 2, 4);
    }
    at += size;
  }
  options->timestamp = timestamp;
  options->has_timestamp = has_timestamp;
  options->sack = sack;
  options->window_scale = window_scale;
}

/* A SYN-ACK as the kernel's stack would have written it. */
struct syn_ack {
  struct tcp tcp;
  __u8 mss_kind, mss_size;
  __be16 mss;
  __u8 sack[2], timestamp_kind, timestamp_size;
  __be32 timestamp, echo;
  __u8 window_scale[4];
};
enum { SYN_ACK_PLAIN = sizeof(struct tcp) + 4 };

/* The low bits of the timestamp carry the options back to the stack, as it packs them itself: window scale, SACK, ECN. */
INLINE __u32 cookie_timestamp(struct syn_options *options, __u64 now) {
  __u32 milliseconds = now / 1000000;
  __u32 packed = options->window_scale | options->sack << 4;
  __u32 value = (milliseconds & ~63u) | packed;
  return value > milliseconds ? value - 64 : value;
}

INLINE void write_syn_ack(struct packet *p, struct tcp *syn, struct syn_options *options, __u32 cookie, struct syn_ack *reply) {
  memset(reply, 0, sizeof(*reply));
  __u32 size = options->has_timestamp ? sizeof(*reply) : SYN_ACK_PLAIN;
  reply->tcp.source = syn->destination;
  reply->tcp.destination = syn->source;
  reply->tcp.sequence = htonl(cookie);
  reply->tcp.acknowledged = htonl(ntohl(syn->sequence) + 1);
  reply->tcp.offset = size / 4 << 4;
  reply->tcp.flags = FLAG_SYN | FLAG_ACK;
  reply->tcp.window = 0xffff;
  reply->mss_kind = 2;
  reply->mss_size = 4;
  reply->mss = htons(p->ipv6 ? cookie_mss_ipv6 : cookie_mss_ipv4);
  if (options->has_timestamp) {
    reply->sack[0] = options->sack ? 4 : 1;
    reply->sack[1] = options->sack ? 2 : 1;
    reply->timestamp_kind = 8;
    reply->timestamp_size = 10;
    reply->timestamp = htonl(cookie_timestamp(options, now(p)));
    reply->echo = options->timestamp;
    int scaled = options->window_scale != NO_WINDOW_SCALE;
    reply->window_scale[0] = 1;
    reply->window_scale[1] = scaled ? 3 : 1;
    reply->window_scale[2] = scaled ? 3 : 1;
    reply->window_scale[3] = scaled ? cookie_window_scale : 1;
  }
  __u64 sum = sum_addresses(p->source, p->destination, p->ipv6) + htons(PROTOCOL_TCP) + htons(size);
  __u32 *words = (__u32 *)reply;
#pragma unroll
  for (int i = 0; i < (int)sizeof(*reply) / 4; i++)
    sum += words[i]; /* what is not sent is zero */
  reply->tcp.checksum = fold(sum);
}

INLINE void swap_macs(struct ethernet *ethernet) {
  __u8 source[6];
  memcpy(source, ethernet->source, 6);
  memcpy(ethernet->source, ethernet->destination, 6);
  memcpy(ethernet->destination, source, 6);
}

/* Turns the frame round: Ethernet and IP headers for an answer of that much content. */
INLINE void answer_ipv4(struct packet *p, struct ipv4 *ip, __u8 protocol, __u32 content) {
  memset(ip, 0, sizeof(*ip));
  ip->version_length = 0x45;
  ip->length = htons(sizeof(*ip) + content);
  ip->fragment = htons(0x4000);
  ip->ttl = 64;
  ip->protocol = protocol;
  ip->source = p->destination[0];
  ip->destination = p->source[0];
  set_checksum(ip);
}

INLINE void answer_ipv6(struct packet *p, struct ipv6 *ip, __u8 protocol, __u32 content) {
  ip->version_class_flow = htonl(6u << 28);
  ip->payload_length = htons(content);
  ip->next = protocol;
  ip->hop_limit = 64;
  memcpy(ip->source, p->destination, 16);
  memcpy(ip->destination, p->source, 16);
}

/* Makes the frame as long as headers and content need, and writes the headers. Returns where the content goes, or 0. */
INLINE void *answer(struct xdp_md *ctx, struct packet *p, __u8 protocol, __u32 content) {
  __u32 header = p->ipv6 ? sizeof(struct ipv6) : sizeof(struct ipv4);
  __u32 wanted = p->network_offset + header + content;
  __u32 linear = ctx->data_end - ctx->data;
  if (linear != wanted && adjust_tail(ctx, (int)wanted - (int)packet_length(ctx)))
    return 0; /* most SYNs have the length of their answer already */
  void *data = (void *)(long)ctx->data;
  void *end = (void *)(long)ctx->data_end;
  void *network = data + (p->network_offset & 31);
  void *transport = network + header;
  if (transport + content > end || data + sizeof(struct ethernet) > end)
    return 0;
  swap_macs(data);
  if (p->ipv6)
    answer_ipv6(p, network, protocol, content);
  else
    answer_ipv4(p, network, protocol, content);
  return transport;
}

/* An address and port where a socket listens, as the kernel lately said; by this processor, so many in place of each other. */
struct listener {
  __be32 address[4];
  __u64 until;
  __be16 port;
  __u8 ipv6;
};
enum { LISTENERS = 64 };
#define LISTENER_LIFETIME 500000000ull

MAP(listeners, .type = MAP_PERCPU_ARRAY, .key_size = 4, .value_size = sizeof(struct listener), .max_entries = LISTENERS);

INLINE struct listener *listener_of(struct packet *p) {
  __u32 slot = (ntohs(p->destination_port) ^ ntohl(p->destination[0] ^ p->destination[3])) & (LISTENERS - 1);
  return map_lookup(&listeners, &slot);
}

INLINE int is_known(struct listener *listener, struct packet *p) {
  __u64 *address = (__u64 *)p->destination, *of = (__u64 *)listener;
  return listener->until > now(p) && of[0] == address[0] && of[1] == address[1] && listener->port == p->destination_port &&
         listener->ipv6 == p->ipv6;
}

INLINE void learn(struct listener *listener, struct packet *p) {
  memcpy(listener->address, p->destination, 16);
  listener->port = p->destination_port;
  listener->ipv6 = p->ipv6;
  listener->until = now(p) + LISTENER_LIFETIME;
}

enum { NOBODY_LISTENS = -1 };

/* The kernel refuses to make a cookie unless it takes cookies back from everyone (tcp_syncookies=2); making one also tells the socket
 * to expect it. */
INLINE __s64 cookie_of_socket(struct xdp_md *ctx, struct packet *p, __u8 *header, __u32 length) {
  struct bpf_sock *socket = socket_of(ctx, p);
  if (!socket)
    return NOBODY_LISTENS;
  __s64 cookie = NOBODY_LISTENS;
  __u32 size = p->ipv6 ? sizeof(struct ipv6) : sizeof(struct ipv4);
  void *network = octets(ctx, p->network_offset, size);
  if (network && socket->state == TCP_LISTEN)
    cookie = p->ipv6 ? make_cookie(socket, network, sizeof(struct ipv6), header, length)
                     : make_cookie(socket, network, sizeof(struct ipv4), header, length);
  release_socket(socket);
  return cookie;
}

/* The control plane tells the kernel within milliseconds of an attack to make cookies. Until then a SYN would stay half open for a minute
 * if it is the attacker's, and comes again in a second if it is not. Should the kernel not be told, SYNs pass later on. */
#define COOKIES_DUE 200000000ull

INLINE enum reason without_cookie(struct packet *p) {
  __u32 zero = 0;
  struct syn_state *state = map_lookup(&syn_state, &zero);
  return state && now(p) < state->attack_since + COOKIES_DUE ? SYN_COOKIE_PENDING : UNDECIDED;
}

/* To a stranger a listener's cookie is sent without asking for the socket. Who has been here may have a connection of the same ports, in
 * TIME_WAIT most of all, which only its socket can speak for. */
INLINE __s64 cookie_for(struct xdp_md *ctx, struct packet *p, __u8 *header, __u32 length) {
  __u32 zero = 0;
  struct syn_state *state = map_lookup(&syn_state, &zero);
  struct listener *listener = listener_of(p);
  if (!state || !listener)
    return NOBODY_LISTENS;
  if (!is_known(listener, p) || !is_stranger(p, state)) {
    __s64 cookie = cookie_of_socket(ctx, p, header, length);
    if (cookie >= 0)
      learn(listener, p);
    return cookie;
  }
  void *network = octets(ctx, p->network_offset, p->ipv6 ? sizeof(struct ipv6) : sizeof(struct ipv4));
  if (!network)
    return NOBODY_LISTENS;
  return p->ipv6 ? make_raw_cookie_ipv6(network, header, length) : make_raw_cookie_ipv4(network, header, length);
}

ALONE int send_cookie(struct xdp_md *ctx, struct packet *p) {
  __u8 header[80] __attribute__((aligned(8))) = {0};
  if (!p)
    return UNDECIDED;
  struct tcp *tcp = octets(ctx, p->transport_offset, sizeof(*tcp));
  if (!tcp)
    return UNDECIDED;
  __u32 length = (tcp->offset >> 4) * 4;
  FORGET(length);
  if (length < sizeof(*tcp) || length > 60 || load_bytes(ctx, p->transport_offset, header, length))
    return UNDECIDED;
  __s64 cookie = cookie_for(ctx, p, header, length);
  if (cookie == NOBODY_LISTENS)
    return UNDECIDED;
  if (cookie < 0)
    return without_cookie(p);
  struct syn_options options = {.window_scale = NO_WINDOW_SCALE};
  if (cookie_timestamps)
    read_options(header, length, now(p), &options);
  struct syn_ack reply;
  write_syn_ack(p, (struct tcp *)header, &options, cookie, &reply);
  if (options.has_timestamp) {
    void *transport = answer(ctx, p, PROTOCOL_TCP, sizeof(reply));
    if (!transport)
      return SYN_GLOBAL_RATE;
    memcpy(transport, &reply, sizeof(reply));
  } else {
    void *transport = answer(ctx, p, PROTOCOL_TCP, SYN_ACK_PLAIN);
    if (!transport)
      return SYN_GLOBAL_RATE;
    memcpy(transport, &reply, SYN_ACK_PLAIN);
  }
  p->action = XDP_TX;
  return SYN_COOKIE_SENT;
}

/* Refuses an ACK that meets a listening socket, hence no connection, and brings no cookie of ours. */
ALONE int check_cookie(struct xdp_md *ctx, struct packet *p) {
  if (!p)
    return UNDECIDED;
  struct bpf_sock *socket = socket_of(ctx, p);
  if (!socket)
    return UNDECIDED;
  __u32 state = socket->state;
  release_socket(socket);
  void *tcp = octets(ctx, p->transport_offset, sizeof(struct tcp));
  void *network = octets(ctx, p->network_offset, p->ipv6 ? sizeof(struct ipv6) : sizeof(struct ipv4));
  if (state != TCP_LISTEN || !tcp || !network)
    return UNDECIDED;
  long refused = p->ipv6 ? check_cookie_ipv6(network, tcp) : check_cookie_ipv4(network, tcp);
  if (refused)
    return SYN_COOKIE_INVALID;
  remember(p);
  return UNDECIDED;
}

/* Listed as good: no limit applies, but the cookie does, since an address on a list is as easily forged as any. */
INLINE enum reason judge_syn(struct xdp_md *ctx, struct packet *p, enum reason sofar, struct syn_state *state) {
  if (sofar != PASS_ALLOWED) {
    if (syn_source_cost && !within(SKETCH_SYN, hash_of(p, p->source), now(p), syn_source_cost, syn_source_burst))
      return SYN_SOURCE_RATE;
    if (syn_global_cost && state->global_arrival > now(p) + syn_global_burst)
      return SYN_GLOBAL_RATE;
  }
  charge(state, now(p));
  if (!is_attack(state, p))
    return sofar;
  enum reason reason = p->has_extensions ? UNDECIDED : send_cookie(ctx, p);
  if (!reason && p->route_unasked)
    reason = check_reverse_path(ctx, p);
  return reason ? reason : sofar;
}

/* What is kept of the source of a SYN in a flood is in no cache. Asked for early, it comes while the words before this one are at work. */
INLINE void expect(struct packet *p) {
  if (!syn_source_cost || !is_syn(p))
    return;
  __u32 zero = 0;
  __u64 hash = hash_of(p, p->source);
  __u64 *gate = gate_of(SKETCH_SYN, hash);
  struct clients *clients = map_lookup(&known_clients, &zero);
  if (gate && clients)
    FETCH(*gate ^ *client_word(clients, hash));
}

INLINE enum reason syn(struct xdp_md *ctx, struct packet *p, enum reason sofar) {
  if (p->protocol != PROTOCOL_TCP || !p->has_ports)
    return sofar;
  if (!syn_source_cost && !syn_global_cost && !syn_attack_cost)
    return sofar;
  __u8 flags = p->flags & (FLAG_SYN | FLAG_ACK | FLAG_RST);
  __u32 zero = 0;
  struct syn_state *state = map_lookup(&syn_state, &zero);
  if (!state)
    return sofar;
  if (is_syn(p))
    return judge_syn(ctx, p, sofar, state);
  if (flags == FLAG_ACK && is_attack(state, p)) {
    enum reason reason = check_cookie(ctx, p);
    return reason ? reason : sofar;
  }
  return sofar;
}
