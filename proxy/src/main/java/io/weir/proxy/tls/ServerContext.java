package io.weir.proxy.tls;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.IdentityCipherSuiteFilter;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.OpenSslCredential;
import io.netty.handler.ssl.OpenSslCredentialBuilder;
import io.netty.handler.ssl.OpenSslServerSessionContext;
import io.netty.handler.ssl.OpenSslSessionTicketKey;
import io.netty.handler.ssl.ReferenceCountedOpenSslContext;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.internal.tcnative.SSL;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLException;

/**
 * One certificate entry under one client-certificate policy, ready to shake hands: a BoringSSL
 * context, or a JSSE one where BoringSSL is not available.
 *
 * <p>The keys are BoringSSL credentials, among which it chooses by what the client can verify;
 * Netty's own choice, by key manager, is led to nothing ({@link NoKeys}). Sessions live in tickets
 * only, so no handshake writes to a shared table.
 */
final class ServerContext {
  private final SslContext context;
  private final String clientPolicy;
  private final boolean tickets;

  private ServerContext(SslContext context, String clientPolicy, boolean tickets) {
    this.context = context;
    this.clientPolicy = clientPolicy;
    this.tickets = tickets;
  }

  /**
   * Makes a context.
   *
   * @throws SSLException if the library refuses a setting
   */
  static ServerContext of(
      SslProvider provider, TlsSettings settings, CertificateEntry entry, String clientPolicy)
      throws SSLException {
    SslContext context =
        provider == SslProvider.JDK ? jsse(settings, entry) : boringSsl(settings, entry);
    ServerContext made = new ServerContext(context, clientPolicy, settings.sessionTickets());
    if (context instanceof ReferenceCountedOpenSslContext openSsl) {
      made.tune(openSsl);
    }
    return made;
  }

  private static SslContext boringSsl(TlsSettings settings, CertificateEntry entry)
      throws SSLException {
    // EC first: BoringSSL takes the first credential that suits the client, and EC signs cheaper.
    List<OpenSslCredential> credentials =
        entry.chains().stream()
            .sorted(Comparator.comparing(CertificateEntry.Chain::isEc).reversed())
            .map(c -> OpenSslCredentialBuilder.forX509(c.key(), c.toArray()).build())
            .toList();
    try {
      return common(SslContextBuilder.forServer(NoKeys.INSTANCE), settings)
          .sslProvider(SslProvider.OPENSSL_REFCNT)
          .trustManager(NoClients.INSTANCE)
          .option(OpenSslContextOption.USE_TASKS, false)
          .option(OpenSslContextOption.GROUPS, settings.groups().toArray(String[]::new))
          .addCredentials(credentials)
          .build();
    } finally {
      credentials.forEach(OpenSslCredential::release);
    }
  }

  private static SslContext jsse(TlsSettings settings, CertificateEntry entry) throws SSLException {
    return common(SslContextBuilder.forServer(keyManagers(entry)), settings)
        .sslProvider(SslProvider.JDK)
        .build();
  }

  private static SslContextBuilder common(SslContextBuilder builder, TlsSettings settings) {
    TlsVersion min = settings.minVersion();
    TlsVersion max = settings.maxVersion();
    return builder
        .protocols(TlsVersion.protocols(min, max))
        .ciphers(
            CipherSuites.upTo(max, settings.cipherSuites()), IdentityCipherSuiteFilter.INSTANCE)
        .applicationProtocolConfig(alpn(settings.alpn()))
        .sessionTimeout(settings.sessionTimeoutSeconds());
  }

  static ApplicationProtocolConfig alpn(List<String> protocols) {
    return protocols.isEmpty()
        ? ApplicationProtocolConfig.DISABLED
        : new ApplicationProtocolConfig(
            Protocol.ALPN,
            SelectorFailureBehavior.NO_ADVERTISE,
            SelectedListenerFailureBehavior.ACCEPT,
            protocols);
  }

  private static KeyManagerFactory keyManagers(CertificateEntry entry) throws SSLException {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      char[] none = {};
      for (CertificateEntry.Chain chain : entry.chains()) {
        store.setKeyEntry(chain.key().getAlgorithm(), chain.key(), none, chain.toArray());
      }
      KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
      factory.init(store, none);
      return factory;
    } catch (GeneralSecurityException | IOException e) {
      throw new SSLException(entry.name() + ": the key cannot be used", e);
    }
  }

  private void tune(ReferenceCountedOpenSslContext openSsl) {
    OpenSslServerSessionContext sessions = sessions(openSsl);
    sessions.setSessionCacheEnabled(false);
    // Beside the ticket keys: BoringSSL resumes no session made under another id.
    sessions.setSessionIdContext(sessionId(clientPolicy));
  }

  private static OpenSslServerSessionContext sessions(ReferenceCountedOpenSslContext context) {
    return (OpenSslServerSessionContext) context.sessionContext();
  }

  private static byte[] sessionId(String clientPolicy) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      return sha256.digest(clientPolicy.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException("SHA-256 is part of every JDK", impossible);
    }
  }

  /** Replaces the ticket keys; connections already made are not affected. */
  void setTicketKeys(TicketKeys keys, long epoch) {
    if (tickets && context instanceof ReferenceCountedOpenSslContext openSsl) {
      OpenSslSessionTicketKey[] ring = keys.at(clientPolicy, epoch);
      sessions(openSsl).setTicketKeys(ring);
    }
  }

  /**
   * A handler for one connection; it keeps what it needs of the context alive.
   *
   * @throws io.netty.util.IllegalReferenceCountException if the context was released before
   */
  SslHandler newHandler(ByteBufAllocator allocator) {
    SslHandler handler = context.newHandler(allocator);
    if (!tickets && handler.engine() instanceof ReferenceCountedOpenSslEngine engine) {
      // Netty switches tickets on for each engine that may speak TLS 1.3.
      SSL.setOptions(engine.sslPointer(), SSL.SSL_OP_NO_TICKET);
    }
    return handler;
  }

  /** Frees the native memory once the last connection is done with it. */
  void release() {
    ReferenceCountUtil.release(context);
  }
}
