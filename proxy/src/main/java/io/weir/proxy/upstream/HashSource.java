package io.weir.proxy.upstream;

import io.weir.net.ClientIdentity;
import io.weir.net.IpAddress;
import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.Head;
import java.util.Locale;

/**
 * What part of a request is the key of consistent hashing. Where a request does not have that part,
 * or has it empty, the client's address is the key. Values count as the octets they came as,
 * neither decoded nor trimmed. Immutable.
 */
public final class HashSource {
  private static final HashSource CLIENT_ADDRESS = new HashSource(Kind.CLIENT_ADDRESS, "");

  private enum Kind {
    CLIENT_ADDRESS,
    HEADER,
    COOKIE,
    QUERY
  }

  private final Kind kind;
  private final String name;
  private final byte[] nameBytes;

  private HashSource(Kind kind, String name) {
    this.kind = kind;
    this.name = name;
    this.nameBytes = Ascii.bytes(name);
  }

  /** The client's address; of an IPv6 one the first 64 bits, as the rest changes by the hour. */
  public static HashSource clientAddress() {
    return CLIENT_ADDRESS;
  }

  /** The first field of this name, in any case. */
  public static HashSource header(String name) {
    return new HashSource(Kind.HEADER, name.toLowerCase(Locale.ROOT));
  }

  /** The first cookie of this name. */
  public static HashSource cookie(String name) {
    return new HashSource(Kind.COOKIE, name);
  }

  /** The first query parameter of this name. */
  public static HashSource query(String name) {
    return new HashSource(Kind.QUERY, name);
  }

  /** The hash of a request's key. */
  long hash(Head request, ClientIdentity client) {
    return switch (kind) {
      case CLIENT_ADDRESS -> hash(client.address());
      case HEADER -> hashField(request, client);
      case COOKIE -> hash(request, PairReader.findCookie(request, nameBytes), client);
      case QUERY -> hash(request, PairReader.findInQuery(request, nameBytes), client);
    };
  }

  private long hashField(Head request, ClientIdentity client) {
    int field = request.find(nameBytes, 0);
    long found =
        field < 0
            ? PairReader.ABSENT
            : (long) request.valueStart(field) << 32 | request.valueEnd(field);
    return hash(request, found, client);
  }

  private static long hash(Head request, long found, ClientIdentity client) {
    int start = PairReader.start(found);
    int end = PairReader.end(found);
    return found == PairReader.ABSENT || start == end
        ? hash(client.address())
        : Hash.of(request.bytes, start, end);
  }

  private static long hash(IpAddress address) {
    return Hash.mix((address.isIpv4() ? address.low() : address.high()) + Hash.GOLDEN);
  }

  @Override
  public String toString() {
    return kind == Kind.CLIENT_ADDRESS
        ? "client_address"
        : kind.name().toLowerCase(Locale.ROOT) + " " + name;
  }
}
