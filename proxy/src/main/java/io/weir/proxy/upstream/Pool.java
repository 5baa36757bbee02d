package io.weir.proxy.upstream;

/** A named group of backends that can answer the same requests. */
public final class Pool {
  private final String name;

  /** A pool with the name that routes use for it. */
  public Pool(String name) {
    this.name = name;
  }

  /** The name that routes, metrics and the log use. */
  public String name() {
    return name;
  }
}
