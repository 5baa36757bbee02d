package io.weir.proxy.route;

import io.weir.proxy.http.Head;
import io.weir.proxy.http.HeadLimits;
import io.weir.proxy.stage.Reason;
import org.jspecify.annotations.Nullable;

/**
 * What a request of a route may be.
 *
 * @param bodyBytes most octets of content, 413 beyond; 0 for no limit; default 10 MiB
 * @param webSocket whether it may become a WebSocket; default yes
 * @param head sizes of its head where they are smaller than the listener's, or null
 */
public record RouteLimits(long bodyBytes, boolean webSocket, @Nullable HeadLimits head) {
  public static final RouteLimits DEFAULT = new RouteLimits(10L << 20, true, null);

  /** Method, target and version are divided by this much. */
  private static final int BLANKS_AND_VERSION = 10;

  /**
   * @throws IllegalArgumentException if the size is negative
   */
  public RouteLimits {
    if (bodyBytes < 0) {
      throw new IllegalArgumentException("limits.body: " + bodyBytes + " (expected: 0 or more)");
    }
  }

  /**
   * Why a head that its listener took is too large for this route, or null.
   *
   * @param octets of the head as it came
   */
  public @Nullable Reason refuses(Head request, int octets) {
    if (head == null) {
      return null;
    }
    int target = request.pathEnd - request.pathStart;
    int query = request.hasQuery ? 1 + request.queryEnd - request.queryStart : 0;
    int method = request.methodEnd - request.methodStart;
    if (method + target + query + BLANKS_AND_VERSION > head.requestLineBytes()) {
      return Reason.FRAME_REQUEST_LINE_TOO_LONG;
    }
    boolean tooLarge = request.count() > head.fields() || octets > head.headBytes();
    return tooLarge ? Reason.FRAME_HEADER_TOO_LARGE : null;
  }
}
