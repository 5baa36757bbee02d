package io.weir.proxy.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class UpstreamTlsTest {
  private static final TestPki PKI = new TestPki();
  private static final String NAME = "backend.internal.example.com";
  private static final SniTable ANY =
      SniTable.of(List.of(SniRow.terminate("default", PKI.entry(NAME, "127.0.0.1"))));

  @SuppressWarnings("NullAway.Init") // Each test starts its own.
  private TlsListenerForTest backend;

  @AfterEach
  void stop() {
    if (backend != null) {
      backend.close();
    }
  }

  private void start(TlsSettings settings) throws Exception {
    backend =
        new TlsListenerForTest(
            new TlsServer(settings, ANY, TicketKeys.random(), InstantSource.system()));
  }

  private static UpstreamTls.Settings settings(
      boolean verify,
      boolean verifyHostname,
      X509Certificate authority,
      @Nullable String serverName,
      List<String> alpn) {
    return new UpstreamTls.Settings(
        verify,
        verifyHostname,
        List.of(authority),
        null,
        serverName,
        TlsVersion.TLS_1_2,
        List.of(),
        alpn,
        Duration.ofSeconds(10));
  }

  private static UpstreamTls.Settings trusting(@Nullable String serverName) {
    return settings(true, true, PKI.authority, serverName, List.of("http/1.1"));
  }

  private NettyTlsClient connect(UpstreamTls upstream) throws Exception {
    return connect(upstream, backend.port());
  }

  private static NettyTlsClient connect(UpstreamTls upstream, int port) throws Exception {
    SslHandler handler =
        upstream.newHandler(
            ByteBufAllocator.DEFAULT,
            new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    return new NettyTlsClient(handler, port);
  }

  private void assertServed(UpstreamTls.Settings settings) throws Exception {
    try (UpstreamTls upstream = new UpstreamTls(settings);
        NettyTlsClient client = connect(upstream)) {
      assertThat(client.ask("x")).isEqualTo("echo: x");
    }
  }

  private void assertRefused(UpstreamTls.Settings settings) throws Exception {
    try (UpstreamTls upstream = new UpstreamTls(settings)) {
      assertThatThrownBy(() -> connect(upstream).close()).isInstanceOf(SSLException.class);
    }
    // The backend saw the connection end, and no session to send requests in.
    backend.nextRefusal();
  }

  @Test
  void verifiesTheBackendAndNamesIt() throws Exception {
    start(TlsSettings.defaults());
    assertServed(trusting(NAME));
    TlsSession session = backend.nextSession();
    assertThat(session.serverName()).asString(StandardCharsets.US_ASCII).isEqualTo(NAME);
    assertThat(session.alpn()).isEqualTo("http/1.1");
  }

  @Test
  void verifiesTheAddressIfNoServerNameIsSet() throws Exception {
    start(TlsSettings.defaults());
    SniTable named = SniTable.of(List.of(SniRow.terminate("default", PKI.entry(NAME))));
    try (UpstreamTls upstream = new UpstreamTls(trusting(null))) {
      InetSocketAddress address =
          new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), backend.port());
      new NettyTlsClient(upstream.newHandler(ByteBufAllocator.DEFAULT, address), backend.port())
          .close();
      backend.server.update(TlsSettings.defaults(), named);
      assertThatThrownBy(() ->
              new NettyTlsClient(
                      upstream.newHandler(
                          ByteBufAllocator.DEFAULT,
                          InetSocketAddress.createUnresolved("127.0.0.2", 1)),
                      backend.port())
                  .close())
          .isInstanceOf(SSLException.class);
    }
  }

  @Test
  void refusesABackendOfAnotherAuthority() throws Exception {
    start(TlsSettings.defaults().withVersions(TlsVersion.TLS_1_2, TlsVersion.TLS_1_2));
    assertRefused(settings(true, true, new TestPki().authority, NAME, List.of()));
  }

  @Test
  void refusesABackendUnderTheSystemsAuthoritiesUnlessTheyKnowIt() throws Exception {
    start(TlsSettings.defaults().withVersions(TlsVersion.TLS_1_2, TlsVersion.TLS_1_2));
    UpstreamTls.Settings defaults = UpstreamTls.Settings.defaults();
    assertThat(defaults.authorities()).isEmpty();
    assertRefused(defaults);
  }

  @Test
  void refusesABackendOfAnotherName() throws Exception {
    start(TlsSettings.defaults().withVersions(TlsVersion.TLS_1_2, TlsVersion.TLS_1_2));
    assertRefused(trusting("other.internal.example.com"));
  }

  @Test
  void letsTheNameGoWhenToldTo() throws Exception {
    start(TlsSettings.defaults());
    assertServed(settings(true, false, PKI.authority, "other.example.com", List.of()));
  }

  @Test
  void verifiesNothingWhenToldTo() throws Exception {
    start(TlsSettings.defaults());
    assertServed(settings(false, true, new TestPki().authority, "other.example.com", List.of()));
  }

  @Test
  void speaksHttp2IfOffered() throws Exception {
    start(TlsSettings.defaults());
    assertServed(settings(true, true, PKI.authority, NAME, List.of("h2", "http/1.1")));
    assertThat(backend.nextSession().alpn()).isEqualTo("h2");
  }

  @Test
  void refusesABackendBelowTheMinimumVersion() throws Exception {
    start(TlsSettings.defaults().withVersions(TlsVersion.TLS_1_2, TlsVersion.TLS_1_2));
    UpstreamTls.Settings tls13 =
        new UpstreamTls.Settings(
            true,
            true,
            List.of(PKI.authority),
            null,
            NAME,
            TlsVersion.TLS_1_3,
            List.of(),
            List.of(),
            Duration.ofSeconds(10));
    assertRefused(tls13);
  }

  @Test
  void offersOnlyTheSuitesConfigured() throws Exception {
    start(TlsSettings.defaults().withVersions(TlsVersion.TLS_1_2, TlsVersion.TLS_1_2));
    UpstreamTls.Settings chacha =
        new UpstreamTls.Settings(
            true,
            true,
            List.of(PKI.authority),
            null,
            NAME,
            TlsVersion.TLS_1_2,
            List.of("ECDHE-ECDSA-CHACHA20-POLY1305"),
            List.of(),
            Duration.ofSeconds(10));
    assertServed(chacha);
    assertThat(backend.nextSession().cipher())
        .asString(StandardCharsets.US_ASCII)
        .isEqualTo("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256");
  }

  @ParameterizedTest
  @EnumSource
  void resumesSessions(TlsVersion version) throws Exception {
    start(TlsSettings.defaults().withVersions(version, version));
    try (UpstreamTls upstream = new UpstreamTls(trusting(NAME))) {
      for (boolean resumed : new boolean[] {false, true, true}) {
        try (NettyTlsClient client = connect(upstream)) {
          assertThat(client.ask("x")).isEqualTo("echo: x");
        }
        assertThat(backend.nextSession().resumed()).isEqualTo(resumed);
      }
    }
  }

  @Test
  void presentsItsCertificateIfAsked() throws Exception {
    CertificateEntry.Chain own = PKI.chain(TestPki.ec(), "lb.example.com");
    UpstreamTls.Settings settings =
        new UpstreamTls.Settings(
            true,
            true,
            List.of(PKI.authority),
            own,
            NAME,
            TlsVersion.TLS_1_2,
            List.of(),
            List.of(),
            Duration.ofSeconds(10));
    try (SSLServerSocket demanding = demandingBackend();
        UpstreamTls upstream = new UpstreamTls(settings)) {
      CompletableFuture<X509Certificate> seen =
          CompletableFuture.supplyAsync(() -> acceptOne(demanding));
      try (NettyTlsClient client = connect(upstream, demanding.getLocalPort())) {
        assertThat(client.leaf()).isNotNull();
        assertThat(seen.get()).isEqualTo(own.leaf());
      }
    }
  }

  private static X509Certificate acceptOne(SSLServerSocket server) {
    try (SSLSocket socket = (SSLSocket) server.accept()) {
      socket.startHandshake();
      return (X509Certificate) socket.getSession().getPeerCertificates()[0];
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static SSLServerSocket demandingBackend() throws Exception {
    KeyPair key = TestPki.ec();
    KeyStore keys = KeyStore.getInstance("PKCS12");
    keys.load(null, null);
    keys.setKeyEntry("k", key.getPrivate(), new char[0], PKI.chain(key, NAME).toArray());
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("ca", PKI.authority);
    KeyManagerFactory keyManagers = KeyManagerFactory.getInstance("PKIX");
    keyManagers.init(keys, new char[0]);
    TrustManagerFactory trustManagers = TrustManagerFactory.getInstance("PKIX");
    trustManagers.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keyManagers.getKeyManagers(), trustManagers.getTrustManagers(), null);
    SSLServerSocket socket =
        (SSLServerSocket)
            context
                .getServerSocketFactory()
                .createServerSocket(0, 1, InetAddress.getLoopbackAddress());
    socket.setNeedClientAuth(true);
    return socket;
  }
}
