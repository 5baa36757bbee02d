package io.weir.proxy.upstream;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The backends that one request has been tried on. Reusable; confined to one event loop. */
public final class Tried {
  private static final Tried NONE = new Tried();

  private @Nullable Backend[] backends = new @Nullable Backend[4];
  private int count;

  /** The empty set, not to be added to. */
  static Tried none() {
    return NONE;
  }

  /** Adds a backend. */
  public void add(Backend backend) {
    if (count == backends.length) {
      backends = Arrays.copyOf(backends, count * 2);
    }
    backends[count++] = backend;
  }

  /** Whether the request has been tried on this backend. */
  public boolean contains(Backend backend) {
    for (int i = 0; i < count; i++) {
      if (backends[i] == backend) {
        return true;
      }
    }
    return false;
  }

  /** How many were added. */
  public int count() {
    return count;
  }

  /** Empties the set for the next request. */
  public void clear() {
    Arrays.fill(backends, 0, count, null);
    count = 0;
  }
}
