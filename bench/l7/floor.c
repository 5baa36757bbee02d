/*
 * What a proxy cannot go below: forwards octets between each client and a backend connection of its own, reading none of
 * them, with the four system calls that any proxy on epoll needs for a request and its answer, in a process of one thread.
 * For messages that fit the sockets' buffers; a peer that does not take one at once is closed.
 *
 * floor PORT BACKEND_PORT
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { EVENTS = 512, MOST_SOCKETS = 65536 };

static int epoll, peer_of[MOST_SOCKETS]; /* 0: none; standard input is no socket here */
static struct sockaddr_in address = {.sin_family = AF_INET};
static char octets[65536];

static struct sockaddr *loopback(const char *port) {
  address.sin_port = htons(atoi(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return (struct sockaddr *)&address;
}

static int fail(const char *what) {
  perror(what);
  return 1;
}

static void watch(int socket) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = socket};
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
  epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event);
}

static void join(int client, const char *backend_port) {
  int backend = socket(AF_INET, SOCK_STREAM, 0);
  if (backend < 0 || backend >= MOST_SOCKETS || connect(backend, loopback(backend_port), sizeof address)) {
    close(client);
    close(backend);
    return;
  }
  peer_of[client] = backend;
  peer_of[backend] = client;
  watch(client);
  watch(backend);
}

static void forward(int from) {
  int to = peer_of[from];
  if (!to) return; /* closed within this round of events */
  ssize_t count = recv(from, octets, sizeof octets, MSG_DONTWAIT);
  if (count < 0 && errno == EAGAIN) return;
  if (count <= 0 || send(to, octets, count, MSG_DONTWAIT | MSG_NOSIGNAL) < count) {
    peer_of[from] = peer_of[to] = 0;
    close(from);
    close(to);
  }
}

int main(int count, char **arguments) {
  if (count != 3) return fprintf(stderr, "usage: floor PORT BACKEND_PORT\n"), 2;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
  if (bind(listener, loopback(arguments[1]), sizeof address)) return fail("bind");
  if (listen(listener, 4096)) return fail("listen");
  epoll = epoll_create1(0);
  struct epoll_event ready[EVENTS], accept_ready = {.events = EPOLLIN, .data.fd = listener};
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &accept_ready);
  for (;;) {
    int events = epoll_wait(epoll, ready, EVENTS, -1);
    for (int i = 0; i < events; i++) {
      if (ready[i].data.fd != listener) {
        forward(ready[i].data.fd);
        continue;
      }
      for (int client; (client = accept(listener, NULL, NULL)) >= 0 && client < MOST_SOCKETS;) join(client, arguments[2]);
    }
  }
}
