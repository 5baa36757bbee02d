package io.weir.proxy.upstream;

import org.jspecify.annotations.Nullable;

/**
 * The power of two choices: of two backends drawn by weight, the one with fewer requests in
 * progress for its weight. Nearly as even as looking at all of them, and without the herd: where
 * every loop looks for the least loaded one, all find the same one (Mitzenmacher 2001).
 */
final class LeastRequests implements Balancer {
  @Override
  public @Nullable Backend choose(
      Candidates candidates, Turn turn, long key, long now, Tried tried) {
    int one = candidates.draw(turn, now, tried);
    if (one < 0) {
      return null;
    }
    int other = candidates.drawOther(one, turn, now, tried);
    return candidates.get(load(candidates, other, now) < load(candidates, one, now) ? other : one);
  }

  private static double load(Candidates candidates, int i, long now) {
    return (double) candidates.get(i).inFlight() / candidates.weight(i, now);
  }
}
