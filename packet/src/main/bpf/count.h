/* How a packet ends: counted under its reason, one in so many reported, and the action that the reason means. */
#pragma once
#include "packet.h"
#include "reason.h"

enum { PROTOCOLS = 4 };

struct counter {
  __u64 packets, octets;
};

/* By reason, then protocol (TCP, UDP, ICMP, other), then family. */
MAP(counters, .type = MAP_PERCPU_ARRAY, .key_size = 4, .value_size = sizeof(struct counter), .max_entries = REASONS * PROTOCOLS * 2);
MAP(samples, .type = MAP_RINGBUF, .max_entries = 1 << 18);

SETTING(__u32, sample_mask); /* one refused packet in sample_mask + 1 is reported; 0: none */
SETTING(__u8, explain);      /* for tests: the return value carries the reason above the action */

/* Addresses and ports, nothing of the content. */
struct sample {
  __be32 source[4], destination[4];
  __be16 source_port, destination_port;
  __u8 reason, protocol, ipv6, flags;
  __u32 length;
};

INLINE __u32 protocol_class(struct packet *p) {
  switch (p->protocol) {
    case PROTOCOL_TCP: return 0;
    case PROTOCOL_UDP: return 1;
    case PROTOCOL_ICMP:
    case PROTOCOL_ICMPV6: return 2;
    default: return 3;
  }
}

INLINE void report(struct packet *p, enum reason reason) {
  struct sample sample = {
      .source_port = p->source_port,
      .destination_port = p->destination_port,
      .reason = reason,
      .protocol = p->protocol,
      .ipv6 = p->ipv6,
      .flags = p->flags,
      .length = p->length,
  };
  memcpy(sample.source, p->source, 16);
  memcpy(sample.destination, p->destination, 16);
  ring_output(&samples, &sample, sizeof(sample), 0);
}

INLINE int conclude(struct packet *p, enum reason reason) {
  __u32 index = reason * PROTOCOLS * 2 + protocol_class(p) * 2 + (p->ipv6 & 1);
  struct counter *counter = map_lookup(&counters, &index);
  if (counter) {
    counter->packets++;
    counter->octets += p->length;
    if (sample_mask && reason > LAST_PASS && reason != FORWARD_SENT && !(counter->packets & sample_mask))
      report(p, reason);
  }
  __u32 action = reason <= LAST_PASS ? XDP_PASS : reason <= LAST_DROP ? XDP_DROP : p->action;
  return explain ? action | reason << 8 : action;
}
