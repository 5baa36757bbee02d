package io.weir.control.health;

import static io.weir.control.health.TestBackend.answers;
import static io.weir.control.health.TestBackend.http;
import static io.weir.control.health.TestBackend.tls;
import static org.assertj.core.api.Assertions.assertThat;

import io.weir.config.Pool.HealthCheck;
import io.weir.control.health.TestBackend.Behaviour;
import io.weir.proxy.tls.UpstreamTls;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The server's TLS is the JDK's, the check's is the one of the data plane. */
class TlsProbeTest {
  private static final String NAME = "backend.example.com";
  private static final KeyPair KEY = key();
  private static final X509Certificate CERTIFICATE = certificate();
  private static final Behaviour WELL = overTls(answers("HTTP/1.1 200 OK\r\n\r\nfine"));

  private static KeyPair key() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(256);
      return generator.generateKeyPair();
    } catch (java.security.GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** Signed by itself, so that it is the authority to trust as well. */
  private static X509Certificate certificate() {
    X500Principal name = new X500Principal("CN=" + NAME);
    Instant now = Instant.now();
    try {
      return new JcaX509CertificateConverter()
          .getCertificate(
              new JcaX509v3CertificateBuilder(
                      name,
                      BigInteger.ONE,
                      Date.from(now.minus(Duration.ofDays(1))),
                      Date.from(now.plus(Duration.ofDays(1))),
                      name,
                      KEY.getPublic())
                  .addExtension(Extension.basicConstraints, true, new BasicConstraints(true))
                  .addExtension(
                      Extension.subjectAlternativeName,
                      false,
                      new GeneralNames(new GeneralName(GeneralName.dNSName, NAME)))
                  .build(new JcaContentSignerBuilder("SHA256withECDSA").build(KEY.getPrivate())));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static SSLContext serverContext() {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry("key", KEY.getPrivate(), new char[0], new X509Certificate[] {CERTIFICATE});
      KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
      keys.init(store, new char[0]);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), null, null);
      return context;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static Behaviour overTls(Behaviour behaviour) {
    SSLContext context = serverContext();
    return plain -> {
      try (SSLSocket socket =
          (SSLSocket) context.getSocketFactory().createSocket(plain, NAME, 0, true)) {
        socket.setUseClientMode(false);
        socket.startHandshake();
        behaviour.serve(socket);
      }
    };
  }

  private static UpstreamTls trusting(List<X509Certificate> authorities, @Nullable String name)
      throws Exception {
    UpstreamTls.Settings usual = UpstreamTls.Settings.defaults();
    return new UpstreamTls(
        new UpstreamTls.Settings(
            true,
            true,
            authorities,
            null,
            name,
            usual.minVersion(),
            List.of(),
            usual.alpn(),
            usual.handshakeTimeout()));
  }

  private static HealthResult ask(Behaviour behaviour, UpstreamTls tls, HealthCheck check)
      throws Exception {
    try (TestBackend server = new TestBackend(behaviour).overTls(tls)) {
      return Watch.ask(server.backend(), check);
    }
  }

  @Test
  void isWellWhenTheBackendIsWhoItShouldBe() throws Exception {
    UpstreamTls tls = trusting(List.of(CERTIFICATE), NAME);
    assertThat(ask(WELL, tls, tls())).isEqualTo(new HealthResult(true, "TLS handshake done"));
    assertThat(ask(WELL, tls, http())).isEqualTo(new HealthResult(true, "status 200"));
    assertThat(ask(WELL, tls, TestBackend.httpContaining("fine")).well()).isTrue();
    assertThat(ask(WELL, tls, TestBackend.httpContaining("other")).well()).isFalse();
  }

  @Test
  void isNotWellWithACertificateOfAnotherName() throws Exception {
    UpstreamTls tls = trusting(List.of(CERTIFICATE), "other.example.com");
    HealthResult result = ask(WELL, tls, http());
    assertThat(result.well()).isFalse();
    assertThat(result.detail()).contains("TLS");
  }

  @Test
  void isNotWellWithACertificateOfNobodyTrusted() throws Exception {
    assertThat(ask(WELL, trusting(List.of(), NAME), http()).well()).isFalse();
  }

  @Test
  void isNotWellWithoutTls() throws Exception {
    UpstreamTls tls = trusting(List.of(CERTIFICATE), NAME);
    Behaviour plain = socket -> TestBackend.write(socket, "HTTP/1.1 400 Bad Request\r\n\r\n");
    assertThat(ask(plain, tls, http()).well()).isFalse();
    assertThat(ask(socket -> {}, tls, tls()).detail()).contains("TLS handshake");
    assertThat(ask(TestBackend::hang, tls, http(50)).detail()).contains("no answer within 50 ms");
  }

  @Test
  void asksForAHandshakeAloneWhereRequestsGoInCleartext() throws Exception {
    try (TestBackend server = new TestBackend(WELL)) {
      assertThat(Watch.ask(server.backend(), tls()).well()).isTrue();
    }
    try (TestBackend server = new TestBackend(answers("HTTP/1.1 400 Bad\r\n\r\n"))) {
      assertThat(Watch.ask(server.backend(), TestBackend.tls(1000)).well()).isFalse();
    }
  }
}
