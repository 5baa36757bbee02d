package io.weir.proxy.http;

/**
 * Brings the path of a request to its one normal form (RFC 3986 §6.2.2 and §5.2.4), in place: the
 * path that decides about the route is octet for octet the path that the backend gets, so that
 * there is no second reading to hide behind.
 *
 * <p>Percent-encoded unreserved characters are decoded, the hex digits of other encodings become
 * upper case, dot segments are removed. The result is never longer, and normalising it again
 * changes nothing. Most paths need no change; one scan finds that out.
 *
 * <p>Refused, because backends are known to disagree about the meaning:
 *
 * <ul>
 *   <li>".." above the root, where RFC 3986 would drop it in silence;
 *   <li>encoded slashes and backslashes (%2F, %5C) unless allowed, then kept encoded, but still
 *       refused next to a dot segment;
 *   <li>octets that may not stand in a path (backslash, controls, space, octets above 0x7E),
 *       encoded controls and NUL, incomplete or invalid encodings;
 *   <li>octets that begin an overlong UTF-8 form (%C0%AF). Other octets above 0x7F need not be
 *       UTF-8, as old applications use other sets;
 *   <li>dot segments with parameters ("/..;x/"), and segments of parameters only before another
 *       ("/;x/admin"): some servers cut the parameters off and then see "/../" or "//admin". Other
 *       parameters stay as they are.
 * </ul>
 *
 * <p>What is encoded twice (%252e) stays encoded once: no server should decode twice, and decoding
 * here would make a path that nobody sent.
 *
 * <p>Immutable; safe in any thread.
 *
 * @param mergeSlashes whether "//" becomes "/", the default. On, because most servers treat both
 *     alike, so that a rule for "/admin" must not miss "//admin"; off for services that carry URLs
 *     in their paths
 * @param encodedSlashes whether %2F and %5C may stand in a path; default no
 * @param parameters whether ";" may stand in a path; default yes
 * @param unencoded whether <code>" &lt; &gt; { } | ^ `</code> and octets above 0x7E may stand in a
 *     path, where they stay as they are; default no
 */
public record PathNormaliser(
    boolean mergeSlashes, boolean encodedSlashes, boolean parameters, boolean unencoded) {
  /** The default: merges slashes, refuses encoded ones, leaves parameters. */
  public static final PathNormaliser STRICT = new PathNormaliser(true, false);

  /** Without unencoded octets. */
  public PathNormaliser(boolean mergeSlashes, boolean encodedSlashes, boolean parameters) {
    this(mergeSlashes, encodedSlashes, parameters, false);
  }

  /** With parameters. */
  public PathNormaliser(boolean mergeSlashes, boolean encodedSlashes) {
    this(mergeSlashes, encodedSlashes, true);
  }

  private static final byte PLAIN = 0;
  private static final byte SLASH = 1;
  private static final byte PERCENT = 2;
  private static final byte FORBIDDEN = 3;
  private static final byte UNENCODED = 4;
  private static final byte[] CLASS = classes();

  private static byte[] classes() {
    byte[] classes = new byte[256];
    for (int c = 0; c < 256; c++) {
      boolean loose =
          Ascii.isUnencodedTarget((byte) c) || Ascii.isUnencodedQuery((byte) c) && c != '\\';
      classes[c] = Ascii.isTarget((byte) c) ? PLAIN : loose ? UNENCODED : FORBIDDEN;
    }
    classes['?'] = FORBIDDEN;
    classes['/'] = SLASH;
    classes['%'] = PERCENT;
    return classes;
  }

  /**
   * Normalises the path of a request: where that changes it, the normal form is appended to the
   * head's octets and the offsets moved, so that the target as it came is still there for those who
   * inspect it. "*" is left alone in an OPTIONS request.
   *
   * @return false if the path is unsafe; the head is as before then
   */
  public boolean normalise(Head head) {
    int length = head.pathEnd - head.pathStart;
    if (isNormal(head.bytes, head.pathStart, head.pathEnd)) {
      return true;
    }
    int start = head.append(head.bytes, head.pathStart, length);
    int end = normalise(head.bytes, start, start + length);
    head.length = Math.max(start, end);
    if (end < 0) {
      return head.method == Method.OPTIONS && isAsterisk(head);
    }
    head.pathStart = start;
    head.pathEnd = end;
    return true;
  }

  private boolean isNormal(byte[] bytes, int start, int end) {
    return start < end
        && bytes[start] == '/'
        && (parameters || !hasParameters(bytes, start, end))
        && skipClean(bytes, start, end) == end;
  }

  private static boolean isAsterisk(Head head) {
    return head.pathEnd - head.pathStart == 1 && head.bytes[head.pathStart] == '*';
  }

  /**
   * Normalises {@code bytes[start, end)} in place.
   *
   * @return the new end, or -1 if the path is unsafe or does not begin with "/"
   */
  public int normalise(byte[] bytes, int start, int end) {
    if (start >= end || bytes[start] != '/') {
      return -1;
    }
    if (!parameters && hasParameters(bytes, start, end)) {
      return -1;
    }
    int clean = skipClean(bytes, start, end);
    return clean == end ? end : rewrite(bytes, start, end, clean);
  }

  private static boolean hasParameters(byte[] bytes, int start, int end) {
    for (int i = start; i < end; i++) {
      if (bytes[i] == ';' || bytes[i] == '%' && encodedOctet(bytes, i + 1, end) == ';') {
        return true;
      }
    }
    return false;
  }

  /** The end where nothing is to be done, else the "/" of the first segment to look at closely. */
  private static int skipClean(byte[] bytes, int start, int end) {
    int slash = start;
    for (int i = start; i < end; i++) {
      byte kind = CLASS[bytes[i] & 0xff];
      if (kind == PLAIN) {
        continue;
      }
      if (kind != SLASH) {
        return slash;
      }
      slash = i;
      if (i + 1 < end && (bytes[i + 1] == '/' || bytes[i + 1] == '.' || bytes[i + 1] == ';')) {
        return slash;
      }
    }
    return end;
  }

  /**
   * The close look, segment by segment from the "/" at {@code from}. Long, because decoding,
   * checking and moving have to be one pass for the result to be found in place.
   */
  private int rewrite(byte[] bytes, int start, int end, int from) {
    int read = from;
    int write = from;
    while (read < end) {
      read++;
      bytes[write++] = '/';
      int segment = write;
      // Where a piece begins that a backend may take for a segment; -1 within parameters.
      int piece = segment;
      boolean parametersOnly = read < end && bytes[read] == ';';
      while (read < end && bytes[read] != '/') {
        byte b = bytes[read++];
        if (b == '%') {
          int octet = encodedOctet(bytes, read, end);
          if (octet < 0 || !isSafe(octet, bytes, read + 2, end)) {
            return -1;
          }
          if (isUnreserved(octet)) {
            bytes[write++] = (byte) octet;
          } else {
            boolean slash = octet == '/' || octet == '\\';
            if ((slash || octet == ';') && isDots(bytes, piece, write)) {
              return -1;
            }
            bytes[write++] = '%';
            bytes[write++] = upperHex(octet >> 4);
            bytes[write++] = upperHex(octet & 15);
            if (slash) {
              piece = write;
            } else if (octet == ';') {
              piece = -1;
            }
          }
          read += 2;
        } else if (isForbidden(b) || b == ';' && isDots(bytes, piece, write)) {
          return -1;
        } else {
          piece = b == ';' ? -1 : piece;
          bytes[write++] = b;
        }
      }
      boolean last = read == end;
      if (parametersOnly && !last) {
        return -1;
      }
      if (isDots(bytes, piece, write)) {
        int before = piece == segment ? beforeDots(bytes, start, segment, write) : -1;
        if (before < 0) {
          return -1;
        }
        write = last ? before + 1 : before;
      } else if (write == segment && !last && mergeSlashes) {
        write--;
      }
    }
    return write;
  }

  private boolean isForbidden(byte b) {
    byte kind = CLASS[b & 0xff];
    return kind == FORBIDDEN || kind == UNENCODED && !unencoded;
  }

  /** The "/" at which the output goes on after a dot segment, or -1 above the root. */
  private static int beforeDots(byte[] bytes, int start, int segment, int end) {
    int slash = segment - 1;
    if (end - segment == 1) {
      return slash;
    }
    if (slash == start) {
      return -1;
    }
    do {
      slash--;
    } while (bytes[slash] != '/');
    return slash;
  }

  private static boolean isDots(byte[] bytes, int from, int to) {
    return from >= 0
        && (to - from == 1 || to - from == 2)
        && bytes[from] == '.'
        && bytes[to - 1] == '.';
  }

  private boolean isSafe(int octet, byte[] bytes, int next, int end) {
    if (octet < 0x80) {
      return octet >= 0x20 && octet != 0x7f && (encodedSlashes || octet != '/' && octet != '\\');
    }
    return octet != 0xc0 && octet != 0xc1 && !isOverlong(octet, bytes, next, end);
  }

  /** Whether a lead octet and the next one spell what a shorter form could say (RFC 3629 §3). */
  private static boolean isOverlong(int lead, byte[] bytes, int next, int end) {
    int shortest =
        switch (lead) {
          case 0xe0 -> 0xa0;
          case 0xf0 -> 0x90;
          case 0xf8 -> 0x88;
          case 0xfc -> 0x84;
          default -> 0;
        };
    if (shortest == 0 || next >= end || bytes[next] != '%') {
      return false;
    }
    int octet = encodedOctet(bytes, next + 1, end);
    return octet >= 0x80 && octet < shortest;
  }

  /** The octet that two hex digits spell, or -1. */
  private static int encodedOctet(byte[] bytes, int at, int end) {
    return at + 2 > end ? -1 : Ascii.hex(bytes[at]) << 4 | Ascii.hex(bytes[at + 1]);
  }

  private static boolean isUnreserved(int octet) {
    return octet >= 'a' && octet <= 'z'
        || octet >= 'A' && octet <= 'Z'
        || octet >= '0' && octet <= '9'
        || octet == '-'
        || octet == '.'
        || octet == '_'
        || octet == '~';
  }

  private static byte upperHex(int digit) {
    return (byte) (digit < 10 ? '0' + digit : 'A' + digit - 10);
  }
}
