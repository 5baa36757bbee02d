package io.weir.proxy.route;

/** What answers a request: a pool's backend, or the route itself. */
public sealed interface RouteAction permits WeightedPools, Redirect, Respond {}
