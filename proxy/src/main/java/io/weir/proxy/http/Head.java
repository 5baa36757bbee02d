package io.weir.proxy.http;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One parsed message head: the octets as they came and offsets into them, no object per field.
 *
 * <p>The same class serves requests, responses and trailers of every HTTP version. Names keep the
 * case they came in (HTTP/2's are lower case by rule). A head is filled by a parser, read by the
 * stages, written by the other side's connection and then {@linkplain #clear() cleared} for reuse.
 *
 * <p>Confined to one event loop. The arrays are exposed for the parsers and writers of this module;
 * nobody else has business with them.
 */
public final class Head {
  /** Room that the first octets and the first fields take; before them a head holds nothing. */
  private static final int FIRST_BYTES = 1024;

  private static final int FIRST_FIELDS = 32;
  private static final byte[] EMPTY = {};

  /** The octets; valid up to {@link #length}. Offsets below point here. */
  public byte[] bytes = EMPTY;

  /** How many octets of {@link #bytes} are in use. */
  public int length;

  private int count;
  private int[] offsets = {};
  private byte[] names = EMPTY;

  // Start line. Requests: method, path, query, authority; responses: status.
  public Method method = Method.OTHER;
  public int methodStart;
  public int methodEnd;

  /** The request target as it came. */
  public int targetStart;

  public int targetEnd;

  /** Path of the request target, from "/" up to "?" or the end; "*" for OPTIONS. */
  public int pathStart;

  public int pathEnd;

  /** Query without its "?"; empty at the end of the path where there is none. */
  public int queryStart;

  public int queryEnd;

  /** Whether the target had a "?", so that an empty query is forwarded as it came. */
  public boolean hasQuery;

  /** Host and port as the client named them; empty where it named none. */
  public int authorityStart;

  public int authorityEnd;

  /** Status of a response, 100 to 599. */
  public int status;

  /** Minor version of HTTP/1: 0 or 1. */
  public int minorVersion = 1;

  /** Declared length of the content in octets, or -1 where none is declared. */
  public long contentLength = -1;

  /** Whether the content is framed by the chunked coding. */
  public boolean chunked;

  /** Whether the sender of an HTTP/1.0 message would keep the connection. */
  public boolean keepAlive;

  /** Whether the sender will close the connection after this message (HTTP/1). */
  public boolean close;

  /** Whether the client waits for a 100 before it sends the content. */
  public boolean expectContinue;

  /** Whether the message asks to become another protocol: HTTP/1.1 Upgrade or RFC 8441 CONNECT. */
  public boolean upgrade;

  /** Whether that protocol is WebSocket. */
  public boolean webSocket;

  /**
   * Whether it is an RFC 8441 extended CONNECT; {@link #upgrade} and {@link #webSocket} are set
   * too.
   */
  public boolean extendedConnect;

  /** Whether a field came as never to be indexed by HPACK (RFC 7541 §6.2.3); then none may be. */
  public boolean neverIndexed;

  /** Whether a TE field allows trailers, which gRPC asks for. */
  public boolean teTrailers;

  /** Which {@link Tolerance}s the message needs, as bits. */
  public int deviations;

  /** Whether a field's name has an underscore, which some backends take for a hyphen. */
  public boolean underscored;

  /** Whether a Connection field names fields beyond the known hop-by-hop ones. */
  public boolean connectionNamesFields;

  /** Whether the head was read to its end. */
  public boolean complete;

  /** Whether the start line was read. */
  public boolean startLineRead;

  /** Whether a Host field was read. */
  public boolean hostRead;

  /** Parser's place: first octet not looked at yet, and start of the current line. */
  public int scanned;

  public int lineStart;

  /** Empties the head for reuse; an overgrown one gives its memory back. */
  public void clear() {
    if (bytes.length > 16 * 1024) {
      bytes = EMPTY;
    }
    length = 0;
    count = 0;
    method = Method.OTHER;
    targetStart = targetEnd = 0;
    methodStart = methodEnd = pathStart = pathEnd = queryStart = queryEnd = 0;
    hasQuery = false;
    authorityStart = authorityEnd = 0;
    status = 0;
    minorVersion = 1;
    contentLength = -1;
    chunked =
        close = expectContinue = upgrade = webSocket = teTrailers = connectionNamesFields = false;
    deviations = 0;
    underscored = false;
    neverIndexed = extendedConnect = keepAlive = complete = startLineRead = hostRead = false;
    scanned = lineStart = 0;
  }

  /** Becomes the same as another head. */
  public void copyOf(Head other) {
    clear();
    append(other.bytes, 0, other.length);
    offsets = other.offsets.clone();
    names = other.names.clone();
    count = other.count;
    method = other.method;
    methodStart = other.methodStart;
    methodEnd = other.methodEnd;
    targetStart = other.targetStart;
    targetEnd = other.targetEnd;
    pathStart = other.pathStart;
    pathEnd = other.pathEnd;
    queryStart = other.queryStart;
    queryEnd = other.queryEnd;
    hasQuery = other.hasQuery;
    authorityStart = other.authorityStart;
    authorityEnd = other.authorityEnd;
    minorVersion = other.minorVersion;
    contentLength = other.contentLength;
    chunked = other.chunked;
    teTrailers = other.teTrailers;
    connectionNamesFields = other.connectionNamesFields;
  }

  /**
   * Notes the tolerance that an octet of the target needs because it should be percent-encoded
   * there.
   *
   * @return false if there is none for it
   */
  public boolean noteUnencoded(byte b, boolean inQuery) {
    boolean byBrowsers = Ascii.isUnencodedQuery(b);
    if (byBrowsers && inQuery) {
      note(Tolerance.UNENCODED_QUERY);
    } else if (byBrowsers && b != '\\' || Ascii.isUnencodedTarget(b)) {
      note(Tolerance.UNENCODED_TARGET);
    } else {
      return false;
    }
    return true;
  }

  /** Notes that the message needs this to be tolerated. */
  public void note(Tolerance deviation) {
    deviations |= deviation.bit();
  }

  /** Number of fields. */
  public int count() {
    return count;
  }

  /**
   * How many octets to take next into a head that is being read: a piece at a time, as what stands
   * behind the head in one read, such as large content, does not belong here.
   *
   * @param available octets that have been read
   * @param limit octets of a whole head, at most
   */
  public int take(int available, int limit) {
    int octets = Math.min(Math.min(available, FIRST_BYTES), limit + 2 - length);
    ensureRoom(octets);
    return octets;
  }

  /** Makes room for more octets behind {@link #length}. */
  public void ensureRoom(int more) {
    if (bytes.length - length < more) {
      int least = Math.max(FIRST_BYTES, length + more);
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, least));
    }
  }

  /** Appends octets without meaning yet and returns where they start. */
  public int append(byte[] src, int off, int len) {
    ensureRoom(len);
    System.arraycopy(src, off, bytes, length, len);
    int start = length;
    length += len;
    return start;
  }

  /** Appends the octets of a field and adds it. */
  public void append(byte[] name, byte[] value) {
    int nameStart = append(name, 0, name.length);
    int valueStart = append(value, 0, value.length);
    add(nameStart, nameStart + name.length, valueStart, valueStart + value.length);
  }

  /** Adds a field whose octets are already in {@link #bytes}, and returns its known name. */
  public FieldName add(int nameStart, int nameEnd, int valueStart, int valueEnd) {
    FieldName name = FieldName.of(bytes, nameStart, nameEnd);
    add(name, nameStart, nameEnd, valueStart, valueEnd);
    return name;
  }

  /** Adds a field of a name already looked up, whose octets are in {@link #bytes}. */
  public void add(FieldName name, int nameStart, int nameEnd, int valueStart, int valueEnd) {
    if (count == names.length) {
      int room = Math.max(FIRST_FIELDS, count * 2);
      names = Arrays.copyOf(names, room);
      offsets = Arrays.copyOf(offsets, 4 * room);
    }
    int at = count * 4;
    offsets[at] = nameStart;
    offsets[at + 1] = nameEnd;
    offsets[at + 2] = valueStart;
    offsets[at + 3] = valueEnd;
    names[count++] = (byte) name.ordinal();
  }

  /** The known name of field {@code i}. */
  public FieldName name(int i) {
    return FieldName.at(names[i]);
  }

  public int nameStart(int i) {
    return offsets[i * 4];
  }

  public int nameEnd(int i) {
    return offsets[i * 4 + 1];
  }

  public int valueStart(int i) {
    return offsets[i * 4 + 2];
  }

  public int valueEnd(int i) {
    return offsets[i * 4 + 3];
  }

  /** Index of the first field of this name from {@code from} on, or -1. */
  public int find(FieldName name, int from) {
    byte wanted = (byte) name.ordinal();
    for (int i = from; i < count; i++) {
      if (names[i] == wanted) {
        return i;
      }
    }
    return -1;
  }

  /** Index of the first field of this lower-case name from {@code from} on, or -1. */
  public int find(byte[] lowerCaseName, int from) {
    for (int i = from; i < count; i++) {
      if (Ascii.equalIgnoreCase(bytes, nameStart(i), nameEnd(i), lowerCaseName)) {
        return i;
      }
    }
    return -1;
  }

  /** Value of the first field of this name as text, or null; for tests and cold paths. */
  public @Nullable String value(String name) {
    int i = find(Ascii.bytes(name.toLowerCase(java.util.Locale.ROOT)), 0);
    return i < 0 ? null : Ascii.text(bytes, valueStart(i), valueEnd(i));
  }

  /** Path as it came, as text; for tests and cold paths. */
  public String path() {
    return Ascii.text(bytes, pathStart, pathEnd);
  }

  /** Query without "?", as text; for tests and cold paths. */
  public String query() {
    return Ascii.text(bytes, queryStart, queryEnd);
  }

  /** Authority as text; for tests and cold paths. */
  public String authority() {
    return Ascii.text(bytes, authorityStart, authorityEnd);
  }

  /**
   * Whether a field's name becomes one that Weir knows once underscores are read as hyphens, as CGI
   * and what came after it does: {@code Content_Length}, {@code X_Forwarded_For}.
   */
  public boolean hasDisguisedField() {
    if (underscored) {
      for (int i = 0; i < count; i++) {
        if (name(i) == FieldName.OTHER && FieldName.isDisguised(bytes, nameStart(i), nameEnd(i))) {
          return true;
        }
      }
    }
    return false;
  }

  /** Whether a message with this head is followed by content on HTTP/1. */
  public boolean hasBody() {
    return chunked || contentLength > 0;
  }
}
