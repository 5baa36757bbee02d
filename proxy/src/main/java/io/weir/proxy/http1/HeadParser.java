package io.weir.proxy.http1;

import static io.weir.proxy.stage.Reason.FRAME_AMBIGUOUS;
import static io.weir.proxy.stage.Reason.FRAME_CODING_UNSUPPORTED;
import static io.weir.proxy.stage.Reason.FRAME_EXPECTATION_UNSUPPORTED;
import static io.weir.proxy.stage.Reason.FRAME_HEADER_TOO_LARGE;
import static io.weir.proxy.stage.Reason.FRAME_MALFORMED;
import static io.weir.proxy.stage.Reason.FRAME_REQUEST_LINE_TOO_LONG;
import static io.weir.proxy.stage.Reason.FRAME_VERSION_UNSUPPORTED;
import static io.weir.proxy.stage.Reason.UPSTREAM_HEADER_TOO_LARGE;
import static io.weir.proxy.stage.Reason.UPSTREAM_MALFORMED;

import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.Authority;
import io.weir.proxy.http.FieldName;
import io.weir.proxy.http.Head;
import io.weir.proxy.http.HeadLimits;
import io.weir.proxy.http.Method;
import io.weir.proxy.http.Octets;
import io.weir.proxy.http.Tolerance;
import io.weir.proxy.stage.Reason;
import org.jspecify.annotations.Nullable;

/**
 * The strict reader of HTTP/1 heads (RFC 9112 §2 to §5). It knows nothing of sockets: octets are
 * appended to a {@link Head} as they arrive, and each call goes on at the first octet not seen yet,
 * so that a head that drips in costs no more than one that comes whole.
 *
 * <p>Whatever two readers could understand differently is refused, never repaired: a bare LF or CR,
 * folded lines, white space before a colon, a second Host or Content-Length, Content-Length beside
 * Transfer-Encoding, a coding other than exactly {@code chunked}, a target that names another host
 * than the Host field. What deviates from the grammar and may be tolerated is a {@link Tolerance},
 * noted in the head; FRAME decides.
 *
 * <p>The methods return null while all is well; {@link Head#complete} tells whether the head is
 * whole, and {@link Head#scanned} then where the content starts. Stateless.
 */
public final class HeadParser {
  private static final byte[] CHUNKED = Ascii.bytes("chunked");
  private static final byte[] CONTINUE = Ascii.bytes("100-continue");
  private static final byte[] CLOSE = Ascii.bytes("close");
  private static final byte[] KEEP_ALIVE = Ascii.bytes("keep-alive");
  private static final byte[] UPGRADE = Ascii.bytes("upgrade");
  private static final byte[] WEBSOCKET = Ascii.bytes("websocket");
  private static final byte[] TRAILERS = Ascii.bytes("trailers");
  private static final byte[] HTTP = Ascii.bytes("http://");
  private static final byte[] HTTPS = Ascii.bytes("https://");

  private HeadParser() {}

  /** Reads on in a request head. */
  public static @Nullable Reason request(Head head, HeadLimits limits) {
    while (true) {
      int end = nextLine(head);
      if (end < 0) {
        return overLimit(head, limits, head.length);
      }
      Reason refused = overLimit(head, limits, end + 1);
      if (refused != null) {
        return refused;
      }
      int start = head.lineStart;
      int stop = end - 1;
      if (stop < start || head.bytes[stop] != '\r') {
        return FRAME_MALFORMED;
      }
      head.lineStart = end + 1;
      if (!head.startLineRead) {
        if (stop == start) {
          if (start != 0) {
            return FRAME_MALFORMED;
          }
          head.note(Tolerance.EMPTY_LINE);
          continue;
        }
        refused = requestLine(head, start, stop);
      } else if (stop == start) {
        head.complete = true;
        return finishRequest(head);
      } else {
        refused = requestField(head, start, stop, limits);
      }
      if (refused != null) {
        return refused;
      }
    }
  }

  /** Reads on in a response head, from a backend. */
  public static @Nullable Reason response(Head head, HeadLimits limits) {
    while (true) {
      int end = nextLine(head);
      if (end < 0) {
        return head.length > limits.headBytes() ? UPSTREAM_HEADER_TOO_LARGE : null;
      }
      int start = head.lineStart;
      int stop = end - 1;
      if (end >= limits.headBytes() || head.count() > limits.fields()) {
        return UPSTREAM_HEADER_TOO_LARGE;
      }
      if (stop < start || head.bytes[stop] != '\r') {
        return UPSTREAM_MALFORMED;
      }
      head.lineStart = end + 1;
      if (!head.startLineRead) {
        if (!statusLine(head, start, stop)) {
          return UPSTREAM_MALFORMED;
        }
      } else if (stop == start) {
        head.complete = true;
        return finishResponse(head) ? null : UPSTREAM_MALFORMED;
      } else if (!responseField(head, start, stop)) {
        return UPSTREAM_MALFORMED;
      }
    }
  }

  /** Reads on in a trailer section (RFC 9112 §7.1.2); framing fields in it are refused. */
  public static @Nullable Reason trailers(Head head, HeadLimits limits) {
    while (true) {
      int end = nextLine(head);
      if (end < 0) {
        return head.length > limits.headBytes() ? FRAME_HEADER_TOO_LARGE : null;
      }
      int start = head.lineStart;
      int stop = end - 1;
      if (end >= limits.headBytes() || head.count() > limits.fields()) {
        return FRAME_HEADER_TOO_LARGE;
      }
      if (stop < start || head.bytes[stop] != '\r') {
        return FRAME_MALFORMED;
      }
      head.lineStart = end + 1;
      if (stop == start) {
        head.complete = true;
        return null;
      }
      FieldName name = field(head, start, stop);
      if (name == null
          || name.isHopByHop()
          || name == FieldName.CONTENT_LENGTH
          || name == FieldName.HOST) {
        return FRAME_MALFORMED;
      }
    }
  }

  /** Offset of the next LF, or -1 with everything marked as seen. */
  private static int nextLine(Head head) {
    int end = Octets.indexOfLineFeed(head.bytes, head.scanned, head.length);
    head.scanned = end < 0 ? head.length : end + 1;
    return end;
  }

  private static @Nullable Reason overLimit(Head head, HeadLimits limits, int length) {
    if (!head.startLineRead && length > limits.requestLineBytes() + 2) {
      return FRAME_REQUEST_LINE_TOO_LONG;
    }
    return length > limits.headBytes() ? FRAME_HEADER_TOO_LARGE : null;
  }

  private static @Nullable Reason requestLine(Head head, int start, int stop) {
    byte[] b = head.bytes;
    int at = start;
    while (at < stop && Ascii.isToken(b[at])) {
      at++;
    }
    if (at == start || at == stop || b[at] != ' ') {
      return FRAME_MALFORMED;
    }
    head.methodStart = start;
    head.methodEnd = at;
    head.method = Method.of(b, start, at);
    int target = ++at;
    int query = -1;
    while (at < stop && (Ascii.isTarget(b[at]) || head.noteUnencoded(b[at], query >= 0))) {
      if (b[at] == '?' && query < 0) {
        query = at;
      }
      at++;
    }
    if (at == target || stop - at != 9 || b[at] != ' ') {
      return FRAME_MALFORMED;
    }
    head.startLineRead = true;
    Reason refused = version(head, at + 1);
    return refused != null ? refused : target(head, target, at, query);
  }

  private static @Nullable Reason version(Head head, int at) {
    byte[] b = head.bytes;
    boolean http =
        b[at] == 'H'
            && b[at + 1] == 'T'
            && b[at + 2] == 'T'
            && b[at + 3] == 'P'
            && b[at + 4] == '/';
    if (!http || b[at + 6] != '.' || !isDigit(b[at + 5]) || !isDigit(b[at + 7])) {
      return FRAME_MALFORMED;
    }
    head.minorVersion = b[at + 7] - '0';
    return b[at + 5] != '1' || head.minorVersion > 1 ? FRAME_VERSION_UNSUPPORTED : null;
  }

  /** Origin, absolute, authority and asterisk form (RFC 9112 §3.2). */
  private static @Nullable Reason target(Head head, int start, int stop, int query) {
    byte[] b = head.bytes;
    int path = start;
    if (b[start] != '/') {
      if (head.method == Method.CONNECT) {
        return Reason.FRAME_METHOD_UNSUPPORTED;
      }
      if (stop - start == 1 && b[start] == '*') {
        if (head.method != Method.OPTIONS) {
          return FRAME_MALFORMED;
        }
      } else {
        path = absoluteForm(head, start, stop);
        if (path < 0) {
          return FRAME_MALFORMED;
        }
      }
    }
    int pathEnd = query < 0 ? stop : query;
    if (path < head.authorityStart) {
      pathEnd = path + 1;
    }
    if (path >= pathEnd) {
      return FRAME_MALFORMED;
    }
    head.targetStart = start;
    head.targetEnd = stop;
    head.pathStart = path;
    head.pathEnd = pathEnd;
    head.hasQuery = query >= 0;
    head.queryStart = query < 0 ? pathEnd : query + 1;
    head.queryEnd = stop;
    return null;
  }

  /**
   * Notes the authority of an absolute target and returns where its path starts, or -1. Without a
   * path the root is meant (RFC 9110 §4.2.3): the last slash before the authority stands for it.
   */
  private static int absoluteForm(Head head, int start, int stop) {
    byte[] b = head.bytes;
    int scheme;
    if (stop - start > HTTP.length && Ascii.equalIgnoreCase(b, start, start + HTTP.length, HTTP)) {
      scheme = HTTP.length;
    } else if (stop - start > HTTPS.length
        && Ascii.equalIgnoreCase(b, start, start + HTTPS.length, HTTPS)) {
      scheme = HTTPS.length;
    } else {
      return -1;
    }
    int authority = start + scheme;
    int end = authority;
    while (end < stop && b[end] != '/' && b[end] != '?') {
      end++;
    }
    if (!Authority.isValid(b, authority, end)) {
      return -1;
    }
    head.authorityStart = authority;
    head.authorityEnd = end;
    return end < stop && b[end] == '/' ? end : authority - 1;
  }

  /** Splits a field line and adds it; null where it does not follow the grammar (RFC 9112 §5). */
  private static @Nullable FieldName field(Head head, int start, int stop) {
    byte[] b = head.bytes;
    int at = start;
    int kinds = 0;
    while (at < stop) {
      int kind = Ascii.nameKind(b[at]);
      if ((kind & Ascii.TOKEN_BIT) == 0) {
        break;
      }
      kinds |= kind;
      at++;
    }
    if (at == start || at == stop || b[at] != ':') {
      return null;
    }
    head.underscored |= (kinds & Ascii.UNDERSCORE_BIT) != 0;
    int nameEnd = at++;
    while (at < stop && (b[at] == ' ' || b[at] == '\t')) {
      at++;
    }
    int end = stop;
    while (end > at && (b[end - 1] == ' ' || b[end - 1] == '\t')) {
      end--;
    }
    return Octets.isFieldValue(b, at, end) ? head.add(start, nameEnd, at, end) : null;
  }

  private static @Nullable Reason requestField(Head head, int start, int stop, HeadLimits limits) {
    if (head.count() == limits.fields()) {
      return FRAME_HEADER_TOO_LARGE;
    }
    FieldName name = field(head, start, stop);
    if (name == null) {
      return FRAME_MALFORMED;
    }
    int i = head.count() - 1;
    byte[] b = head.bytes;
    int value = head.valueStart(i);
    int end = head.valueEnd(i);
    switch (name) {
      case HOST -> {
        return host(head, value, end);
      }
      case CONTENT_LENGTH -> {
        return contentLength(head, value, end) ? null : FRAME_AMBIGUOUS;
      }
      case TRANSFER_ENCODING -> {
        if (head.chunked) {
          return FRAME_AMBIGUOUS;
        }
        head.chunked = true;
        return Ascii.equalIgnoreCase(b, value, end, CHUNKED) ? null : FRAME_CODING_UNSUPPORTED;
      }
      case CONNECTION -> {
        return connection(head, value, end);
      }
      case EXPECT -> {
        if (head.expectContinue) {
          return FRAME_AMBIGUOUS;
        }
        head.expectContinue = true;
        return Ascii.equalIgnoreCase(b, value, end, CONTINUE)
            ? null
            : FRAME_EXPECTATION_UNSUPPORTED;
      }
      case UPGRADE -> {
        head.webSocket = Ascii.equalIgnoreCase(b, value, end, WEBSOCKET);
        return head.find(FieldName.UPGRADE, 0) == i ? null : FRAME_AMBIGUOUS;
      }
      case TE -> head.teTrailers |= Ascii.equalIgnoreCase(b, value, end, TRAILERS);
      default -> {}
    }
    return null;
  }

  private static @Nullable Reason host(Head head, int start, int end) {
    if (head.hostRead) {
      return FRAME_AMBIGUOUS;
    }
    head.hostRead = true;
    if (start == end && head.minorVersion == 0) {
      return null; // like none, which HTTP/1.0 does not ask for
    }
    if (!Authority.isValid(head.bytes, start, end)) {
      return FRAME_MALFORMED;
    }
    if (head.authorityEnd > head.authorityStart) {
      // The target already named a host: a second opinion would be an ambiguity.
      return Authority.equal(
              head.bytes, head.authorityStart, head.authorityEnd, head.bytes, start, end)
          ? null
          : FRAME_AMBIGUOUS;
    }
    head.authorityStart = start;
    head.authorityEnd = end;
    return null;
  }

  private static boolean contentLength(Head head, int start, int end) {
    if (head.contentLength >= 0) {
      return false;
    }
    head.contentLength = Ascii.parseDecimal(head.bytes, start, end);
    return head.contentLength >= 0;
  }

  /**
   * Options of a Connection field (RFC 9110 §7.6.1). A request that names a field meant for all
   * recipients would take it away from the backend, and is refused.
   */
  private static @Nullable Reason connection(Head head, int start, int end) {
    byte[] b = head.bytes;
    int at = start;
    while (at < end) {
      while (at < end && (b[at] == ',' || b[at] == ' ' || b[at] == '\t')) {
        at++;
      }
      int tokenEnd = at;
      while (tokenEnd < end && Ascii.isToken(b[tokenEnd])) {
        tokenEnd++;
      }
      int stop = tokenEnd;
      while (stop < end && (b[stop] == ' ' || b[stop] == '\t')) {
        stop++;
      }
      if (stop < end && b[stop] != ',') {
        return FRAME_MALFORMED;
      }
      if (Ascii.equalIgnoreCase(b, at, tokenEnd, CLOSE)) {
        head.close = true;
      } else if (Ascii.equalIgnoreCase(b, at, tokenEnd, KEEP_ALIVE)) {
        head.keepAlive = true;
      } else if (Ascii.equalIgnoreCase(b, at, tokenEnd, UPGRADE)) {
        head.upgrade = true;
      } else if (tokenEnd > at) {
        FieldName named = FieldName.of(b, at, tokenEnd);
        boolean request = head.status == 0;
        if (request && named != FieldName.OTHER && !named.isHopByHop()) {
          return FRAME_AMBIGUOUS;
        }
        head.connectionNamesFields |= !named.isHopByHop();
      }
      at = stop;
    }
    return null;
  }

  private static @Nullable Reason finishRequest(Head head) {
    if (head.chunked && (head.contentLength >= 0 || head.minorVersion == 0)) {
      return FRAME_AMBIGUOUS;
    }
    if (!head.hostRead && head.minorVersion == 1) {
      return FRAME_MALFORMED;
    }
    if (head.hasDisguisedField()) {
      return FRAME_AMBIGUOUS;
    }
    if (head.minorVersion == 0 && !head.keepAlive) {
      head.close = true;
    }
    head.webSocket &= head.upgrade && head.minorVersion == 1;
    // A client that sends no content waits for none to be asked for (RFC 9110 §10.1.1).
    head.expectContinue &= head.minorVersion == 1 && head.hasBody();
    return head.webSocket ? finishUpgrade(head) : null;
  }

  private static @Nullable Reason finishUpgrade(Head head) {
    // Content behind an upgrade would be read as the new protocol by one side and as HTTP by the
    // other.
    if (head.hasBody() || head.method != Method.GET) {
      return FRAME_AMBIGUOUS;
    }
    return WebSocketKey.isOneIn(head) ? null : FRAME_MALFORMED;
  }

  private static boolean statusLine(Head head, int start, int stop) {
    byte[] b = head.bytes;
    if (stop - start < 12 || version(head, start) != null || b[start + 8] != ' ') {
      return false;
    }
    int status = (int) Ascii.parseDecimal(b, start + 9, start + 12);
    if (status < 100 || status > 599 || stop > start + 12 && b[start + 12] != ' ') {
      return false;
    }
    if (stop == start + 12) {
      head.note(Tolerance.MISSING_REASON_PHRASE);
    }
    head.status = status;
    head.startLineRead = true;
    return Octets.isFieldValue(b, start + 12, stop);
  }

  private static boolean responseField(Head head, int start, int stop) {
    FieldName name = field(head, start, stop);
    if (name == null) {
      return false;
    }
    int i = head.count() - 1;
    int value = head.valueStart(i);
    int end = head.valueEnd(i);
    switch (name) {
      case CONTENT_LENGTH -> {
        return contentLength(head, value, end);
      }
      case TRANSFER_ENCODING -> {
        if (head.chunked) {
          return false;
        }
        head.chunked = true;
        return Ascii.equalIgnoreCase(head.bytes, value, end, CHUNKED);
      }
      case CONNECTION -> {
        return connection(head, value, end) == null;
      }
      case UPGRADE -> {
        head.webSocket = Ascii.equalIgnoreCase(head.bytes, value, end, WEBSOCKET);
        return head.find(FieldName.UPGRADE, 0) == i;
      }
      default -> {}
    }
    return true;
  }

  private static boolean finishResponse(Head head) {
    if (head.chunked && (head.contentLength >= 0 || head.minorVersion == 0)) {
      return false;
    }
    if (head.status < 200 || head.status == 204) {
      // No content, whatever the head says: a reader who believes the head would take the next
      // message for it (RFC 9112 §6.1, RFC 9110 §8.6).
      if (head.contentLength == 0) {
        head.note(Tolerance.LENGTH_OF_NOTHING);
      }
      return !head.hasBody();
    }
    return true;
  }

  private static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }
}
