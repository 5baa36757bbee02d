package io.weir.net;

/**
 * What the first octets of a connection are to a reader of the PROXY protocol, versions 1 and 2
 * (HAProxy's specification, 2020/03/05): a header that names the client, one that names nobody, no
 * header, or something that must not be believed.
 *
 * <p>A header is read exactly: lengths have to add up, text has one spelling (single blanks, no
 * leading zeros), a checksum that is there has to be right, and what extensions say is checked for
 * its shape and otherwise dropped. The reader is a function of all octets so far; a caller that
 * gets {@link Incomplete} comes back with more. It never needs more than {@link #MAX_LENGTH}.
 *
 * <p>Immutable values; safe in any thread.
 */
public sealed interface ProxyHeader {

  /**
   * The longest header that is read: version 2's fixed part and 4 KiB of addresses and extensions.
   * The length field could announce 64 KiB; no known sender comes near, unless it adds whole client
   * certificates.
   */
  int MAX_LENGTH = 16 + 4096;

  /** The longest header of version 1, its CR LF included. */
  int MAX_LENGTH_V1 = 107;

  /**
   * Names the client.
   *
   * @param version 1 or 2
   * @param source the client
   * @param sourcePort 0 to 65535
   * @param destination what the client connected to
   * @param destinationPort 0 to 65535
   * @param length octets of the header; what follows is the connection's own
   */
  record Proxied(
      int version,
      IpAddress source,
      int sourcePort,
      IpAddress destination,
      int destinationPort,
      int length)
      implements ProxyHeader {}

  /**
   * Names nobody: the sender speaks for itself (LOCAL, for its health checks), or does not know
   * (UNKNOWN, UNSPEC), or the client has no IP address (a Unix socket). The peer stays who it is.
   *
   * @param version 1 or 2
   * @param length octets of the header
   */
  record Unnamed(int version, int length) implements ProxyHeader {}

  /** The octets are no header and cannot become one. */
  record Absent() implements ProxyHeader {}

  /** The octets may become a header. */
  record Incomplete() implements ProxyHeader {}

  /**
   * The octets begin as a header and are none.
   *
   * @param defect what is wrong
   */
  record Malformed(Defect defect) implements ProxyHeader {}

  /** What is wrong with a header. */
  enum Defect {
    /** Version 1: longer than {@link #MAX_LENGTH_V1} without a CR LF, or a CR or LF alone. */
    LINE,
    /** Version 1: neither TCP4, TCP6 nor UNKNOWN. Version 2: no family and protocol of TCP. */
    FAMILY,
    /** Version 1: an address that is none, or of the other family. */
    ADDRESS,
    /** Version 1: a port with a leading zero, or outside 0 to 65535, or something behind it. */
    PORT,
    /** Version 2: a version or command that does not exist. */
    COMMAND,
    /** Version 2: longer than {@link #MAX_LENGTH}, or too short for its addresses. */
    LENGTH,
    /** Version 2: an extension that does not end where the header does. */
    EXTENSION,
    /** Version 2: a checksum that is wrong, has a wrong size, or is there twice. */
    CHECKSUM
  }

  /** The one instance of each that carries nothing. */
  Absent ABSENT = new Absent();

  Incomplete INCOMPLETE = new Incomplete();

  /**
   * Reads the first octets of a connection.
   *
   * @param src all octets so far, from the connection's first at index 0
   * @param length how many there are
   * @throws IndexOutOfBoundsException if {@code src} is shorter than {@code length}
   */
  static ProxyHeader read(byte[] src, int length) {
    return ProxyHeaderReader.read(src, length);
  }
}
