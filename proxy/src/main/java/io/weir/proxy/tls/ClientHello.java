package io.weir.proxy.tls;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A client hello, as read before the choice of certificate (RFC 8446 section 4.1.2, the same shape
 * in RFC 5246). It is a view of the message's bytes: what matters here is located and checked, the
 * rest (random, cipher suites, key shares) is checked for its framing only and left to BoringSSL.
 * Immutable as long as nobody writes to {@link #bytes()}.
 */
public final class ClientHello {
  /**
   * The most that a client may send before its hello is complete, in bytes with record headers.
   * Hybrid post-quantum hellos have about 1,800.
   */
  public static final int MAX_LENGTH = 64 << 10;

  static final int HEADER = 4;
  private static final int SERVER_NAME = 0;
  private static final int ALPN = 16;
  private static final int SUPPORTED_VERSIONS = 43;

  private final byte[] bytes;
  private final int length;
  private int legacyVersion;
  private int suitesOffset;
  private int suitesLength;
  private int extensionsOffset;
  private int nameOffset;
  private int nameLength;
  private int alpnOffset;
  private int alpnLength;
  private int versionsOffset;
  private int versionsLength;

  private ClientHello(byte[] bytes, int length) {
    this.bytes = bytes;
    this.length = length;
  }

  /**
   * Reads a handshake message that starts with its four-byte header.
   *
   * @param bytes kept, not copied
   * @param length of the whole message; no byte beyond is read
   * @return null if this is not a well-formed client hello
   */
  public static @Nullable ClientHello parse(byte[] bytes, int length) {
    ClientHello hello = new ClientHello(bytes, length);
    return hello.read(new Cursor(bytes, length)) ? hello : null;
  }

  private boolean read(Cursor in) {
    if (in.u8() != 1 || in.u24() != length - HEADER) {
      return false;
    }
    legacyVersion = in.u16();
    in.skip(32); // random
    int sessionId = in.u8();
    in.skip(sessionId);
    int suites = in.u16();
    suitesOffset = in.at;
    suitesLength = suites;
    in.skip(suites);
    int compressions = in.u8();
    in.skip(compressions);
    if (in.bad || sessionId > 32 || suites < 2 || suites % 2 != 0 || compressions < 1) {
      return false;
    }
    // TLS 1.2 allows a hello that ends here.
    extensionsOffset = Math.min(in.at + 2, length);
    return in.at == length || readExtensions(in);
  }

  private boolean readExtensions(Cursor in) {
    if (in.u16() != length - in.at) {
      return false;
    }
    while (in.at < length && !in.bad) {
      int type = in.u16();
      int size = in.u16();
      int start = in.at;
      in.skip(size);
      if (!in.bad && !readExtension(type, start, size)) {
        return false;
      }
    }
    return !in.bad;
  }

  private boolean readExtension(int type, int start, int size) {
    Cursor in = new Cursor(bytes, start + size);
    in.at = start;
    return switch (type) {
      case SERVER_NAME -> readServerName(in);
      case ALPN -> readAlpn(in);
      case SUPPORTED_VERSIONS -> readVersions(in);
      default -> true;
    };
  }

  /** Exactly one host name (RFC 6066 section 3), of printable ASCII. */
  private boolean readServerName(Cursor in) {
    int list = in.u16();
    int type = in.u8();
    int size = in.u16();
    if (in.bad || nameLength > 0 || list != size + 3 || type != 0 || size < 1 || size > 255) {
      return false;
    }
    nameOffset = in.at;
    nameLength = size;
    in.skip(size);
    return in.atEnd() && isPrintable(nameOffset, nameLength);
  }

  private boolean isPrintable(int offset, int size) {
    for (int i = offset; i < offset + size; i++) {
      if (bytes[i] <= ' ' || bytes[i] == 0x7f) {
        return false;
      }
    }
    return true;
  }

  /** One or more non-empty names (RFC 7301 section 3.1). */
  private boolean readAlpn(Cursor in) {
    int list = in.u16();
    if (alpnLength > 0 || list < 2 || list != in.end - in.at) {
      return false;
    }
    alpnOffset = in.at;
    alpnLength = list;
    while (in.at < in.end && !in.bad) {
      int size = in.u8();
      if (size == 0) {
        return false;
      }
      in.skip(size);
    }
    return in.atEnd();
  }

  private boolean readVersions(Cursor in) {
    int list = in.u8();
    if (versionsLength > 0 || list < 2 || list % 2 != 0) {
      return false;
    }
    versionsOffset = in.at;
    versionsLength = list;
    in.skip(list);
    return in.atEnd();
  }

  /** The array that holds the message from its first byte, {@link #length()} bytes long. */
  public byte[] bytes() {
    return bytes;
  }

  /** Length of the message in bytes, with its four-byte header. */
  public int length() {
    return length;
  }

  /** The version before extensions could tell another, as on the wire. */
  int legacyVersion() {
    return legacyVersion;
  }

  /** Where the cipher suites start in {@link #bytes()}. */
  int suitesOffset() {
    return suitesOffset;
  }

  /** Length of the cipher suites in bytes. */
  int suitesLength() {
    return suitesLength;
  }

  /** Where the first extension starts in {@link #bytes()}; they reach to the end. */
  int extensionsOffset() {
    return extensionsOffset;
  }

  /** Where the server name starts in {@link #bytes()}. */
  public int serverNameOffset() {
    return nameOffset;
  }

  /** Length of the server name in bytes; 0 if the client sent none. */
  public int serverNameLength() {
    return nameLength;
  }

  /** A copy of the server name in lower case; empty if the client sent none. */
  public byte[] serverName() {
    byte[] name = new byte[nameLength];
    for (int i = 0; i < nameLength; i++) {
      name[i] = SniTable.lower(bytes[nameOffset + i]);
    }
    return name;
  }

  /** Whether the client names application protocols at all. */
  public boolean hasAlpn() {
    return alpnLength > 0;
  }

  /** Whether the client offers an application protocol. */
  public boolean offers(byte[] protocol) {
    int at = alpnOffset;
    int end = alpnOffset + alpnLength;
    while (at < end) {
      int size = bytes[at++] & 0xff;
      if (equal(protocol, at, size)) {
        return true;
      }
      at += size;
    }
    return false;
  }

  private boolean equal(byte[] protocol, int at, int size) {
    return size == protocol.length && Arrays.equals(protocol, 0, size, bytes, at, at + size);
  }

  /** The application protocols in the client's order; allocates. */
  public List<String> alpn() {
    List<String> protocols = new ArrayList<>();
    int at = alpnOffset;
    while (at < alpnOffset + alpnLength) {
      int size = bytes[at] & 0xff;
      protocols.add(new String(bytes, at + 1, size, StandardCharsets.ISO_8859_1));
      at += 1 + size;
    }
    return protocols;
  }

  /**
   * The versions the client offers in its order, as on the wire ({@code 0x0304} is TLS 1.3),
   * without the reserved ones of RFC 8701; allocates.
   */
  public List<Integer> versions() {
    if (versionsLength == 0) {
      return List.of(legacyVersion);
    }
    List<Integer> versions = new ArrayList<>();
    for (int at = versionsOffset; at < versionsOffset + versionsLength; at += 2) {
      int version = (bytes[at] & 0xff) << 8 | bytes[at + 1] & 0xff;
      if ((version & 0x0f0f) != 0x0a0a) {
        versions.add(version);
      }
    }
    return versions;
  }

  /** Reads numbers up to an end; past it everything is 0 and {@link #bad} is set. */
  private static final class Cursor {
    private final byte[] bytes;
    private final int end;
    private int at;
    private boolean bad;

    Cursor(byte[] bytes, int end) {
      this.bytes = bytes;
      this.end = end;
    }

    int u8() {
      if (at >= end) {
        bad = true;
        return 0;
      }
      return bytes[at++] & 0xff;
    }

    int u16() {
      return u8() << 8 | u8();
    }

    int u24() {
      return u16() << 8 | u8();
    }

    void skip(int count) {
      bad |= count > end - at;
      at = bad ? end : at + count;
    }

    boolean atEnd() {
      return at == end && !bad;
    }
  }
}
