/* amplification: answers nobody here asked for, and the questions that make others send them. */
#pragma once
#include "bucket.h"
#include "reason.h"

enum { REFLECTOR_SOURCE = 1, REFLECTOR_DESTINATION = 2, REFLECTOR_DNS = 4, REFLECTOR_NTP = 8 };

/* By UDP port: what a packet from it or to it is. Set from the operator's table. */
const volatile __u8 reflectors[65536] SEC(".rodata") = {0};

SETTING(__u64, dns_cost); /* nanoseconds an answer costs; 0: not limited */
SETTING(__u64, dns_burst);
SETTING(__u64, icmp_cost);
SETTING(__u64, icmp_burst);

/* Modes 6 (control) and 7 (private) of RFC 9327 and of old ntpd: a small question, a long answer. */
INLINE int is_ntp_control(struct xdp_md *ctx, struct packet *p) {
  __u8 *first = octets(ctx, p->transport_offset + sizeof(struct udp), 1);
  if (p->transport_length <= sizeof(struct udp) || !first)
    return 0;
  __u8 mode = *first & 7;
  return mode == 6 || mode == 7;
}

/* An answer has the first bit of its third octet set (RFC 1035 section 4.1.1). */
INLINE int is_dns_answer(struct xdp_md *ctx, struct packet *p) {
  __u8 *header = octets(ctx, p->transport_offset + sizeof(struct udp), 3);
  return p->transport_length >= sizeof(struct udp) + 3 && header && header[2] & 0x80;
}

INLINE enum reason check_udp(struct xdp_md *ctx, struct packet *p) {
  __u8 source = reflectors[ntohs(p->source_port)];
  __u8 destination = reflectors[ntohs(p->destination_port)];
  if (LIKELY(!(source | destination)))
    return UNDECIDED;
  if (source & REFLECTOR_SOURCE || destination & REFLECTOR_DESTINATION)
    return AMPLIFICATION_REFLECTOR;
  if ((source | destination) & REFLECTOR_NTP && is_ntp_control(ctx, p))
    return AMPLIFICATION_NTP_CONTROL;
  if (dns_cost && source & REFLECTOR_DNS && is_dns_answer(ctx, p) &&
      !within(SKETCH_DNS, hash_of(p, p->destination), now(p), dns_cost, dns_burst))
    return AMPLIFICATION_DNS_RATE;
  return UNDECIDED;
}

/* "Fragmentation needed" (RFC 1191) and "packet too big" (RFC 8201) always pass: without them connections hang. */
INLINE int is_path_mtu(struct packet *p) {
  return p->ipv6 ? p->icmp_type == 2 : p->icmp_type == 3 && p->icmp_code == 4;
}

INLINE enum reason amplification(struct xdp_md *ctx, struct packet *p) {
  if (p->protocol == PROTOCOL_UDP && p->has_ports)
    return check_udp(ctx, p);
  int icmp = p->protocol == (p->ipv6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP);
  if (icmp_cost && icmp && !(p->fragment < 2 && is_path_mtu(p)) &&
      !within(SKETCH_ICMP, hash_of(p, p->source), now(p), icmp_cost, icmp_burst))
    return ICMP_RATE;
  return UNDECIDED;
}
