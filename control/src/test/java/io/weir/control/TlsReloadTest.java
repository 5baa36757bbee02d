package io.weir.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.proxy.ListeningSockets;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Certificates that change under a proxy that serves, seen by a real TLS client. */
class TlsReloadTest {
  @TempDir Path folder;
  private TestBackend backend;

  @BeforeEach
  void start() throws Exception {
    backend = new TestBackend("secret");
    Files.writeString(
        folder.resolve("weir.yaml"),
        """
        workers: 1
        management: off
        access_log: off
        certificates:
          - {name: api, certificate: api.pem, key: api.key}
        listeners:
          - {name: web, address: "127.0.0.1:0", protocol: https, certificates: [api], pool: app}
        pools:
          - {name: app, backends: [{address: "%s"}]}
        """
            .formatted(backend.address()));
    TestCertificates.write(folder, "api", "EC", 1, "api.example.com");
  }

  @AfterEach
  void stop() {
    backend.close();
  }

  private Controller started(Duration watchEvery) throws Exception {
    Options options = new Options("test", watchEvery);
    return Controller.start(folder.resolve("weir.yaml"), ListeningSockets.none(), options);
  }

  private static SSLSocket connect(Controller controller, String name) throws Exception {
    var channels = controller.proxy().listeningSockets().values().iterator().next();
    int port = ((InetSocketAddress) channels.getFirst().localAddress()).getPort();
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {new TrustsAnybody()}, new SecureRandom());
    SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setServerNames(List.of(new SNIHostName(name)));
    socket.setSSLParameters(parameters);
    socket.setSoTimeout(10_000);
    socket.startHandshake();
    return socket;
  }

  private static int serial(SSLSocket socket) throws SSLException {
    X509Certificate shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
    return shown.getSerialNumber().intValueExact();
  }

  private static String get(SSLSocket socket) throws IOException {
    String request = "GET / HTTP/1.1\r\nHost: api.example.com\r\n\r\n";
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    StringBuilder answer = new StringBuilder();
    while (answer.indexOf("secret") < 0) {
      int octet = socket.getInputStream().read();
      if (octet < 0) {
        throw new IOException("closed after: " + answer);
      }
      answer.append((char) octet);
    }
    return answer.toString();
  }

  @Test
  void servesTheNewCertificateAndKeepsTheConnectionsOfTheOld() throws Exception {
    try (Controller controller = started(Duration.ofMillis(20));
        SSLSocket before = connect(controller, "api.example.com")) {
      assertThat(serial(before)).isEqualTo(1);
      assertThat(get(before))
          .contains("strict-transport-security: max-age=31536000; includeSubDomains; preload");
      TestCertificates.write(folder, "api", "RSA", 2, "api.example.com");
      while (controller.status().reloads() == 0) {
        Thread.sleep(10);
      }
      try (SSLSocket after = connect(controller, "api.example.com")) {
        assertThat(serial(after)).isEqualTo(2);
        assertThat(get(after)).startsWith("HTTP/1.1 200");
      }
      assertThat(get(before)).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void refusesTheKeyOfAnotherCertificateAndGoesOn() throws Exception {
    try (Controller controller = started(Duration.ZERO)) {
      TestCertificates.write(folder, "other", "EC", 3, "api.example.com");
      Files.copy(
          folder.resolve("other.key"),
          folder.resolve("api.key"),
          java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      assertThat(controller.reload()).isNotEmpty();
      try (SSLSocket socket = connect(controller, "api.example.com")) {
        assertThat(serial(socket)).isEqualTo(1);
      }
    }
  }

  @Test
  void showsNoCertificateToAnUnknownName() throws Exception {
    try (Controller controller = started(Duration.ZERO)) {
      assertThatThrownBy(() -> connect(controller, "www.example.com"))
          .isInstanceOf(SSLException.class);
    }
  }

  @Test
  void swapsCertificatesManyTimesWhileClientsCome() throws Exception {
    try (Controller controller = started(Duration.ZERO)) {
      for (int serial = 10; serial < 40; serial++) {
        TestCertificates.write(folder, "api", "EC", serial, "api.example.com");
        assertThat(controller.reload()).isEmpty();
        assertThat(controller.reload()).as("and again, unchanged").isEmpty();
        try (SSLSocket socket = connect(controller, "api.example.com")) {
          assertThat(serial(socket)).isEqualTo(serial);
          assertThat(get(socket)).startsWith("HTTP/1.1 200");
        }
      }
    }
  }

  /** The certificates are the test's own; what is looked at is which one is shown. */
  private static final class TrustsAnybody extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
