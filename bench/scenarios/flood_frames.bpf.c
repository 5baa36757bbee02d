/* Makes each frame that the kernel's test run sends (flood_sender.c) a SYN of its own: source port, sequence number and, with SPOOF,
 * source address at random. Frames come back as the receiver left them, turned round if it has answered, so each is written anew from
 * FRAME, the 16-bit words of the first one. One goes at each multiple of PERIOD nanoseconds. */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
struct context {
  u32 data, end;
};
static u32 (*const random_number)(void) = (void *)7;
static u64 (*const nanoseconds)(void) = (void *)5;
static const u16 first[] = {FRAME};
enum { ETHERNET = 14, TCP = 40, NETWORK = sizeof(first) - ETHERNET - TCP };

static inline __attribute__((always_inline)) void wait(void) {
  u64 slot = nanoseconds() / PERIOD;
  for (int i = 0; i < 2000 && nanoseconds() / PERIOD == slot; i++)
    ;
}

static inline __attribute__((always_inline)) u32 sum(const u8 *data, int size) {
  u32 sum = 0;
#pragma unroll
  for (int i = 0; i < size / 2; i++)
    sum += ((const u16 *)data)[i];
  return sum;
}

static inline __attribute__((always_inline)) u16 fold(u32 sum) {
  sum = (sum & 0xffff) + (sum >> 16);
  return ~((sum & 0xffff) + (sum >> 16));
}

static inline __attribute__((always_inline)) void write_tcp(u8 *tcp, u32 pseudo) {
  *(u16 *)tcp = 0x0004 | random_number() << 4;
  *(u32 *)(tcp + 4) = random_number();
  *(u16 *)(tcp + 16) = 0;
  *(u16 *)(tcp + 16) = fold(sum(tcp, TCP) + pseudo + __builtin_bswap16(6) + __builtin_bswap16(TCP));
}

__attribute__((section("xdp"), used)) int send(struct context *context) {
  u8 *data = (u8 *)(long)context->data, *end = (u8 *)(long)context->end;
  if (data + sizeof(first) > end)
    return 1;
  wait();
#pragma unroll
  for (int i = 0; i < (int)sizeof(first) / 2; i++)
    ((volatile u16 *)data)[i] = first[i];
  u8 *ip = data + ETHERNET;
  if (NETWORK == 20) {
#ifdef SPOOF
    *(u32 *)(ip + 12) = random_number();
    ip[12] = 11 + (ip[12] & 63); /* what no list of bogons has */
#endif
    *(u16 *)(ip + 10) = 0;
    *(u16 *)(ip + 10) = fold(sum(ip, 20));
    write_tcp(ip + 20, sum(ip + 12, 8));
  } else {
#ifdef SPOOF
    *(u32 *)(ip + 8) = random_number();
    *(u32 *)(ip + 12) = random_number();
    *(u32 *)(ip + 20) = random_number();
    ip[8] = 0x24 | (ip[8] & 3);
#endif
    write_tcp(ip + 40, sum(ip + 8, 32));
  }
  return 3;
}
