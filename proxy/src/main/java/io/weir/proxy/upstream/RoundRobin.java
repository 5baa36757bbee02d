package io.weir.proxy.upstream;

import org.jspecify.annotations.Nullable;

/**
 * Smooth weighted round robin: at each turn every candidate saves its weight, and the one with most
 * saved is chosen and pays what all saved together. In a round of as many turns as the weights sum
 * up to, each is chosen exactly as often as its weight says, and a heavy one not in a burst: 5, 1,
 * 1 gives A A B A C A A. After the round all savings are zero again, so that any stretch of that
 * length is fair.
 *
 * <p>A loop that meets new candidates begins somewhere within the round. Otherwise all loops, and
 * all instances of a fleet, would send their first requests after each change to the same backend.
 *
 * <p>Costs one addition per candidate. A heap would be cheaper from some hundred backends on, but
 * weights that ramp up change at every turn.
 */
final class RoundRobin implements Balancer {
  private static final int MAX_SKIPPED = 64;

  @Override
  public @Nullable Backend choose(
      Candidates candidates, Turn turn, long key, long now, Tried tried) {
    if (turn.begins(candidates)) {
      long skipped = turn.nextRandom(Math.min(candidates.count(), MAX_SKIPPED));
      for (long i = 0; i < skipped; i++) {
        next(candidates, turn.credit(), now, Tried.none());
      }
    }
    return next(candidates, turn.credit(), now, tried);
  }

  private static @Nullable Backend next(
      Candidates candidates, long[] credit, long now, Tried tried) {
    long total = 0;
    int best = -1;
    for (int i = 0; i < candidates.count(); i++) {
      if (tried.contains(candidates.get(i))) {
        continue;
      }
      long weight = candidates.weight(i, now);
      credit[i] += weight;
      total += weight;
      if (best < 0 || credit[i] > credit[best]) {
        best = i;
      }
    }
    if (best < 0) {
      return null;
    }
    credit[best] -= total;
    return candidates.get(best);
  }
}
