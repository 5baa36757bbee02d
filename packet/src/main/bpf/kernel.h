/* What the programs need of the kernel: types, helpers by number, and how maps are declared.
 *
 * Written out here instead of included from the system's headers, so that the object depends on nothing but these files
 * and the compiler: two machines build the same bytes. Numbers and layouts are the kernel's stable ABI (bpf(2)). */
#pragma once

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;

struct xdp_md {
  __u32 data;
  __u32 data_end;
  __u32 data_meta;
  __u32 ingress_ifindex;
  __u32 rx_queue_index;
  __u32 egress_ifindex;
};

enum { XDP_ABORTED, XDP_DROP, XDP_PASS, XDP_TX, XDP_REDIRECT };

#define SEC(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))
#define PACKED __attribute__((packed))
/* Verified once by itself instead of along every way that leads to it: it may know nothing of its caller but what it checks. */
#define ALONE __attribute__((noinline))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
/* Makes the compiler forget what it knows of a value, so that the check that follows is the one the verifier sees. */
#define FORGET(x) __asm__ volatile("" : "+r"(x))
/* Reads memory for the cache's sake only. */
#define FETCH(x) __asm__ volatile("" : : "r"(x))
#define memcpy __builtin_memcpy
#define memset __builtin_memset

/* The target is little-endian (bpfel); the network is not. */
#define htons(x) ((__be16)__builtin_bswap16(x))
#define ntohs(x) ((__u16)__builtin_bswap16(x))
#define htonl(x) ((__be32)__builtin_bswap32(x))
#define ntohl(x) ((__u32)__builtin_bswap32(x))

/* A map, as the Java loader (BpfObject) reads it from the section "maps". A map of maps names what its inner maps are like. */
struct map {
  __u32 type, key_size, value_size, max_entries, flags;
  __u32 inner_type, inner_key_size, inner_value_size, inner_max_entries, inner_flags;
};

#define MAP(name, ...) struct map SEC("maps") name = {__VA_ARGS__}
/* A setting: constant for the verifier, so what is switched off costs nothing. Java sets it by its name before loading. */
#define SETTING(type, name) const volatile type name SEC(".rodata") = 0

enum {
  MAP_HASH = 1,
  MAP_ARRAY = 2,
  MAP_PERCPU_ARRAY = 6,
  MAP_LRU_HASH = 9,
  MAP_LPM_TRIE = 11,
  MAP_ARRAY_OF_MAPS = 12,
  MAP_RINGBUF = 27,
  MAP_NO_PREALLOC = 1,
  MAP_MMAPABLE = 1 << 10,
};

struct bpf_sock_tuple {
  union {
    struct {
      __be32 saddr, daddr;
      __be16 sport, dport;
    } ipv4;
    struct {
      __be32 saddr[4], daddr[4];
      __be16 sport, dport;
    } ipv6;
  };
};

struct bpf_sock {
  __u32 bound_dev_if, family, type, protocol, mark, priority, src_ip4, src_ip6[4], src_port;
  __be16 dst_port;
  __u32 dst_ip4, dst_ip6[4], state;
  __s32 rx_queue_mapping;
};

struct bpf_fib_lookup {
  __u8 family, l4_protocol;
  __be16 sport, dport;
  __u16 tot_len;
  __u32 ifindex;
  __be32 flowinfo;
  __be32 source[4];
  __be32 destination[4];
  __be16 vlan_protocol, vlan_tci;
  __u8 source_mac[6], destination_mac[6];
};

enum {
  FIB_SUCCESS,
  FIB_BLACKHOLE,
  FIB_UNREACHABLE,
  FIB_PROHIBIT,
  FIB_NOT_FORWARDED,
  FIB_FORWARDING_DISABLED,
  FIB_UNSUPPORTED_TUNNEL,
  FIB_NO_NEIGHBOUR,
  FIB_FRAGMENTATION_NEEDED,
  FIB_SKIP_NEIGHBOUR = 4,
};

enum { AF_INET = 2, AF_INET6 = 10, TCP_LISTEN = 10 };

static void *(*const map_lookup)(void *map, const void *key) = (void *)1;
static long (*const map_update)(void *map, const void *key, const void *value, __u64 flags) = (void *)2;
static __u32 (*const random_number)(void) = (void *)7;
static long (*const redirect)(__u32 ifindex, __u64 flags) = (void *)23;
static __s64 (*const checksum_difference)(const __be32 *from, __u32 from_size, const __be32 *to, __u32 to_size, __u32 seed) = (void *)28;
static long (*const adjust_head)(struct xdp_md *ctx, int delta) = (void *)44;
static long (*const adjust_tail)(struct xdp_md *ctx, int delta) = (void *)65;
static long (*const fib_lookup)(void *ctx, struct bpf_fib_lookup *params, int size, __u32 flags) = (void *)69;
static long (*const release_socket)(void *sock) = (void *)86;
static struct bpf_sock *(*const lookup_tcp_socket)(void *ctx, struct bpf_sock_tuple *tuple, __u32 size, __u64 netns, __u64 flags) = (void *)99;
static long (*const ring_output)(void *ring, void *data, __u64 size, __u64 flags) = (void *)130;
static __u64 (*const coarse_now)(void) = (void *)160;
static __u64 (*const fine_now)(void) = (void *)5;
static __u64 (*const packet_length)(struct xdp_md *ctx) = (void *)188;
static long (*const load_bytes)(struct xdp_md *ctx, __u32 offset, void *to, __u32 length) = (void *)189;
static __s64 (*const make_cookie)(struct bpf_sock *listener, void *ip, __u32 ip_length, void *tcp, __u32 tcp_length) = (void *)110;
static __s64 (*const make_raw_cookie_ipv4)(void *ip, void *tcp, __u32 tcp_length) = (void *)204;
static __s64 (*const make_raw_cookie_ipv6)(void *ip, void *tcp, __u32 tcp_length) = (void *)205;
static long (*const check_cookie_ipv4)(void *ip, void *tcp) = (void *)206;
static long (*const check_cookie_ipv6)(void *ip, void *tcp) = (void *)207;
