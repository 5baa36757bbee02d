/* The Internet checksum (RFC 1071), in whatever byte order the words come. */
#pragma once
#include "packet.h"

INLINE __u16 fold(__u64 sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return ~(__u16)((sum & 0xffff) + (sum >> 16));
}

INLINE __u64 sum_addresses(__be32 *source, __be32 *destination, int ipv6) {
  __u64 sum = (__u64)source[0] + destination[0];
  if (ipv6)
    sum += (__u64)source[1] + source[2] + source[3] + destination[1] + destination[2] + destination[3];
  return sum;
}

INLINE void set_checksum(struct ipv4 *ip) {
  __u32 *words = (__u32 *)ip;
  ip->checksum = 0;
  ip->checksum = fold((__u64)words[0] + words[1] + words[2] + words[3] + words[4]);
}
