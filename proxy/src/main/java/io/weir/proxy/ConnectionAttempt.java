package io.weir.proxy;

/** What an exchange waits for until it has a connection. Confined to its event loop. */
public interface ConnectionAttempt {
  /** The exchange does not want it any more. */
  void giveUp();
}
