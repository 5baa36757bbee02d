package io.weir.proxy.route;

import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.Authority;
import io.weir.proxy.http.Head;
import org.jspecify.annotations.Nullable;

/**
 * Sends the client elsewhere. The Location is an absolute URI wherever the host is known, so that a
 * path can never be taken for a host ("//example.com").
 *
 * <p>Where neither scheme, host nor port are given the request's own authority is kept. Where one
 * of them is, the port is the given one, else the usual one of the scheme.
 *
 * <p>Immutable; safe in any thread.
 */
public final class Redirect implements RouteAction {
  private static final byte[] HTTP = Ascii.bytes("http://");
  private static final byte[] HTTPS = Ascii.bytes("https://");

  private final int status;
  private final @Nullable Boolean https;
  private final byte @Nullable [] host;
  private final byte[] port;
  private final boolean keepsAuthority;
  private final PathEdit path;
  private final boolean keepQuery;

  /**
   * A redirect.
   *
   * @param status 301, 302, 303, 307 or 308
   * @param https scheme: true for https, false for http, null for the request's
   * @param host host without port, or null for the request's
   * @param port 1 to 65535, or 0 where none is given
   * @param path change of the path
   * @param keepQuery whether the query is kept
   * @throws IllegalArgumentException if one of these is not so, or nothing changes
   */
  public Redirect(
      int status,
      @Nullable Boolean https,
      @Nullable String host,
      int port,
      PathEdit path,
      boolean keepQuery) {
    if (status != 301 && status != 302 && status != 303 && status != 307 && status != 308) {
      throw new IllegalArgumentException(
          "redirect.status: " + status + " (expected: 301, 302, 303, 307 or 308)");
    }
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException("redirect.port: " + port + " (expected: 1 to 65535)");
    }
    this.keepsAuthority = https == null && host == null && port == 0;
    if (keepsAuthority && path instanceof PathEdit.Keep) {
      throw new IllegalArgumentException(
          "redirect: to itself (expected: another scheme, host, port or path)");
    }
    this.status = status;
    this.https = https;
    this.host = host == null ? null : authority("redirect.host", host);
    this.port = port == 0 ? new byte[0] : Ascii.bytes(":" + port);
    this.path = path;
    this.keepQuery = keepQuery;
  }

  /** The octets of a host, in brackets where it is an IPv6 address without them. */
  static byte[] authority(String key, String host) {
    boolean bareIpv6 = host.indexOf(':') != host.lastIndexOf(':') && !host.startsWith("[");
    byte[] bytes = Ascii.bytes(bareIpv6 ? "[" + host + "]" : host);
    if (!Authority.isValid(bytes, 0, bytes.length)) {
      throw new IllegalArgumentException(key + ": " + host + " (expected: a host)");
    }
    return bytes;
  }

  /** Status of the response. */
  public int status() {
    return status;
  }

  /** An upper limit of what {@link #writeLocation} writes for this request. */
  public int maxLength(Head head) {
    return HTTPS.length
        + (host == null ? head.authorityEnd - head.authorityStart : host.length)
        + port.length
        + 2
        + path.maxLength(head)
        + 1
        + (head.queryEnd - head.queryStart);
  }

  /**
   * Writes the value of the Location field and returns the offset behind it. Allocates nothing
   * unless the path is changed by a regular expression.
   *
   * @param head a request with a normalised path
   * @param secure whether the request came by TLS
   * @param dst where to; not the head's own octets in use
   * @param at offset with room for {@link #maxLength} octets
   */
  public int writeLocation(Head head, boolean secure, byte[] dst, int at) {
    int end = writeOrigin(head, https == null ? secure : https, dst, at);
    boolean relative = end == at;
    int from = end;
    if (head.pathEnd > head.pathStart && head.bytes[head.pathStart] == '/') {
      end = path.write(head, dst, end);
    } else {
      dst[end++] = '/';
    }
    if (relative && end - from > 1 && dst[from + 1] == '/') {
      // A relative reference must not begin with "//" (RFC 3986 §4.2).
      System.arraycopy(dst, from, dst, from + 2, end - from);
      dst[from] = '/';
      dst[from + 1] = '.';
      end += 2;
    }
    if (keepQuery && head.hasQuery) {
      dst[end++] = '?';
      end = copy(head.bytes, head.queryStart, head.queryEnd, dst, end);
    }
    return end;
  }

  private int writeOrigin(Head head, boolean secure, byte[] dst, int at) {
    if (host == null && head.authorityStart == head.authorityEnd) {
      return at;
    }
    byte[] scheme = secure ? HTTPS : HTTP;
    int end = copy(scheme, 0, scheme.length, dst, at);
    end = host != null ? copy(host, 0, host.length, dst, end) : copyAuthority(head, dst, end);
    return copy(port, 0, port.length, dst, end);
  }

  private int copyAuthority(Head head, byte[] dst, int at) {
    int hostEnd = Authority.hostEnd(head.bytes, head.authorityStart, head.authorityEnd);
    int end = keepsAuthority || hostEnd < 0 ? head.authorityEnd : hostEnd;
    return copy(head.bytes, head.authorityStart, end, dst, at);
  }

  private static int copy(byte[] src, int start, int end, byte[] dst, int at) {
    System.arraycopy(src, start, dst, at, end - start);
    return at + end - start;
  }
}
