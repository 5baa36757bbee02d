package io.weir.proxy.identity;

import io.weir.net.ClientIdentity;
import io.weir.net.ProxyHeaderWriter;
import io.weir.proxy.ClientConnection;
import io.weir.proxy.http.Ascii;
import io.weir.proxy.tls.TlsSession;
import java.util.Set;

/**
 * Which PROXY header connections to a pool's backends begin with.
 *
 * @param version 1 or 2
 * @param extensions what version 2 tells besides the addresses
 */
public record ProxyHeaderFormat(int version, Set<Extension> extensions) {

  /** The set is copied. */
  public ProxyHeaderFormat {
    extensions = Set.copyOf(extensions);
  }

  /** What version 2 can tell besides the addresses; only what is known is told. */
  public enum Extension {
    /** The application protocol that the client and Weir agreed on. */
    ALPN,
    /** The server name that the client asked for. */
    AUTHORITY,
    /** That the client came over TLS, with version and cipher suite. */
    SSL,
    /** The id of the request that the connection was made for. */
    UNIQUE_ID,
    /** A checksum of the header. */
    CRC32C
  }

  /**
   * The header of a connection that is made for a client.
   *
   * @param serverName what the client asked for in TLS; empty for nothing
   * @param id octets of the unique id
   */
  public byte[] header(
      ClientIdentity client, ClientConnection connection, byte[] serverName, byte[] id) {
    if (version == 1) {
      return ProxyHeaderWriter.version1(
          client.address(), client.port(), connection.localAddress, connection.localPort);
    }
    ProxyHeaderWriter writer =
        ProxyHeaderWriter.version2(
            client.address(), client.port(), connection.localAddress, connection.localPort);
    TlsSession tls = connection.tls;
    String alpn = tls == null ? null : tls.alpn();
    if (alpn != null && extensions.contains(Extension.ALPN)) {
      writer.alpn(Ascii.bytes(alpn));
    }
    if (serverName.length > 0 && extensions.contains(Extension.AUTHORITY)) {
      writer.authority(serverName);
    }
    if (tls != null && extensions.contains(Extension.SSL)) {
      writer.ssl(tls.protocol(), tls.cipher());
    }
    if (extensions.contains(Extension.UNIQUE_ID)) {
      writer.uniqueId(id);
    }
    return writer.finish(extensions.contains(Extension.CRC32C));
  }

  /** The header of a connection that is made for nobody: health checks. */
  public byte[] own() {
    return version == 1
        ? ProxyHeaderWriter.unknown()
        : ProxyHeaderWriter.local().finish(extensions.contains(Extension.CRC32C));
  }
}
