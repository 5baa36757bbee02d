/* parse: finds the headers and refuses what no honest sender makes.
 *
 * Every length is checked against the frame before it is believed. IPv6 extension headers are followed to a bound that no
 * real packet reaches; beyond it the packet is refused, since a filter that gives up must not let pass what it could not see. */
#pragma once
#include "packet.h"
#include "reason.h"

enum { MAX_VLAN_TAGS = 2, MAX_EXTENSIONS = 6 };

SETTING(__u8, refuse_fragments);
SETTING(__u8, refuse_ip_options);

INLINE enum reason parse_tcp(struct packet *p, struct tcp *tcp, void *end) {
  if (p->transport_length < sizeof(*tcp) || (void *)(tcp + 1) > end)
    return INVALID_TCP_HEADER;
  __u32 header = (tcp->offset >> 4) * 4;
  if (header < sizeof(*tcp) || header > p->transport_length)
    return INVALID_TCP_HEADER;
  __u8 flags = tcp->flags;
  if (!(flags & (FLAG_SYN | FLAG_RST | FLAG_ACK)))
    return INVALID_TCP_FLAGS; /* none, FIN alone, "Christmas tree": RFC 9293 section 3.10.7.4 wants ACK on all but SYN and RST */
  if ((flags & FLAG_SYN && flags & (FLAG_FIN | FLAG_RST)) || (flags & FLAG_FIN && flags & FLAG_RST))
    return INVALID_TCP_FLAGS;
  if (!tcp->source || !tcp->destination)
    return INVALID_PORT;
  p->flags = flags;
  p->source_port = tcp->source;
  p->destination_port = tcp->destination;
  p->has_ports = 1;
  return UNDECIDED;
}

INLINE enum reason parse_udp(struct packet *p, struct udp *udp, void *end) {
  if (p->transport_length < sizeof(*udp) || (void *)(udp + 1) > end)
    return INVALID_UDP_LENGTH;
  __u16 length = ntohs(udp->length);
  if (length < sizeof(*udp) || (!p->fragment && length > p->transport_length))
    return INVALID_UDP_LENGTH;
  if (!udp->destination)
    return INVALID_PORT; /* source port 0 means "no answer wanted" (RFC 768) */
  p->source_port = udp->source;
  p->destination_port = udp->destination;
  p->has_ports = 1;
  return UNDECIDED;
}

/* Neighbour and router discovery come from the same link: hop limit 255 (RFC 4861). Multicast listener messages have 1. */
INLINE enum reason parse_icmp(struct packet *p, struct icmp *icmp, __u8 hops, void *end) {
  if (p->transport_length < sizeof(*icmp) || (void *)(icmp + 1) > end)
    return INVALID_ICMP;
  p->icmp_type = icmp->type;
  p->icmp_code = icmp->code;
  if (!p->ipv6)
    return UNDECIDED;
  if (icmp->type >= 133 && icmp->type <= 137)
    return hops == 255 && !p->fragment ? PASS_LINK_CONTROL : ICMP_NEIGHBOUR_HOP_LIMIT;
  int listener = (icmp->type >= 130 && icmp->type <= 132) || icmp->type == 143;
  return listener && hops == 1 ? PASS_LINK_CONTROL : UNDECIDED;
}

INLINE enum reason parse_transport(struct packet *p, void *transport, __u8 hops, void *end) {
  if (p->fragment && refuse_fragments)
    return FRAGMENT_REFUSED;
  if (p->fragment == 2)
    return UNDECIDED;
  enum reason reason = UNDECIDED;
  if (p->protocol == PROTOCOL_TCP)
    reason = parse_tcp(p, transport, end);
  else if (p->protocol == PROTOCOL_UDP)
    reason = parse_udp(p, transport, end);
  else if (p->protocol == (p->ipv6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP))
    reason = parse_icmp(p, transport, hops, end);
  return reason;
}

/* RFC 791. The checksum is worth its four additions: no network card on the way vouches for it on virtual links. */
INLINE enum reason parse_ipv4(struct xdp_md *ctx, struct packet *p, struct ipv4 *ip, void *end) {
  if ((void *)(ip + 1) > end)
    return INVALID_IP_HEADER;
  __u32 header = (ip->version_length & 15) * 4;
  __u32 length = ntohs(ip->length);
  if (ip->version_length >> 4 != 4 || header < sizeof(*ip) || length < header)
    return INVALID_IP_HEADER;
  if ((void *)ip + length > end && packet_length(ctx) < p->network_offset + length)
    return INVALID_IP_HEADER;
  p->has_extensions = header != sizeof(*ip);
  if (!p->has_extensions) {
    __u32 *words = (__u32 *)ip;
    __u64 sum = (__u64)words[0] + words[1] + words[2] + words[3] + words[4];
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    if (sum != 0xffff)
      return INVALID_IP_CHECKSUM;
  } else if (refuse_ip_options && ip->protocol != 2) {
    return INVALID_IP_OPTIONS; /* IGMP carries router alert; anything else has no use for options (RFC 7126) */
  }
  p->source[0] = ip->source;
  p->destination[0] = ip->destination;
  p->protocol = ip->protocol;
  p->length = length;
  p->transport_offset = p->network_offset + header;
  p->transport_length = length - header;
  __u16 fragment = ntohs(ip->fragment);
  if (fragment & 0x3fff) {
    __u32 begin = (fragment & 0x1fff) * 8;
    if (begin + p->transport_length > 65535 || (fragment & 0x2000 && p->transport_length & 7) || !p->transport_length)
      return INVALID_FRAGMENT;
    if (begin == 8 && p->protocol == PROTOCOL_TCP)
      return INVALID_FRAGMENT; /* would overwrite the flags that were judged (RFC 3128) */
    p->fragment = begin ? 2 : 1;
  }
  return parse_transport(p, (void *)ip + header, ip->ttl, end);
}

/* RFC 8200. Authentication and other headers end the walk: their content is their protocol's matter. */
INLINE enum reason parse_ipv6(struct xdp_md *ctx, struct packet *p, struct ipv6 *ip, void *end) {
  if ((void *)(ip + 1) > end)
    return INVALID_IP_HEADER;
  p->length = sizeof(*ip) + ntohs(ip->payload_length);
  if ((ip->version_class_flow & 0xf0) != 0x60 || p->length == sizeof(*ip))
    return INVALID_IP_HEADER; /* no payload: a jumbogram (RFC 2675) or nothing at all */
  if ((void *)ip + p->length > end && packet_length(ctx) < p->network_offset + p->length)
    return INVALID_IP_HEADER;
  memcpy(p->source, ip->source, 16);
  memcpy(p->destination, ip->destination, 16);
  __u8 next = ip->next;
  void *at = ip + 1;
  __u32 offset = sizeof(*ip);
#pragma unroll
  for (int i = 0; i <= MAX_EXTENSIONS; i++) {
    if (next != PROTOCOL_HOP_BY_HOP && next != PROTOCOL_ROUTING && next != PROTOCOL_DESTINATION_OPTIONS && next != PROTOCOL_FRAGMENT)
      break;
    struct ipv6_extension *extension = at;
    if (i == MAX_EXTENSIONS || (next == PROTOCOL_HOP_BY_HOP && i) || (void *)(extension + 1) > end)
      return INVALID_IP_EXTENSION;
    __u32 length = 8;
    if (next == PROTOCOL_FRAGMENT) {
      __u16 fragment = ntohs(extension->fragment);
      if (p->fragment || offset + 8 >= p->length)
        return INVALID_FRAGMENT;
      __u32 rest = p->length - offset - 8;
      if ((fragment & 0xfff8) + rest > 65535 || (fragment & 1 && rest & 7))
        return INVALID_FRAGMENT;
      p->fragment = fragment & 0xfff8 ? 2 : 1;
    } else {
      length += extension->length * 8;
    }
    p->has_extensions = 1;
    next = extension->next;
    at += length;
    offset += length;
    if (offset > p->length)
      return INVALID_IP_EXTENSION;
    if (p->fragment == 2)
      break;
  }
  p->protocol = next;
  p->transport_offset = p->network_offset + offset;
  p->transport_length = p->length - offset;
  return parse_transport(p, at, ip->hop_limit, end);
}

ALONE int parse(struct xdp_md *ctx, struct packet *p) {
  void *data = (void *)(long)ctx->data;
  void *end = (void *)(long)ctx->data_end; /* of the linear part; a jumbo frame goes on after it */
  struct ethernet *ethernet = data;
  if (!p || (void *)(ethernet + 1) > end)
    return INVALID_ETHERNET;
  __be16 type = ethernet->type;
  void *at = ethernet + 1;
#pragma unroll
  for (int i = 0; i < MAX_VLAN_TAGS; i++) {
    if (type != htons(ETHERTYPE_VLAN) && type != htons(ETHERTYPE_QINQ))
      break;
    struct vlan *vlan = at;
    if ((void *)(vlan + 1) > end)
      return INVALID_ETHERNET;
    type = vlan->type;
    at = vlan + 1;
  }
  p->network_offset = at - data;
  if (type == htons(ETHERTYPE_IPV4))
    return parse_ipv4(ctx, p, at, end);
  if (type == htons(ETHERTYPE_VLAN) || type == htons(ETHERTYPE_QINQ))
    return INVALID_ETHERNET;
  if (type != htons(ETHERTYPE_IPV6))
    return PASS_NOT_IP;
  p->ipv6 = 1;
  return parse_ipv6(ctx, p, at, end);
}
