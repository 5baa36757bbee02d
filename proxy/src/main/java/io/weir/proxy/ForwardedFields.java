package io.weir.proxy;

import io.weir.net.ClientIdentity;
import io.weir.net.IpAddress;
import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.Authority;
import io.weir.proxy.http.FieldName;
import io.weir.proxy.http.FieldSink;
import io.weir.proxy.http.Head;
import io.weir.proxy.identity.IdentitySigner;
import io.weir.proxy.route.FieldEdits;
import io.weir.proxy.route.Route;
import io.weir.proxy.upstream.Pool;
import java.util.Set;

/**
 * Which fields pass from one side to the other, and which Weir adds: the same for all HTTP
 * versions.
 *
 * <p>Fields of one connection are dropped (RFC 9110 §7.6.1), those a Connection field names among
 * them; framing is written anew by the version that sends. What tells a backend about the client is
 * written by Weir (IP-1) and never taken from a stranger.
 */
public final class ForwardedFields {
  private static final boolean[] NOT_TO_UPSTREAM =
      flags(
          FieldName.HOST,
          FieldName.CONTENT_LENGTH,
          FieldName.TRAILER,
          FieldName.X_REQUEST_ID,
          FieldName.WEIR_CLIENT);
  private static final boolean[] ABOUT_CLIENT =
      only(
          FieldName.FORWARDED,
          FieldName.X_FORWARDED_FOR,
          FieldName.X_FORWARDED_HOST,
          FieldName.X_FORWARDED_PORT,
          FieldName.X_FORWARDED_PROTO,
          FieldName.X_REAL_IP);
  private static final boolean[] NOT_TO_CLIENT = flags(FieldName.CONTENT_LENGTH, FieldName.TRAILER);
  private static final boolean[] ABOUT_BACKEND = only(FieldName.SERVER, FieldName.X_POWERED_BY);
  private static final byte[] HTTP = Ascii.bytes("http");
  private static final byte[] HTTPS = Ascii.bytes("https");

  private ForwardedFields() {}

  private static boolean[] flags(FieldName... names) {
    boolean[] flags = only(names);
    for (FieldName name : FieldName.values()) {
      flags[name.ordinal()] |= name.isHopByHop();
    }
    return flags;
  }

  private static boolean[] only(FieldName... names) {
    boolean[] flags = new boolean[FieldName.values().length];
    for (FieldName name : names) {
      flags[name.ordinal()] = true;
    }
    return flags;
  }

  /** Writes the request's fields but Host and framing. */
  public static void toUpstream(Exchange x, FieldSink sink) {
    Head head = x.request;
    ListenerSettings listener = x.listener();
    ForwardedMode mode = x.peerTrusted ? listener.forwardedTrusted() : listener.forwardedOthers();
    Route route = x.route;
    FieldEdits edits = route == null ? FieldEdits.NONE : route.requestFields();
    boolean keepAboutClient = mode == ForwardedMode.PRESERVE;
    for (int i = 0; i < head.count(); i++) {
      FieldName name = head.name(i);
      int ordinal = name.ordinal();
      boolean dropped =
          NOT_TO_UPSTREAM[ordinal]
              || ABOUT_CLIENT[ordinal] && !keepAboutClient
              || name == FieldName.EXPECT && !head.expectContinue
              || head.connectionNamesFields && isNamedByConnection(head, i)
              || edits.removes(head, i);
      if (!dropped) {
        pass(head, i, sink);
      }
    }
    if (mode == ForwardedMode.OVERWRITE || mode == ForwardedMode.APPEND) {
      aboutClient(x, mode == ForwardedMode.APPEND, sink);
    }
    sink.field(FieldName.X_REQUEST_ID, x.id);
    Pool pool = x.pool;
    IdentitySigner signer = pool == null ? null : pool.settings().disclosure().signer();
    if (signer != null) {
      signed(x, signer, sink);
    }
    write(edits, sink);
  }

  /** Writes the response's fields but framing. */
  public static void toClient(Exchange x, FieldSink sink) {
    Head head = x.response;
    Route route = x.route;
    FieldEdits edits = route == null ? FieldEdits.NONE : route.responseFields();
    boolean keepServer = x.listener().responseFields().keepServer();
    for (int i = 0; i < head.count(); i++) {
      int ordinal = head.name(i).ordinal();
      boolean dropped =
          NOT_TO_CLIENT[ordinal]
              || ABOUT_BACKEND[ordinal] && !keepServer
              || head.connectionNamesFields && isNamedByConnection(head, i)
              || edits.removes(head, i);
      if (!dropped) {
        pass(head, i, sink);
      }
    }
    x.listener().responseFields().write(head, sink);
    byte[] sticky = x.stickyCookie();
    if (sticky != null) {
      sink.field(FieldName.SET_COOKIE, sticky);
    }
    write(edits, sink);
  }

  /** Writes the fields of a 1xx response (103 carries Link). */
  public static void interimToClient(Exchange x, FieldSink sink) {
    Head head = x.response;
    for (int i = 0; i < head.count(); i++) {
      boolean dropped =
          NOT_TO_CLIENT[head.name(i).ordinal()]
              || head.connectionNamesFields && isNamedByConnection(head, i);
      if (!dropped) {
        pass(head, i, sink);
      }
    }
  }

  private static void write(FieldEdits edits, FieldSink sink) {
    for (int i = 0; i < edits.count(); i++) {
      byte[] name = edits.name(i);
      byte[] value = edits.value(i);
      sink.field(FieldName.OTHER, name, 0, name.length, value, 0, value.length);
    }
  }

  private static void pass(Head head, int i, FieldSink sink) {
    sink.field(
        head.name(i),
        head.bytes,
        head.nameStart(i),
        head.nameEnd(i),
        head.bytes,
        head.valueStart(i),
        head.valueEnd(i));
  }

  /** Whether a Connection field lists the name of field {@code i}. */
  private static boolean isNamedByConnection(Head head, int i) {
    byte[] b = head.bytes;
    int length = head.nameEnd(i) - head.nameStart(i);
    for (int c = head.find(FieldName.CONNECTION, 0);
        c >= 0;
        c = head.find(FieldName.CONNECTION, c + 1)) {
      int at = head.valueStart(c);
      int end = head.valueEnd(c);
      while (at < end) {
        int stop = at;
        while (stop < end && b[stop] != ',' && b[stop] != ' ' && b[stop] != '\t') {
          stop++;
        }
        if (stop - at == length && sameName(b, at, head.nameStart(i), length)) {
          return true;
        }
        at = stop + 1;
      }
    }
    return false;
  }

  private static boolean sameName(byte[] b, int one, int other, int length) {
    for (int i = 0; i < length; i++) {
      if (Ascii.lower(b[one + i]) != Ascii.lower(b[other + i])) {
        return false;
      }
    }
    return true;
  }

  // ------------------------------------------------------------------ the client, as Weir knows it

  private static void aboutClient(Exchange x, boolean append, FieldSink sink) {
    ClientIdentity client = x.identity();
    ClientConnection connection = x.connection();
    Head head = x.request;
    Set<FieldName> told = x.listener().forwardedFields();
    byte[] text = x.loop.scratch;
    byte[] scheme = connection.isSecure() ? HTTPS : HTTP;
    if (told.contains(FieldName.X_FORWARDED_FOR)) {
      int end = append ? chain(x, text) : client.address().writeTo(text, 0);
      value(FieldName.X_FORWARDED_FOR, text, end, sink);
    }
    if (told.contains(FieldName.X_REAL_IP)) {
      value(FieldName.X_REAL_IP, text, client.address().writeTo(text, 0), sink);
    }
    if (told.contains(FieldName.X_FORWARDED_PROTO)
        && !(append && passLast(head, FieldName.X_FORWARDED_PROTO, sink))) {
      sink.field(FieldName.X_FORWARDED_PROTO, scheme);
    }
    if (told.contains(FieldName.X_FORWARDED_PORT)
        && !(append && passLast(head, FieldName.X_FORWARDED_PORT, sink))) {
      int end = Ascii.writeDecimal(text, 0, connection.localPort);
      value(FieldName.X_FORWARDED_PORT, text, end, sink);
    }
    if (told.contains(FieldName.X_FORWARDED_HOST)
        && x.hostEnd > x.hostStart
        && !(append && passLast(head, FieldName.X_FORWARDED_HOST, sink))) {
      byte[] name = FieldName.X_FORWARDED_HOST.bytes();
      sink.field(
          FieldName.X_FORWARDED_HOST, name, 0, name.length, head.bytes, x.hostStart, x.hostEnd);
    }
    if (told.contains(FieldName.FORWARDED)) {
      value(FieldName.FORWARDED, text, forwarded(x, append, scheme, text), sink);
    }
  }

  /**
   * Passes on what the proxy before wrote: the last element of the last line. What stands before it
   * may be anybody's. False where there is none, or it is not what it should be.
   */
  private static boolean passLast(Head head, FieldName name, FieldSink sink) {
    int line = -1;
    for (int i = head.find(name, 0); i >= 0; i = head.find(name, i + 1)) {
      line = i;
    }
    if (line < 0) {
      return false;
    }
    byte[] b = head.bytes;
    int end = head.valueEnd(line);
    int start = end;
    while (start > head.valueStart(line) && b[start - 1] != ',') {
      start--;
    }
    while (start < end && (b[start] == ' ' || b[start] == '\t')) {
      start++;
    }
    boolean valid =
        switch (name) {
          case X_FORWARDED_PROTO ->
              Ascii.equalIgnoreCase(b, start, end, HTTP)
                  || Ascii.equalIgnoreCase(b, start, end, HTTPS);
          case X_FORWARDED_PORT -> isPort(b, start, end);
          default -> Authority.isValid(b, start, end);
        };
    if (valid) {
      sink.field(name, name.bytes(), 0, name.bytes().length, b, start, end);
    }
    return valid;
  }

  private static boolean isPort(byte[] b, int start, int end) {
    long port = start == end || end - start > 5 ? -1 : Ascii.parseDecimal(b, start, end);
    return port > 0 && port <= 0xffff;
  }

  private static void signed(Exchange x, IdentitySigner signer, FieldSink sink) {
    byte[] text = x.loop.scratch;
    int end =
        signer.write(
            text,
            0,
            x.identity(),
            x.connection().listener.nameBytes(),
            x.id,
            System.currentTimeMillis() / 1000);
    value(FieldName.WEIR_CLIENT, text, end, sink);
  }

  private static void value(FieldName name, byte[] text, int end, FieldSink sink) {
    sink.field(name, name.bytes(), 0, name.bytes().length, text, 0, end);
  }

  private static int chain(Exchange x, byte[] text) {
    int at = 0;
    for (IpAddress hop : x.believed()) {
      at = put(COMMA, text, hop.writeTo(text, at));
    }
    return x.connection().peer.address().writeTo(text, at);
  }

  /**
   * One element of RFC 7239 for each proven hop; proto and host stand at the last, which is ours.
   */
  private static int forwarded(Exchange x, boolean append, byte[] scheme, byte[] text) {
    int at = 0;
    if (append) {
      for (IpAddress hop : x.believed()) {
        at = put(COMMA, text, forElement(hop, text, at));
      }
      at = forElement(x.connection().peer.address(), text, at);
    } else {
      at = forElement(x.identity().address(), text, at);
    }
    at = put(PROTO, text, at);
    at = put(scheme, text, at);
    Head head = x.request;
    if (x.hostEnd > x.hostStart) {
      at = put(HOST, text, at);
      int length = x.hostEnd - x.hostStart;
      System.arraycopy(head.bytes, x.hostStart, text, at, length);
      at += length;
      text[at++] = '"';
    }
    return at;
  }

  private static final byte[] COMMA = Ascii.bytes(", ");
  private static final byte[] FOR = Ascii.bytes("for=");
  private static final byte[] FOR_IPV6 = Ascii.bytes("for=\"[");
  private static final byte[] PROTO = Ascii.bytes(";proto=");
  private static final byte[] HOST = Ascii.bytes(";host=\"");

  private static int forElement(IpAddress address, byte[] text, int start) {
    int at = put(address.isIpv4() ? FOR : FOR_IPV6, text, start);
    at = address.writeTo(text, at);
    if (!address.isIpv4()) {
      text[at++] = ']';
      text[at++] = '"';
    }
    return at;
  }

  private static int put(byte[] src, byte[] dst, int at) {
    System.arraycopy(src, 0, dst, at, src.length);
    return at + src.length;
  }
}
