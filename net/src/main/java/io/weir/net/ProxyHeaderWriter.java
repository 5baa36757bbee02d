package io.weir.net;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;

/**
 * Writes one header of the PROXY protocol (HAProxy's specification, 2020/03/05): what a connection
 * to a backend begins with.
 *
 * <p>Version 1 is a function. For version 2 make a writer, add extensions, call {@link #finish}.
 * Both addresses of a header have to be of one family: where they are not, the IPv4 one is written
 * in its IPv4-mapped form. Confined to one thread.
 */
public final class ProxyHeaderWriter {

  /** The longest value of {@link #uniqueId}. */
  public static final int MAX_UNIQUE_ID = 128;

  /** {@link #ssl}: the client came over TLS. */
  private static final int CLIENT_SSL = 0x01;

  private static final int ALPN = 0x01;
  private static final int AUTHORITY = 0x02;
  private static final int CRC32C = 0x03;
  private static final int UNIQUE_ID = 0x05;
  private static final int SSL = 0x20;
  private static final int SSL_VERSION = 0x21;
  private static final int SSL_CIPHER = 0x23;

  private byte[] header = new byte[128];
  private int length;

  private ProxyHeaderWriter(int command, int family) {
    put(ProxyHeaderReader.SIGNATURE);
    put(command);
    put(family);
    put16(0); // the length; see finish
  }

  // ------------------------------------------------------------------ version 1

  /** Version 1. */
  public static byte[] version1(
      IpAddress source, int sourcePort, IpAddress destination, int destinationPort) {
    boolean ipv4 = source.isIpv4() && destination.isIpv4();
    String line =
        "PROXY "
            + (ipv4 ? "TCP4 " : "TCP6 ")
            + text(source, ipv4)
            + ' '
            + text(destination, ipv4)
            + ' '
            + sourcePort
            + ' '
            + destinationPort
            + "\r\n";
    return line.getBytes(US_ASCII);
  }

  private static String text(IpAddress address, boolean ipv4) {
    return address.isIpv4() && !ipv4 ? "::ffff:" + address : address.toString();
  }

  /** Version 1 for a connection on Weir's own behalf. */
  public static byte[] unknown() {
    return "PROXY UNKNOWN\r\n".getBytes(US_ASCII);
  }

  // ------------------------------------------------------------------ version 2

  /** Version 2 for a client's connection. */
  public static ProxyHeaderWriter version2(
      IpAddress source, int sourcePort, IpAddress destination, int destinationPort) {
    boolean ipv4 = source.isIpv4() && destination.isIpv4();
    ProxyHeaderWriter writer = new ProxyHeaderWriter(0x21, ipv4 ? 0x11 : 0x21);
    writer.putAddress(source, ipv4);
    writer.putAddress(destination, ipv4);
    writer.put16(sourcePort);
    writer.put16(destinationPort);
    return writer;
  }

  /** Version 2 for a connection on Weir's own behalf: LOCAL. */
  public static ProxyHeaderWriter local() {
    return new ProxyHeaderWriter(0x20, 0x00);
  }

  /** The application protocol that the client and Weir agreed on, as in ALPN. */
  public ProxyHeaderWriter alpn(byte[] protocol) {
    return extension(ALPN, protocol);
  }

  /** The server name that the client asked for. */
  public ProxyHeaderWriter authority(byte[] serverName) {
    return extension(AUTHORITY, serverName);
  }

  /**
   * An id of the connection.
   *
   * @throws IllegalArgumentException if it is longer than {@link #MAX_UNIQUE_ID}
   */
  public ProxyHeaderWriter uniqueId(byte[] id) {
    if (id.length > MAX_UNIQUE_ID) {
      throw new IllegalArgumentException(
          "unique id: " + id.length + " octets (expected: at most " + MAX_UNIQUE_ID + ")");
    }
    return extension(UNIQUE_ID, id);
  }

  /**
   * The client came over TLS and showed no certificate.
   *
   * @param version such as {@code TLSv1.3}
   * @param cipher the suite's name
   */
  public ProxyHeaderWriter ssl(byte[] version, byte[] cipher) {
    put(SSL);
    put16(5 + 3 + version.length + 3 + cipher.length);
    put(CLIENT_SSL);
    put16(0);
    put16(1); // "non-zero" unless a certificate was shown and verified
    return extension(SSL_VERSION, version).extension(SSL_CIPHER, cipher);
  }

  /**
   * Ends the header.
   *
   * @param checksum whether to add a CRC32C
   * @throws IllegalStateException if the extensions make it longer than {@link
   *     ProxyHeader#MAX_LENGTH}
   */
  public byte[] finish(boolean checksum) {
    if (checksum) {
      extension(CRC32C, new byte[4]);
    }
    if (length > ProxyHeader.MAX_LENGTH) {
      throw new IllegalStateException("PROXY header of " + length + " octets");
    }
    int body = length - ProxyHeaderReader.FIXED;
    header[14] = (byte) (body >>> 8);
    header[15] = (byte) body;
    if (checksum) {
      int crc = ProxyHeaderReader.crc32c(header, length - 4, length);
      length -= 4;
      put16(crc >>> 16);
      put16(crc);
    }
    return Arrays.copyOf(header, length);
  }

  private ProxyHeaderWriter extension(int type, byte[] value) {
    put(type);
    put16(value.length);
    put(value);
    return this;
  }

  private void putAddress(IpAddress address, boolean ipv4) {
    if (ipv4) {
      put(address.toBytes());
    } else {
      put64(address.high());
      put64(address.low());
    }
  }

  private void put64(long bits) {
    for (int shift = 56; shift >= 0; shift -= 8) {
      put((int) (bits >>> shift));
    }
  }

  private void put16(int value) {
    put(value >>> 8);
    put(value);
  }

  private void put(byte[] octets) {
    ensure(octets.length);
    System.arraycopy(octets, 0, header, length, octets.length);
    length += octets.length;
  }

  private void put(int octet) {
    ensure(1);
    header[length++] = (byte) octet;
  }

  private void ensure(int more) {
    if (length + more > header.length) {
      header = Arrays.copyOf(header, Math.max(2 * header.length, length + more));
    }
  }
}
