package io.weir.proxy.upstream;

/** Whether a backend takes requests, and if not, why. */
public enum BackendState {
  /** Takes requests, unless it is ejected for a while. */
  HEALTHY,

  /** Active checks say no; takes requests only when the pool panics. */
  UNHEALTHY,

  /** Finishes the requests it has and takes no new one, pinned ones included. */
  DRAINING,

  /** No longer configured and without requests. */
  REMOVED
}
