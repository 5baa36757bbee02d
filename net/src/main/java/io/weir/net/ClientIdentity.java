package io.weir.net;

/**
 * Who is asking, and how we know. Made once for a connection or request; the only thing later code
 * may call "the client".
 *
 * <p>An IPv4 client that comes through a translator (RFC 6052: {@code 64:ff9b::192.0.2.1}) is the
 * IPv4 client: see {@link IpAddress#translated}.
 *
 * @param address the client's own address
 * @param port the client's port, 1 to 65535; 0 where nobody told it
 * @param provenance how the address was established
 */
public record ClientIdentity(IpAddress address, int port, Provenance provenance) {

  /**
   * @throws IllegalArgumentException if {@code port} is not 0 to 65535
   */
  public ClientIdentity {
    address = address.translated();
    if (port < 0 || port > 0xffff) {
      throw new IllegalArgumentException("port: " + port + " (expected: 0 to 65535)");
    }
  }
}
