/* Sends TCP SYNs as fast as one core can, or at a rate, through a packet socket: what hping3 --flood does, some times faster.
 * usage: sender INTERFACE SOURCE_MAC DESTINATION_MAC SOURCE|random DESTINATION PORT PACKETS_PER_SECOND|0 SECONDS [PROGRAM]
 * With PROGRAM, the instructions of flood_frames.bpf.c, the kernel's test run sends them as bare frames without a packet buffer: so they
 * reach the driver at the far end as they would come from a network card, with nothing to copy.
 * For the network namespaces that flood.py makes. Prints how many were sent. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64, OPTIONS = 20, ROOM = 128 };

static uint64_t state = 0x9e3779b97f4a7c15;

static uint64_t random_number(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

static uint64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static uint32_t sum(const void *data, size_t size, uint32_t so_far) {
  const uint16_t *words = data;
  for (size_t i = 0; i < size / 2; i++)
    so_far += words[i];
  return so_far;
}

static uint16_t fold(uint32_t sum) {
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return ~sum;
}

static void mac(const char *text, uint8_t *into) {
  unsigned part[6];
  if (sscanf(text, "%x:%x:%x:%x:%x:%x", part, part + 1, part + 2, part + 3, part + 4, part + 5) != 6)
    exit(2);
  for (int i = 0; i < 6; i++)
    into[i] = part[i];
}

/* What a Linux client says: segment size, SACK, timestamp, window scale. */
static void write_tcp(struct tcphdr *tcp, uint16_t port) {
  memset(tcp, 0, sizeof(*tcp) + OPTIONS);
  tcp->source = htons(1024 + random_number() % 60000);
  tcp->dest = htons(port);
  tcp->seq = random_number();
  tcp->doff = (sizeof(*tcp) + OPTIONS) / 4;
  tcp->syn = 1;
  tcp->window = htons(64240);
  uint8_t options[OPTIONS] = {2, 4, 5, 160, 4, 2, 8, 10, 0, 1, 2, 3, 0, 0, 0, 0, 1, 3, 3, 7};
  memcpy(tcp + 1, options, OPTIONS);
}

static int load(const char *file) {
  static uint8_t instructions[65536];
  FILE *in = fopen(file, "r");
  size_t size = in ? fread(instructions, 1, sizeof(instructions), in) : 0;
  union bpf_attr attributes = {.prog_type = BPF_PROG_TYPE_XDP, .insn_cnt = size / 8, .insns = (uintptr_t)instructions,
                               .license = (uintptr_t)"GPL"};
  return syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof(attributes));
}

/* From that frame on; the program makes each another one, and keeps the pace. */
static int send_frames(const char *file, const char *interface, uint8_t *frame, size_t size, uint64_t packets) {
  struct xdp_md context = {.data_end = size, .ingress_ifindex = if_nametoindex(interface)};
  union bpf_attr attributes = {.test = {.prog_fd = load(file), .repeat = packets, .data_in = (uintptr_t)frame, .data_size_in = size,
                                        .ctx_in = (uintptr_t)&context, .ctx_size_in = sizeof(context), .flags = BPF_F_TEST_XDP_LIVE_FRAMES}};
  uint64_t begin = nanoseconds();
  if (syscall(SYS_bpf, BPF_PROG_TEST_RUN, &attributes, sizeof(attributes))) {
    perror("test run");
    return 1;
  }
  printf("%llu %.3f\n", (unsigned long long)packets, (nanoseconds() - begin) / 1e9);
  return 0;
}

int main(int count, char **words) {
  if (count != 9 && count != 10)
    return 2;
  int spoof = !strcmp(words[4], "random");
  int ipv6 = !!strchr(words[5], ':');
  uint8_t source[16] = {0}, destination[16] = {0};
  if (inet_pton(ipv6 ? AF_INET6 : AF_INET, words[5], destination) != 1 ||
      (!spoof && inet_pton(ipv6 ? AF_INET6 : AF_INET, words[4], source) != 1))
    return 2;
  uint16_t port = atoi(words[6]);
  uint64_t rate = strtoull(words[7], 0, 10), end = nanoseconds() + strtoull(words[8], 0, 10) * 1000000000ull;
  int fd = socket(AF_PACKET, SOCK_RAW, 0);
  int one = 1;
  struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = if_nametoindex(words[1])};
  if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)) || bind(fd, (void *)&to, sizeof(to))) {
    perror("packet socket");
    return 1;
  }
  static uint8_t frames[BATCH][ROOM];
  static struct iovec pieces[BATCH];
  static struct mmsghdr messages[BATCH];
  size_t header = ipv6 ? sizeof(struct ip6_hdr) : sizeof(struct iphdr), content = sizeof(struct tcphdr) + OPTIONS;
  for (int i = 0; i < BATCH; i++) {
    mac(words[3], frames[i]);
    mac(words[2], frames[i] + 6);
    frames[i][12] = ipv6 ? 0x86 : 0x08;
    frames[i][13] = ipv6 ? 0xdd : 0x00;
    pieces[i] = (struct iovec){frames[i], sizeof(struct ether_header) + header + content};
    messages[i].msg_hdr.msg_iov = &pieces[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  uint64_t sent = 0, begin = nanoseconds(), now = begin;
  while (now < end) {
    for (int i = 0; i < BATCH; i++) {
      void *network = frames[i] + sizeof(struct ether_header);
      struct tcphdr *tcp = network + header;
      write_tcp(tcp, port);
      if (ipv6) {
        struct ip6_hdr *ip = network;
        memset(ip, 0, sizeof(*ip));
        ip->ip6_flow = htonl(6u << 28);
        ip->ip6_plen = htons(content);
        ip->ip6_nxt = IPPROTO_TCP;
        ip->ip6_hlim = 64;
        memcpy(&ip->ip6_src, source, 16);
        memcpy(&ip->ip6_dst, destination, 16);
        if (spoof) { /* any network of 2000::/3 */
          uint64_t high = random_number(), low = random_number();
          memcpy((uint8_t *)&ip->ip6_src, &high, 8);
          memcpy((uint8_t *)&ip->ip6_src + 8, &low, 8);
          ip->ip6_src.s6_addr[0] = 0x24 | (ip->ip6_src.s6_addr[0] & 3);
        }
        tcp->check = fold(sum(tcp, content, sum(&ip->ip6_src, 32, htons(IPPROTO_TCP) + htons(content))));
      } else {
        struct iphdr *ip = network;
        memset(ip, 0, sizeof(*ip));
        ip->version = 4;
        ip->ihl = 5;
        ip->tot_len = htons(header + content);
        ip->ttl = 64;
        ip->protocol = IPPROTO_TCP;
        memcpy(&ip->saddr, source, 4);
        memcpy(&ip->daddr, destination, 4);
        if (spoof) /* 11.0.0.0 to 99.255.255.255: what no list of bogons has */
          ip->saddr = htonl((11 + random_number() % 89) << 24 | (random_number() & 0xffffff));
        ip->check = fold(sum(ip, header, 0));
        tcp->check = fold(sum(tcp, content, sum(&ip->saddr, 8, htons(IPPROTO_TCP) + htons(content))));
      }
    }
    if (count == 10)
      return send_frames(words[9], words[1], frames[0], pieces[0].iov_len, rate * strtoull(words[8], 0, 10));
    int done = sendmmsg(fd, messages, BATCH, 0);
    if (done < 0 && errno != ENOBUFS && errno != EAGAIN) {
      perror("send");
      return 1;
    }
    sent += done > 0 ? done : 0;
    now = nanoseconds();
    if (rate) {
      uint64_t due = begin + sent * 1000000000ull / rate;
      if (due > now) {
        struct timespec pause = {(due - now) / 1000000000ull, (due - now) % 1000000000ull};
        nanosleep(&pause, 0);
        now = nanoseconds();
      }
    }
  }
  printf("%llu %.3f\n", (unsigned long long)sent, (now - begin) / 1e9);
  return 0;
}
