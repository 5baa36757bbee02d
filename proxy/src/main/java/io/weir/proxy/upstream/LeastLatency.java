package io.weir.proxy.upstream;

import org.jspecify.annotations.Nullable;

/**
 * The power of two choices by expected wait: of two backends drawn by weight, the one whose {@link
 * Latency} times the requests it would then have in progress is smaller. So a backend that slows
 * down loses requests before it fails, and gets them back as its peak fades.
 */
final class LeastLatency implements Balancer {
  @Override
  public @Nullable Backend choose(
      Candidates candidates, Turn turn, long key, long now, Tried tried) {
    int one = candidates.draw(turn, now, tried);
    if (one < 0) {
      return null;
    }
    int other = candidates.drawOther(one, turn, now, tried);
    return candidates.get(wait(candidates, other, now) < wait(candidates, one, now) ? other : one);
  }

  private static double wait(Candidates candidates, int i, long now) {
    return candidates.get(i).expectedWait(now, candidates.share(i, now));
  }
}
