package io.weir.net;

import org.jspecify.annotations.Nullable;

/**
 * Reads one list element of X-Forwarded-For or Forwarded. A field of its owner, so that a port can
 * be answered beside the address without making an object for both.
 */
final class ForwardedHop {

  private static final int FOR = 1;
  private static final int BY = 2;
  private static final int HOST = 4;
  private static final int PROTO = 8;

  /** The address of the element last parsed; null if it named none. */
  @Nullable IpAddress address;

  /** Its port; 0 if it named none. */
  int port;

  /** What the quoted string last read says, as far as it fits: a node that does not is refused. */
  private final byte[] unquoted = new byte[128];

  /** How long it is, also if it does not fit. */
  private int unquotedLength;

  /**
   * Reads {@code 192.0.2.1}, {@code 192.0.2.1:80}, {@code 2001:db8::1}, {@code fe80::1%eth0},
   * {@code [2001:db8::1]} or {@code [2001:db8::1]:80}. There is no standard; these are the forms
   * seen in the field.
   *
   * @return whether the element is an address
   */
  boolean parseXForwardedFor(byte[] src, int start, int end) {
    address = parseAddress(src, start, end);
    port = 0;
    return address != null || parseNode(src, start, end);
  }

  private static @Nullable IpAddress parseAddress(byte[] src, int start, int end) {
    IpAddress read = IpAddress.parseOrNull(src, start, withoutZone(src, start, end) - start);
    return read == null ? null : read.translated();
  }

  /**
   * Where an address ends that may have a zone (RFC 4007 section 11: {@code fe80::1%eth0}). A proxy
   * writes one for a peer on its own link; it means nothing to anybody else, so it is read over.
   */
  private static int withoutZone(byte[] src, int start, int end) {
    int at = start;
    while (at < end && src[at] != '%') {
      at++;
    }
    boolean linkLocal = at - start > 4 && isNamed(src, start, "fe80:");
    for (int zone = at + 1; zone < end; zone++) {
      linkLocal &=
          isAlphanumeric(src[zone]) || src[zone] == '.' || src[zone] == '_' || src[zone] == '-';
    }
    return linkLocal && at + 1 < end ? at : end;
  }

  /**
   * Reads a forwarded-element (RFC 7239 section 4), all of it, and the node of its "for" parameter.
   *
   * @return whether the element is well-formed and names an address
   */
  boolean parseForwarded(byte[] src, int start, int end) {
    address = null;
    port = 0;
    int seen = 0; // a bit per registered parameter: none may occur twice in an element
    boolean named = false;
    int at = start;
    while (at < end) {
      if (src[at] == ';') { // an empty pair is allowed
        at++;
        continue;
      }
      int nameStart = at;
      at = skipToken(src, at, end);
      int parameter = parameter(src, nameStart, at);
      if (at == nameStart || at == end || src[at] != '=' || (seen & parameter) != 0) {
        return false;
      }
      seen |= parameter;
      int valueStart = at + 1;
      boolean quoted = valueStart < end && src[valueStart] == '"';
      at = quoted ? skipQuoted(src, valueStart, end) : skipToken(src, valueStart, end);
      if (at <= valueStart || (at < end && src[at] != ';')) {
        return false;
      }
      if (parameter == FOR) {
        named = quoted ? parseUnquoted() : parseNode(src, valueStart, at);
      }
    }
    return named;
  }

  private static int parameter(byte[] src, int start, int end) {
    return switch (end - start) {
      case 2 -> isNamed(src, start, "by") ? BY : 0;
      case 3 -> isNamed(src, start, "for") ? FOR : 0;
      case 4 -> isNamed(src, start, "host") ? HOST : 0;
      case 5 -> isNamed(src, start, "proto") ? PROTO : 0;
      default -> 0;
    };
  }

  private static boolean isNamed(byte[] src, int start, String name) {
    for (int i = 0; i < name.length(); i++) {
      if ((src[start + i] | 0x20) != name.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private static int skipToken(byte[] src, int start, int end) {
    int at = start;
    while (at < end && isTokenChar(src[at])) {
      at++;
    }
    return at;
  }

  /**
   * Passes over a quoted-string (RFC 9110 section 5.6.4), leaving what it says in {@link
   * #unquoted}.
   *
   * @return the offset after it, or -1 if it is malformed
   */
  private int skipQuoted(byte[] src, int start, int end) {
    unquotedLength = 0;
    for (int at = start + 1; at < end; at++) {
      byte c = src[at];
      if (c == '"') {
        return at + 1;
      }
      if (c == '\\') {
        if (++at == end) {
          return -1;
        }
        c = src[at];
      }
      if ((c >= 0 && c < ' ' && c != '\t') || c == 0x7f) {
        return -1;
      }
      if (unquotedLength < unquoted.length) {
        unquoted[unquotedLength] = c;
      }
      unquotedLength++;
    }
    return -1;
  }

  private boolean parseUnquoted() {
    return unquotedLength <= unquoted.length && parseNode(unquoted, 0, unquotedLength);
  }

  /** Reads a node (RFC 7239 section 6); false if it is not an address. */
  private boolean parseNode(byte[] src, int start, int end) {
    boolean bracketed = start < end && src[start] == '[';
    int addressStart = bracketed ? start + 1 : start;
    int addressEnd = addressStart;
    while (addressEnd < end && src[addressEnd] != (bracketed ? ']' : ':')) {
      addressEnd++;
    }
    int portStart = bracketed ? addressEnd + 1 : addressEnd;
    if (portStart > end || (portStart < end && !parseNodePort(src, portStart, end))) {
      return false;
    }
    address = parseAddress(src, addressStart, addressEnd);
    return address != null && bracketed == hasColon(src, addressStart, addressEnd);
  }

  /** Reads {@code :80} or {@code :_obfuscated}. */
  private boolean parseNodePort(byte[] src, int start, int end) {
    if (src[start] != ':') {
      return false;
    }
    if (start + 1 < end && src[start + 1] == '_') {
      return isObfuscated(src, start + 1, end);
    }
    port = IpText.parsePort(src, start + 1, end);
    return port >= 0;
  }

  private static boolean isObfuscated(byte[] src, int start, int end) {
    for (int at = start + 1; at < end; at++) {
      if (!isAlphanumeric(src[at]) && src[at] != '.' && src[at] != '_' && src[at] != '-') {
        return false;
      }
    }
    return end - start > 1;
  }

  private static boolean hasColon(byte[] src, int start, int end) {
    for (int at = start; at < end; at++) {
      if (src[at] == ':') {
        return true;
      }
    }
    return false;
  }

  private static boolean isAlphanumeric(byte c) {
    return IpText.isDigit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
  }

  private static boolean isTokenChar(byte c) {
    return isAlphanumeric(c) || (c > ' ' && "!#$%&'*+-.^_`|~".indexOf(c) >= 0);
  }
}
