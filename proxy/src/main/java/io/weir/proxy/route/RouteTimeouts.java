package io.weir.proxy.route;

import java.util.concurrent.TimeUnit;

/**
 * How long things may take, in nanoseconds; 0 for no limit.
 *
 * @param request from the request's head to the end of the response, all tries together; default
 *     none, as downloads and streams may be long
 * @param perTry from the start of a try to the response's head; default 30 s
 * @param idle without an octet in either direction once the response has begun; default 60 s
 * @param tunnelIdle the same for WebSockets and other tunnels; default 1 h
 */
public record RouteTimeouts(long request, long perTry, long idle, long tunnelIdle) {
  public static final RouteTimeouts DEFAULT =
      new RouteTimeouts(
          0, TimeUnit.SECONDS.toNanos(30), TimeUnit.SECONDS.toNanos(60), TimeUnit.HOURS.toNanos(1));

  /**
   * @throws IllegalArgumentException if one is negative
   */
  public RouteTimeouts {
    check("request", request);
    check("per_try", perTry);
    check("idle", idle);
    check("tunnel_idle", tunnelIdle);
  }

  private static void check(String key, long nanos) {
    if (nanos < 0) {
      throw new IllegalArgumentException("timeouts." + key + ": " + nanos + " (expected: >= 0)");
    }
  }
}
