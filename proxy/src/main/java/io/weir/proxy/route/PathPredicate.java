package io.weir.proxy.route;

import com.google.re2j.Pattern;
import io.weir.net.ClientIdentity;
import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.Head;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A condition on the normalised path.
 *
 * <ul>
 *   <li>exact: octet for octet.
 *   <li>prefix: whole segments; "/api" takes "/api" and "/api/x", not "/apix". A slash at the end
 *       counts: "/api/" takes "/api/x", not "/api".
 *   <li>regex: RE2 syntax in linear time; the expression describes the whole path, with its
 *       parameters and with percent-encodings as normalised.
 * </ul>
 *
 * Exact and prefix see a path without its parameters (";x=y"), see {@link Paths}. "*" of an OPTIONS
 * request matches only exactly.
 */
final class PathPredicate implements RoutePredicate {
  private enum Kind {
    EXACT,
    PREFIX,
    REGEX
  }

  private final Kind kind;
  private final String text;
  private final byte[] bytes;
  private final @Nullable Pattern regex;

  private PathPredicate(Kind kind, String text, byte[] bytes, @Nullable Pattern regex) {
    this.kind = kind;
    this.text = text;
    this.bytes = bytes;
    this.regex = regex;
  }

  static PathPredicate exact(String path) {
    byte[] bytes = path.equals("*") ? Ascii.bytes(path) : Paths.compile("path.exact", path);
    return new PathPredicate(Kind.EXACT, path, bytes, null);
  }

  static PathPredicate prefix(String prefix) {
    return new PathPredicate(Kind.PREFIX, prefix, Paths.compile("path.prefix", prefix), null);
  }

  static PathPredicate regex(String regex) {
    return new PathPredicate(Kind.REGEX, regex, new byte[0], Regex.compile("path.regex", regex));
  }

  @Override
  public boolean test(Head head, ClientIdentity client, Handshake handshake) {
    return switch (kind) {
      case EXACT -> Paths.isExactly(head.bytes, head.pathStart, head.pathEnd, bytes);
      case PREFIX -> Paths.behindSegments(head.bytes, head.pathStart, head.pathEnd, bytes) >= 0;
      case REGEX -> Objects.requireNonNull(regex).matches(head.path());
    };
  }

  @Override
  public String toString() {
    return switch (kind) {
      case EXACT -> "path is " + text;
      case PREFIX -> "path is or lies below " + text;
      case REGEX -> "path matches " + text;
    };
  }
}
