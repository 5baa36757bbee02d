package io.weir.proxy.http2;

import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.Authority;
import io.weir.proxy.http.FieldName;
import io.weir.proxy.http.Head;
import io.weir.proxy.http.HeadLimits;
import io.weir.proxy.http.Method;
import io.weir.proxy.stage.Reason;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Makes a request head of decoded fields (RFC 9113 §8.3.1, RFC 8441 §4), as strict as HTTP/1's
 * parser: what would be ambiguous or illegal once it is written as HTTP/1.1 is refused here.
 *
 * <p>Confined to one event loop; used again for each head.
 */
final class RequestReader implements HpackSink {
  private static final byte[] TRAILERS = Ascii.bytes("trailers");
  private static final byte[] CONTINUE = Ascii.bytes("100-continue");
  private static final byte[] WEBSOCKET = Ascii.bytes("websocket");
  private static final byte[] HTTP = Ascii.bytes("http");
  private static final byte[] HTTPS = Ascii.bytes("https");
  private static final byte[] COOKIE = Ascii.bytes("cookie: ");
  private static final byte[] CRUMB = Ascii.bytes("; ");

  private static final int SEEN_METHOD = 1;
  private static final int SEEN_SCHEME = 2;
  private static final int SEEN_PATH = 4;
  private static final int SEEN_AUTHORITY = 8;
  private static final int SEEN_PROTOCOL = 16;

  private Head head = HpackDecoder.NO_HEAD;
  private HeadLimits limits = HeadLimits.DEFAULT;
  private int seen;
  private boolean fieldsBegan;
  private int hostStart;
  private int hostEnd;
  private @Nullable Reason refused;

  /** Values of Cookie fields: start and end of each. */
  private int[] crumbs = new int[2];

  private int crumbCount;

  /**
   * Decodes a request head.
   *
   * @return what broke the connection, or null; then {@link #refused} tells of the request
   */
  @Nullable Violation read(
      HpackDecoder decoder, byte[] block, int offset, int length, Head into, HeadLimits within) {
    head = into;
    limits = within;
    seen = hostStart = hostEnd = crumbCount = 0;
    fieldsBegan = false;
    refused = null;
    Violation violation = decoder.decode(block, offset, length, into, within, this);
    if (violation == Violation.HEAD_TOO_LARGE) {
      refuse(Reason.FRAME_HEADER_TOO_LARGE);
    } else if (violation != null && !violation.isOfConnection()) {
      refuse(Reason.FRAME_MALFORMED);
    } else if (violation == null) {
      finish();
      return null;
    }
    return violation != null && violation.isOfConnection() ? violation : null;
  }

  /** Why the request is not acceptable, or null. */
  @Nullable Reason refused() {
    return refused;
  }

  private void refuse(Reason why) {
    if (refused == null) {
      refused = why;
    }
  }

  @Override
  public void field(
      int tag, int nameStart, int nameEnd, int valueStart, int valueEnd, boolean neverIndexed) {
    if ((tag & StaticTable.PSEUDO) != 0) {
      pseudo(tag, valueStart, valueEnd);
      return;
    }
    fieldsBegan = true;
    FieldName name = FieldName.at(tag);
    if (name == FieldName.COOKIE) {
      crumb(valueStart, valueEnd);
      return;
    }
    head.add(name, nameStart, nameEnd, valueStart, valueEnd);
    switch (name) {
      case HOST -> host(valueStart, valueEnd);
      case CONTENT_LENGTH -> contentLength(valueStart, valueEnd);
      case CONNECTION, PROXY_CONNECTION, KEEP_ALIVE, TRANSFER_ENCODING, UPGRADE ->
          refuse(Reason.FRAME_MALFORMED);
      case TE -> te(valueStart, valueEnd);
      case EXPECT -> expect(valueStart, valueEnd);
      default -> {}
    }
  }

  private void pseudo(int tag, int start, int end) {
    int bit =
        switch (tag) {
          case StaticTable.METHOD -> SEEN_METHOD;
          case StaticTable.SCHEME -> SEEN_SCHEME;
          case StaticTable.PATH -> SEEN_PATH;
          case StaticTable.AUTHORITY -> SEEN_AUTHORITY;
          case StaticTable.PROTOCOL -> SEEN_PROTOCOL;
          default -> 0;
        };
    if (bit == 0 || (seen & bit) != 0 || fieldsBegan) {
      refuse(Reason.FRAME_MALFORMED);
      return;
    }
    seen |= bit;
    switch (bit) {
      case SEEN_METHOD -> method(start, end);
      case SEEN_SCHEME -> scheme(start, end);
      case SEEN_PATH -> path(start, end);
      case SEEN_AUTHORITY -> authority(start, end);
      default -> head.webSocket = Ascii.equal(head.bytes, start, end, WEBSOCKET);
    }
  }

  private void method(int start, int end) {
    head.methodStart = start;
    head.methodEnd = end;
    head.method = Method.of(head.bytes, start, end);
    boolean token = end > start;
    for (int i = start; i < end; i++) {
      token &= Ascii.isToken(head.bytes[i]);
    }
    if (!token) {
      refuse(Reason.FRAME_MALFORMED);
    }
  }

  private void scheme(int start, int end) {
    if (!Ascii.equalIgnoreCase(head.bytes, start, end, HTTPS)
        && !Ascii.equalIgnoreCase(head.bytes, start, end, HTTP)) {
      refuse(Reason.FRAME_MALFORMED);
    }
  }

  private void path(int start, int end) {
    byte[] b = head.bytes;
    if (end - start > limits.requestLineBytes()) {
      refuse(Reason.FRAME_REQUEST_LINE_TOO_LONG);
    }
    int query = end;
    for (int i = start; i < end; i++) {
      if (!Ascii.isTarget(b[i]) && !head.noteUnencoded(b[i], query < end)) {
        refuse(Reason.FRAME_MALFORMED);
      }
      if (b[i] == '?' && query == end) {
        query = i;
      }
    }
    head.targetStart = start;
    head.targetEnd = end;
    head.pathStart = start;
    head.pathEnd = query;
    head.hasQuery = query < end;
    head.queryStart = Math.min(query + 1, end);
    head.queryEnd = end;
    boolean asterisk = end - start == 1 && b[start] == '*';
    if (start == end || b[start] != '/' && !asterisk) {
      refuse(Reason.FRAME_MALFORMED);
    }
  }

  private void authority(int start, int end) {
    head.authorityStart = start;
    head.authorityEnd = end;
    if (!Authority.isValid(head.bytes, start, end)) {
      refuse(Reason.FRAME_MALFORMED);
    }
  }

  private void host(int start, int end) {
    if (hostEnd > 0) {
      refuse(Reason.FRAME_AMBIGUOUS);
    } else if (!Authority.isValid(head.bytes, start, end)) {
      refuse(Reason.FRAME_MALFORMED);
    }
    hostStart = start;
    hostEnd = end;
  }

  private void contentLength(int start, int end) {
    if (head.contentLength >= 0) {
      refuse(Reason.FRAME_AMBIGUOUS);
    }
    head.contentLength = Ascii.parseDecimal(head.bytes, start, end);
    if (head.contentLength < 0) {
      refuse(Reason.FRAME_AMBIGUOUS);
    }
  }

  private void te(int start, int end) {
    head.teTrailers = true;
    if (!Ascii.equalIgnoreCase(head.bytes, start, end, TRAILERS)) {
      refuse(Reason.FRAME_MALFORMED);
    }
  }

  private void expect(int start, int end) {
    if (head.expectContinue) {
      refuse(Reason.FRAME_AMBIGUOUS);
    }
    head.expectContinue = true;
    if (!Ascii.equalIgnoreCase(head.bytes, start, end, CONTINUE)) {
      refuse(Reason.FRAME_EXPECTATION_UNSUPPORTED);
    }
  }

  private void crumb(int start, int end) {
    if (crumbs.length < 2 * crumbCount + 2) {
      crumbs = Arrays.copyOf(crumbs, crumbs.length * 2);
    }
    crumbs[2 * crumbCount] = start;
    crumbs[2 * crumbCount + 1] = end;
    crumbCount++;
  }

  private void finish() {
    boolean connect = head.method == Method.CONNECT;
    boolean extended = (seen & SEEN_PROTOCOL) != 0;
    int wanted =
        connect && !extended ? SEEN_METHOD | SEEN_AUTHORITY : SEEN_METHOD | SEEN_SCHEME | SEEN_PATH;
    if ((seen & wanted) != wanted
        || extended && !connect
        || connect && !extended && (seen & (SEEN_SCHEME | SEEN_PATH)) != 0) {
      refuse(Reason.FRAME_MALFORMED);
      return;
    }
    if (head.pathEnd > head.pathStart
        && head.bytes[head.pathStart] == '*'
        && head.method != Method.OPTIONS) {
      refuse(Reason.FRAME_MALFORMED);
    }
    head.extendedConnect = extended && head.webSocket;
    head.upgrade = head.extendedConnect;
    if (head.extendedConnect && head.contentLength >= 0) {
      refuse(Reason.FRAME_AMBIGUOUS);
    }
    // The key is a thing of HTTP/1.1 (RFC 8441 §5); the one that a backend gets is ours.
    if (head.extendedConnect && head.find(FieldName.SEC_WEBSOCKET_KEY, 0) >= 0) {
      refuse(Reason.FRAME_MALFORMED);
    }
    if (head.hasDisguisedField()) {
      refuse(Reason.FRAME_AMBIGUOUS);
    }
    finishAuthority();
    joinCrumbs();
  }

  /** {@code :authority} and Host are one statement, and there must be one (RFC 9113 §8.3.1). */
  private void finishAuthority() {
    if (hostEnd == 0) {
      if ((seen & SEEN_AUTHORITY) == 0) {
        refuse(Reason.FRAME_MALFORMED);
      }
    } else if ((seen & SEEN_AUTHORITY) == 0) {
      head.authorityStart = hostStart;
      head.authorityEnd = hostEnd;
    } else if (!Authority.equal(
        head.bytes, head.authorityStart, head.authorityEnd, head.bytes, hostStart, hostEnd)) {
      refuse(Reason.FRAME_AMBIGUOUS);
    }
  }

  /** Cookie comes in pieces that compress well; HTTP/1.1 allows only one (RFC 9113 §8.2.3). */
  private void joinCrumbs() {
    if (crumbCount == 0) {
      return;
    }
    int start = head.append(COOKIE, 0, COOKIE.length);
    for (int i = 0; i < crumbCount; i++) {
      if (i > 0) {
        head.append(CRUMB, 0, CRUMB.length);
      }
      int from = crumbs[2 * i];
      head.append(head.bytes, from, crumbs[2 * i + 1] - from);
    }
    head.add(
        FieldName.COOKIE, start, start + COOKIE.length - 2, start + COOKIE.length, head.length);
  }
}
