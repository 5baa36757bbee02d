package io.weir.proxy.upstream;

import org.jspecify.annotations.Nullable;

/** One algorithm. Without state of its own: what it must remember is in the turn. */
sealed interface Balancer permits RoundRobin, LeastRequests, LeastLatency, WeightedRandom, Maglev {
  /**
   * Chooses one of the candidates that is not among the tried, or null where all are.
   *
   * @param candidates at least one
   * @param turn what this loop remembers
   * @param key hash of the request's key; only {@link Maglev} asks
   * @param now {@link System#nanoTime()}
   * @param tried backends that this request has already failed on
   */
  @Nullable Backend choose(Candidates candidates, Turn turn, long key, long now, Tried tried);
}
