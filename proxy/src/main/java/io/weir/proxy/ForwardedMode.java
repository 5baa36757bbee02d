package io.weir.proxy;

/** What happens to the fields that tell a backend about the client (IP-1). */
public enum ForwardedMode {
  /**
   * What the client sent is removed and the truth written: safe for backends that take the leftmost
   * value.
   */
  OVERWRITE,
  /** The hops that are proven stay, the peer's address is added on the right. */
  APPEND,
  /** What came is passed on as it is; nothing is added. */
  PRESERVE,
  /** What came is removed; nothing is added. */
  REMOVE
}
