package io.weir.proxy.route;

import io.weir.proxy.http.Head;
import io.weir.proxy.http.PathNormaliser;
import org.jspecify.annotations.Nullable;

/**
 * Changes the target that the backend sees. The query stays.
 *
 * <p>Immutable; safe in any thread.
 */
public final class Rewrite {
  private final PathEdit path;
  private final byte @Nullable [] authority;

  /**
   * A change of path, host or both.
   *
   * @param path change of the path
   * @param authority host, with a port where wanted, that replaces the request's; null keeps it
   * @throws IllegalArgumentException if the authority is none
   */
  public Rewrite(PathEdit path, @Nullable String authority) {
    this.path = path;
    this.authority = authority == null ? null : Redirect.authority("rewrite.host", authority);
  }

  /**
   * Changes the head: the new path and authority are appended to its octets and the offsets moved;
   * the fields, Host among them, stay as they came. A "*" stays.
   *
   * @param normaliser the listener's, which also judges the result
   * @return false if the new path would be unsafe; the head is as before then
   */
  public boolean apply(Head head, PathNormaliser normaliser) {
    if (!(path instanceof PathEdit.Keep) && !applyPath(head, normaliser)) {
      return false;
    }
    if (authority != null) {
      head.authorityStart = head.append(authority, 0, authority.length);
      head.authorityEnd = head.length;
    }
    return true;
  }

  private boolean applyPath(Head head, PathNormaliser normaliser) {
    if (head.pathStart == head.pathEnd || head.bytes[head.pathStart] != '/') {
      return true;
    }
    head.ensureRoom(path.maxLength(head));
    int start = head.length;
    int end = normaliser.normalise(head.bytes, start, path.write(head, head.bytes, start));
    if (end < 0) {
      return false;
    }
    head.pathStart = start;
    head.pathEnd = end;
    head.length = end;
    return true;
  }

  /** Whether the host is replaced. */
  public boolean replacesHost() {
    return authority != null;
  }
}
