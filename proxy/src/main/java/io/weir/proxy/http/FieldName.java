package io.weir.proxy.http;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Field names that Weir itself reads, writes or refuses to pass. Every other name is just bytes in
 * the {@link Head}. Looking a name up costs one multiplication and one comparison.
 */
public enum FieldName {
  /** A name that means nothing to Weir. */
  OTHER("", false),
  ACCEPT_ENCODING("accept-encoding", false),
  AGE("age", false),
  ALT_SVC("alt-svc", false),
  AUTHORIZATION("authorization", false),
  CONNECTION("connection", true),
  CONTENT_ENCODING("content-encoding", false),
  CONTENT_LENGTH("content-length", false),
  CONTENT_SECURITY_POLICY("content-security-policy", false),
  CONTENT_TYPE("content-type", false),
  COOKIE("cookie", false),
  DATE("date", false),
  EXPECT("expect", false),
  FORWARDED("forwarded", false),
  GRPC_STATUS("grpc-status", false),
  HOST("host", false),
  HTTP2_SETTINGS("http2-settings", true),
  KEEP_ALIVE("keep-alive", true),
  LOCATION("location", false),
  PROXY_AUTHENTICATE("proxy-authenticate", true),
  PROXY_AUTHORIZATION("proxy-authorization", true),
  PROXY_CONNECTION("proxy-connection", true),
  REFERER("referer", false),
  SEC_WEBSOCKET_ACCEPT("sec-websocket-accept", false),
  SEC_WEBSOCKET_KEY("sec-websocket-key", false),
  SERVER("server", false),
  SET_COOKIE("set-cookie", false),
  STRICT_TRANSPORT_SECURITY("strict-transport-security", false),
  TE("te", true),
  TRAILER("trailer", false),
  TRANSFER_ENCODING("transfer-encoding", true),
  UPGRADE("upgrade", true),
  USER_AGENT("user-agent", false),
  VIA("via", false),
  WEIR_CLIENT("weir-client", false),
  X_CONTENT_TYPE_OPTIONS("x-content-type-options", false),
  X_FORWARDED_FOR("x-forwarded-for", false),
  X_FORWARDED_HOST("x-forwarded-host", false),
  X_FORWARDED_PORT("x-forwarded-port", false),
  X_FORWARDED_PROTO("x-forwarded-proto", false),
  X_FRAME_OPTIONS("x-frame-options", false),
  X_POWERED_BY("x-powered-by", false),
  X_REAL_IP("x-real-ip", false),
  X_REQUEST_ID("x-request-id", false);

  private static final int SLOTS = 256;
  private static final FieldName[] ALL = values();
  private static final int MULTIPLIER;
  private static final FieldName[] TABLE;

  static {
    int multiplier = 0x9E3779B1; // spreads well: two dozen tries, where small numbers need 100,000
    FieldName[] table = table(multiplier);
    for (int tries = 0; table == null; tries++) {
      if (tries > 10_000) {
        throw new IllegalStateException("two names of one length differ in no octet looked at");
      }
      multiplier += 2;
      table = table(multiplier);
    }
    MULTIPLIER = multiplier;
    TABLE = table;
  }

  private final byte[] bytes;
  private final boolean hopByHop;

  FieldName(String name, boolean hopByHop) {
    this.bytes = name.getBytes(StandardCharsets.US_ASCII);
    this.hopByHop = hopByHop;
  }

  /** The name in lower case; not to be changed. */
  public byte[] bytes() {
    return bytes;
  }

  /** Whether the field concerns one connection only and is never forwarded (RFC 9110 §7.6.1). */
  public boolean isHopByHop() {
    return hopByHop;
  }

  /** The name's constant by its ordinal, as {@link Head} keeps it. */
  public static FieldName at(int ordinal) {
    return ALL[ordinal];
  }

  /** The constant of a name in any case, or {@link #OTHER}. */
  public static FieldName of(byte[] src, int start, int end) {
    if (end - start < 2) {
      return OTHER;
    }
    FieldName candidate =
        TABLE[slot(MULTIPLIER, end - start, src[start], src[end - 2], src[end - 1])];
    return candidate != OTHER && Ascii.equalIgnoreCase(src, start, end, candidate.bytes)
        ? candidate
        : OTHER;
  }

  /** Whether a name becomes one of the constants once its underscores are read as hyphens. */
  static boolean isDisguised(byte[] src, int start, int end) {
    byte[] name = Arrays.copyOfRange(src, start, end);
    for (int i = 0; i < name.length; i++) {
      name[i] = name[i] == '_' ? (byte) '-' : name[i];
    }
    return of(name, 0, name.length) != OTHER;
  }

  private static int slot(int multiplier, int length, byte first, byte lastButOne, byte last) {
    int mixed = length | (first | 0x20) << 6 | (lastButOne | 0x20) << 13 | (last | 0x20) << 20;
    return mixed * multiplier >>> 24;
  }

  /** A table without collisions for this multiplier, or null. */
  private static FieldName @Nullable [] table(int multiplier) {
    FieldName[] table = new FieldName[SLOTS];
    Arrays.fill(table, OTHER);
    for (FieldName name : ALL) {
      if (name != OTHER) {
        byte[] b = name.bytes;
        int slot = slot(multiplier, b.length, b[0], b[b.length - 2], b[b.length - 1]);
        if (table[slot] != OTHER) {
          return null;
        }
        table[slot] = name;
      }
    }
    return table;
  }
}
