/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* The packet plane: what happens to a frame before the network stack of this host sees it.
 * One header per word of the pipeline below; start there. Built by `packet/build-bpf`, loaded by io.weir.packet. */
#include "parse.h"
#include "bogon.h"
#include "amplification.h"
#include "allow.h"
#include "block.h"
#include "syn.h"
#include "forward.h"
#include "count.h"

SETTING(__u8, scatter); /* for benchmarks: every packet seems to come from another source */

SEC("xdp") int weir(struct xdp_md *ctx) {
  struct packet p = {0};
  enum reason reason = parse(ctx, &p);
  if (scatter)
    p.source[0] = random_number();
  if (!reason)
    expect(&p);
  if (!reason)
    reason = bogon(ctx, &p);
  if (!reason)
    reason = amplification(ctx, &p);
  if (!reason)
    reason = allow(&p);
  if (!reason)
    reason = block(&p);
  if (!reason || reason == PASS_ALLOWED)
    reason = syn(ctx, &p, reason);
  if (!reason || reason == PASS_ALLOWED || reason == PASS_MANAGEMENT)
    reason = forward(ctx, &p, reason);
  return conclude(&p, reason);
}

/* Does nothing: what a packet costs above this one is the plane's own cost. Also attached to the far end of a veth pair, which
 * takes frames that a program sends only if it has a program itself. */
SEC("xdp.empty") int empty(struct xdp_md *ctx) {
  (void)ctx;
  return XDP_PASS;
}

/* The kernel gives some helpers to programs under its own licence only: these files may be used under either. */
char kernel_license[] SEC("license") = "GPL";
