package io.weir.proxy.upstream;

import org.jspecify.annotations.Nullable;

/** Each request at random, in proportion to the weights. Needs no state and no knowledge. */
final class WeightedRandom implements Balancer {
  @Override
  public @Nullable Backend choose(
      Candidates candidates, Turn turn, long key, long now, Tried tried) {
    int drawn = candidates.draw(turn, now, tried);
    return drawn < 0 ? null : candidates.get(drawn);
  }
}
