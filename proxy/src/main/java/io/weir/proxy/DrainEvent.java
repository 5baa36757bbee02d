package io.weir.proxy;

/**
 * Tells the handlers of a connection that the proxy is about to end: finish what is begun, begin
 * nothing.
 */
public enum DrainEvent {
  INSTANCE
}
