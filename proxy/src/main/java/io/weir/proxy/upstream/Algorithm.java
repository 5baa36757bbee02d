package io.weir.proxy.upstream;

/** How a pool chooses among the backends that may take a request. */
public enum Algorithm {
  /** In turn, heavier ones more often and evenly spread: {@link RoundRobin}. */
  ROUND_ROBIN(new RoundRobin()),

  /** Of two drawn at random, the one with fewer requests in progress: {@link LeastRequests}. */
  LEAST_REQUESTS(new LeastRequests()),

  /** Of two drawn at random, the one expected to answer sooner: {@link LeastLatency}. */
  EWMA(new LeastLatency()),

  /** At random, in proportion to the weights: {@link WeightedRandom}. */
  RANDOM(new WeightedRandom()),

  /** Requests with the same key go to the same backend: {@link Maglev}. */
  MAGLEV(new Maglev());

  private final Balancer balancer;

  Algorithm(Balancer balancer) {
    this.balancer = balancer;
  }

  Balancer balancer() {
    return balancer;
  }
}
