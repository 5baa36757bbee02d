package io.weir.proxy.tls;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.IdentityCipherSuiteFilter;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.ReferenceCountedOpenSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.ReferenceCountUtil;
import io.weir.proxy.tls.CertificateEntry.Chain;
import java.io.Closeable;
import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * TLS towards the backends of one pool. The handler it gives starts the handshake when the
 * connection is made, and checks the backend's certificate before a byte of a request is sent.
 *
 * <p>Sessions are kept for each backend and resumed when it allows; a resumed session was verified
 * when it began. Verification runs on the event loop: it costs some milliseconds the first time and
 * is paid once for each pooled connection that cannot resume. May be used from any thread.
 */
public final class UpstreamTls implements Closeable {

  /**
   * How a pool speaks TLS to its backends.
   *
   * @param verify whether the backend's certificate must lead to a trusted authority
   * @param verifyHostname whether it must also be for the server name; without {@code verify} it
   *     has no effect
   * @param authorities what to trust, from {@link CertificateLoader#loadCertificates}; empty for
   *     the JDK's own
   * @param clientCertificate presented if the backend asks; null for none
   * @param serverName sent as SNI and checked in the certificate; null takes the backend's host
   * @param minVersion lowest version accepted; the highest is TLS 1.3
   * @param cipherSuites OpenSSL or IANA names in order of preference for TLS 1.2; empty for the
   *     defaults of {@link TlsSettings}. Those of TLS 1.3 are always offered
   * @param alpn application protocols to offer, e.g. {@code h2}; empty to offer none
   * @param handshakeTimeout from the connection made to the end of the handshake
   */
  public record Settings(
      boolean verify,
      boolean verifyHostname,
      List<X509Certificate> authorities,
      @Nullable Chain clientCertificate,
      @Nullable String serverName,
      TlsVersion minVersion,
      List<String> cipherSuites,
      List<String> alpn,
      Duration handshakeTimeout) {

    /**
     * @throws IllegalArgumentException if a cipher suite is not known
     */
    public Settings {
      authorities = List.copyOf(authorities);
      cipherSuites =
          cipherSuites.isEmpty()
              ? TlsSettings.defaults().cipherSuites()
              : CipherSuites.normalise("backend_tls.cipher_suites", cipherSuites);
      alpn = List.copyOf(alpn);
    }

    /** Verifies certificate and host name, offers HTTP/1.1, at least TLS 1.2. */
    public static Settings defaults() {
      return new Settings(
          true,
          true,
          List.of(),
          null,
          null,
          TlsVersion.TLS_1_2,
          List.of(),
          List.of("http/1.1"),
          Duration.ofSeconds(10));
    }
  }

  private final Settings settings;
  private final SslContext context;

  /**
   * @throws SSLException if the TLS library refuses a setting
   */
  public UpstreamTls(Settings settings) throws SSLException {
    this.settings = settings;
    context = build(settings, TlsServer.provider());
  }

  private static SslContext build(Settings settings, SslProvider provider) throws SSLException {
    SslContextBuilder builder =
        SslContextBuilder.forClient()
            .sslProvider(provider)
            .protocols(TlsVersion.protocols(settings.minVersion, TlsVersion.TLS_1_3))
            .ciphers(suites(settings), IdentityCipherSuiteFilter.INSTANCE)
            .applicationProtocolConfig(ServerContext.alpn(settings.alpn))
            .endpointIdentificationAlgorithm(
                settings.verify && settings.verifyHostname ? "HTTPS" : null);
    if (!settings.verify) {
      builder.trustManager(InsecureTrustManagerFactory.INSTANCE);
    } else if (!settings.authorities.isEmpty()) {
      builder.trustManager(settings.authorities);
    }
    if (settings.clientCertificate != null) {
      builder.keyManager(
          settings.clientCertificate.key(), settings.clientCertificate.certificates());
    }
    if (provider != SslProvider.JDK) {
      builder.option(
          OpenSslContextOption.GROUPS, TlsSettings.defaults().groups().toArray(String[]::new));
    }
    SslContext context = builder.build();
    if (context instanceof ReferenceCountedOpenSslContext openSsl) {
      OpenSslSessionContext sessions = openSsl.sessionContext();
      // Without keys of its own a client has nothing to set; the call lets it accept tickets.
      sessions.setTicketKeys();
    }
    return context;
  }

  private static List<String> suites(Settings settings) {
    List<String> suites = new ArrayList<>(CipherSuites.TLS_1_3);
    settings.cipherSuites.stream()
        .filter(s -> !CipherSuites.TLS_1_3.contains(s))
        .forEach(suites::add);
    return suites;
  }

  /**
   * A handler for one connection, to be the first in its pipeline. {@link
   * SslHandler#handshakeFuture()} tells when requests may be sent, {@link
   * SslHandler#applicationProtocol()} then which protocol was agreed on.
   *
   * @param backend its host string is the server name, if the settings have none
   */
  public SslHandler newHandler(ByteBufAllocator allocator, InetSocketAddress backend) {
    String name = settings.serverName != null ? settings.serverName : backend.getHostString();
    // The port goes nowhere but into the key under which sessions are kept; so backends that share
    // a server name do not overwrite each other's.
    int sessionKey = backend.hashCode() & 0xffff;
    SslHandler handler = context.newHandler(allocator, name, sessionKey);
    handler.setHandshakeTimeoutMillis(settings.handshakeTimeout.toMillis());
    return handler;
  }

  /** Frees the context once the last connection is done. */
  @Override
  public void close() {
    ReferenceCountUtil.release(context);
  }
}
