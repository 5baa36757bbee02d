/* Wire formats, and what the parser learns of one packet. */
#pragma once
#include "kernel.h"

struct ethernet {
  __u8 destination[6], source[6];
  __be16 type;
} PACKED;

struct vlan {
  __be16 tci, type;
} PACKED;

struct ipv4 {
  __u8 version_length, tos;
  __be16 length, id, fragment;
  __u8 ttl, protocol;
  __be16 checksum;
  __be32 source, destination;
};

struct ipv6 {
  __be32 version_class_flow;
  __be16 payload_length;
  __u8 next, hop_limit;
  __be32 source[4], destination[4];
};

/* Hop-by-hop, routing and destination options; the fragment header has the same first octet and a fixed length. */
struct ipv6_extension {
  __u8 next, length;
  __be16 fragment;
  __be32 rest;
};

struct tcp {
  __be16 source, destination;
  __be32 sequence, acknowledged;
  __u8 offset, flags;
  __be16 window, checksum, urgent;
};

struct udp {
  __be16 source, destination, length, checksum;
};

struct icmp {
  __u8 type, code;
  __be16 checksum;
  __be16 unused, mtu;
};

enum {
  ETHERTYPE_IPV4 = 0x0800,
  ETHERTYPE_VLAN = 0x8100,
  ETHERTYPE_QINQ = 0x88a8,
  ETHERTYPE_IPV6 = 0x86dd,

  PROTOCOL_HOP_BY_HOP = 0,
  PROTOCOL_ICMP = 1,
  PROTOCOL_IPIP = 4,
  PROTOCOL_TCP = 6,
  PROTOCOL_UDP = 17,
  PROTOCOL_IPV6 = 41,
  PROTOCOL_ROUTING = 43,
  PROTOCOL_FRAGMENT = 44,
  PROTOCOL_ICMPV6 = 58,
  PROTOCOL_DESTINATION_OPTIONS = 60,

  FLAG_FIN = 1,
  FLAG_SYN = 2,
  FLAG_RST = 4,
  FLAG_PSH = 8,
  FLAG_ACK = 16,
  FLAG_URG = 32,
};

struct packet {
  __u32 network_offset;   /* of struct ipv4 or struct ipv6 in the frame */
  __u32 transport_offset; /* of struct tcp, udp or icmp; in a later fragment there is none */
  __u32 length;           /* octets from the network header on, by its own word */
  __u32 transport_length; /* octets from the transport header on */
  __u8 ipv6;
  __u8 protocol; /* the transport's, after all IPv6 extension headers */
  __u8 fragment; /* 1: any piece of a datagram; 2: one without the transport header */
  __u8 has_ports;
  __u8 has_extensions; /* IPv6 extension headers, or IPv4 options: a later word may not rewrite such a packet */
  __u8 flags;          /* of TCP */
  __u8 icmp_type, icmp_code;
  __u8 route_unasked; /* the reverse path check waits until no cookie was sent */
  __be16 source_port, destination_port;
  __u32 classes;    /* of the source address, see lists.h */
  __be32 source[4]; /* IPv4: the first word only */
  __be32 destination[4];
  __u64 now;     /* coarse clock, nanoseconds; read when first needed */
  __u32 action;  /* for the reasons after LAST_DROP */
};

/* The `size` octets at `offset` of the frame, or 0 if they are not all there in one piece. */
INLINE void *octets(struct xdp_md *ctx, __u32 offset, __u32 size) {
  void *at = (void *)(long)ctx->data + (offset & 0x3fff);
  return offset <= 0x3fff && at + size <= (void *)(long)ctx->data_end ? at : 0;
}

INLINE __u64 now(struct packet *p) {
  if (!p->now)
    p->now = coarse_now();
  return p->now;
}
