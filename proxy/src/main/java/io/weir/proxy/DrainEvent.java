package io.weir.proxy;

/** Tells the handlers of a connection that the proxy is about to end. */
public enum DrainEvent {
  /** Finish what is begun, begin nothing. */
  BEGINS,
  /** The time is over: what is not finished is given up. */
  OVER
}
