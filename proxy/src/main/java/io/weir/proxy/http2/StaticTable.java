package io.weir.proxy.http2;

import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.FieldName;
import java.util.Arrays;

/**
 * HPACK's static table (RFC 7541 appendix A), each entry as the line {@code name: value CRLF} in
 * which a {@link io.weir.proxy.http.Head} holds it, so that an indexed field is one copy.
 *
 * <p>A <em>tag</em> says what a name means, so that a name kept in a table is looked up once: for
 * fields the ordinal of {@link FieldName}; for pseudo-headers {@link #PSEUDO} and one of the
 * constants here.
 */
final class StaticTable {
  /** Number of entries; dynamic entries count on from here (RFC 7541 §2.3.3). */
  static final int SIZE = 61;

  /** In a tag: a pseudo-header, whose constant is in the low octet. */
  static final int PSEUDO = 0x100;

  static final int AUTHORITY = PSEUDO | 1;
  static final int METHOD = PSEUDO | 2;
  static final int PATH = PSEUDO | 4;
  static final int SCHEME = PSEUDO | 6;
  static final int STATUS = PSEUDO | 8;

  /** The pseudo-header of RFC 8441, which the static table does not have. */
  static final int PROTOCOL = PSEUDO | 62;

  private static final String[] ENTRIES = {
    ":authority", "",
    ":method", "GET",
    ":method", "POST",
    ":path", "/",
    ":path", "/index.html",
    ":scheme", "http",
    ":scheme", "https",
    ":status", "200",
    ":status", "204",
    ":status", "206",
    ":status", "304",
    ":status", "400",
    ":status", "404",
    ":status", "500",
    "accept-charset", "",
    "accept-encoding", "gzip, deflate",
    "accept-language", "",
    "accept-ranges", "",
    "accept", "",
    "access-control-allow-origin", "",
    "age", "",
    "allow", "",
    "authorization", "",
    "cache-control", "",
    "content-disposition", "",
    "content-encoding", "",
    "content-language", "",
    "content-length", "",
    "content-location", "",
    "content-range", "",
    "content-type", "",
    "cookie", "",
    "date", "",
    "etag", "",
    "expect", "",
    "expires", "",
    "from", "",
    "host", "",
    "if-match", "",
    "if-modified-since", "",
    "if-none-match", "",
    "if-range", "",
    "if-unmodified-since", "",
    "last-modified", "",
    "link", "",
    "location", "",
    "max-forwards", "",
    "proxy-authenticate", "",
    "proxy-authorization", "",
    "range", "",
    "referer", "",
    "refresh", "",
    "retry-after", "",
    "server", "",
    "set-cookie", "",
    "strict-transport-security", "",
    "transfer-encoding", "",
    "user-agent", "",
    "vary", "",
    "via", "",
    "www-authenticate", "",
  };

  private static final byte[][] LINES = new byte[SIZE + 1][];
  private static final int[] NAME_LENGTHS = new int[SIZE + 1];
  private static final int[] TAGS = new int[SIZE + 1];

  /** By ordinal of {@link FieldName}: first index of that name, or 0. */
  private static final byte[] BY_NAME = new byte[FieldName.values().length];

  private static final int HASH_SLOTS = 256;
  private static final byte[] BY_HASH = new byte[HASH_SLOTS];

  static {
    for (int i = SIZE; i > 0; i--) {
      byte[] name = Ascii.bytes(ENTRIES[2 * i - 2]);
      LINES[i] = Ascii.bytes(ENTRIES[2 * i - 2] + ": " + ENTRIES[2 * i - 1] + "\r\n");
      NAME_LENGTHS[i] = name.length;
      TAGS[i] = tag(name, 0, name.length);
      if ((TAGS[i] & PSEUDO) == 0) {
        BY_NAME[TAGS[i]] = (byte) i;
        enter(hash(name, 0, name.length), i);
      }
    }
    BY_NAME[FieldName.OTHER.ordinal()] = 0;
  }

  private StaticTable() {}

  private static void enter(int hash, int index) {
    int slot = hash & HASH_SLOTS - 1;
    while (BY_HASH[slot] != 0) {
      slot = slot + 1 & HASH_SLOTS - 1;
    }
    BY_HASH[slot] = (byte) index;
  }

  /** The entry's line; not to be changed. */
  static byte[] line(int index) {
    return LINES[index];
  }

  static int nameLength(int index) {
    return NAME_LENGTHS[index];
  }

  static int valueLength(int index) {
    return LINES[index].length - NAME_LENGTHS[index] - 4;
  }

  static int tag(int index) {
    return TAGS[index];
  }

  /** First index of a known name, or 0. */
  static int index(FieldName name) {
    return BY_NAME[name.ordinal()];
  }

  /** Hash of a lower-case name. */
  static int hash(byte[] name, int start, int end) {
    int hash = 0;
    for (int i = start; i < end; i++) {
      hash = 31 * hash + name[i];
    }
    return hash ^ hash >>> 8;
  }

  /** Index of a lower-case field name by its {@link #hash}, or 0. */
  static int index(byte[] name, int start, int end, int hash) {
    int slot = hash & HASH_SLOTS - 1;
    while (BY_HASH[slot] != 0) {
      int index = BY_HASH[slot];
      if (NAME_LENGTHS[index] == end - start
          && Arrays.equals(LINES[index], 0, end - start, name, start, end)) {
        return index;
      }
      slot = slot + 1 & HASH_SLOTS - 1;
    }
    return 0;
  }

  /** The tag of a lower-case name, or -1 for a pseudo-header that does not exist. */
  static int tag(byte[] name, int start, int end) {
    if (end > start && name[start] == ':') {
      return pseudoTag(name, start, end);
    }
    return FieldName.of(name, start, end).ordinal();
  }

  private static int pseudoTag(byte[] name, int start, int end) {
    return switch (Ascii.text(name, start, end)) {
      case ":authority" -> AUTHORITY;
      case ":method" -> METHOD;
      case ":path" -> PATH;
      case ":scheme" -> SCHEME;
      case ":status" -> STATUS;
      case ":protocol" -> PROTOCOL;
      default -> -1;
    };
  }
}
