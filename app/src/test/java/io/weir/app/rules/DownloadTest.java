package io.weir.app.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.weir.app.demo.SelfSignedCertificate;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a real server with a certificate of its own. */
class DownloadTest {
  @TempDir private Path folder;

  private HttpsServer server;
  private SSLContext tls;

  @BeforeEach
  void serve() throws Exception {
    tls = tls();
    server = HttpsServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(tls));
    server.createContext("/", this::answer);
    server.start();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      switch (exchange.getRequestURI().getPath()) {
        case "/release" -> {
          byte[] archive = TarWriter.release("4.1.0", TarWriter.RULE).tarGz();
          exchange.sendResponseHeaders(200, archive.length);
          exchange.getResponseBody().write(archive);
        }
        case "/moved" -> {
          exchange.getResponseHeaders().set("Location", "/release");
          exchange.sendResponseHeaders(302, -1);
        }
        case "/plain" -> {
          exchange.getResponseHeaders().set("Location", "http://127.0.0.1:1/release");
          exchange.sendResponseHeaders(302, -1);
        }
        case "/endless" -> {
          exchange.sendResponseHeaders(200, 0);
          while (true) {
            exchange.getResponseBody().write(new byte[8192]);
          }
        }
        default -> exchange.sendResponseHeaders(404, -1);
      }
    }
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void fetchesAndInstallsARelease() throws Exception {
    RuleStore store = new RuleStore(folder.resolve("store"));
    Path same = TarWriter.release("4.1.0", TarWriter.RULE).tarGz(folder.resolve("same"));
    RuleFolder set =
        new Installer(store, new Download(tls))
            .install("owasp_crs_v4", uri("/moved"), Archive.sha256(same));
    assertThat(set.version()).isEqualTo("4.1.0");
    assertThat(set.compile().ruleCount()).isPositive();
  }

  @Test
  void refusesServersItCannotTrust() {
    assertThatThrownBy(() -> fetch(new Download(SSLContext.getDefault()), "/release"))
        .isInstanceOf(IOException.class)
        .hasStackTraceContaining("certification path");
  }

  @Test
  void doesNotLeaveHttps() {
    assertThatThrownBy(() -> fetch(new Download(tls), "/plain")).hasMessageContaining("status 302");
  }

  @Test
  void endsWhatHasNoEnd() {
    assertThatThrownBy(() -> fetch(new Download(tls), "/endless"))
        .hasMessageContaining("more than 100000 octets");
  }

  @Test
  void saysThatThereIsNoSuchFile() {
    assertThatThrownBy(() -> fetch(new Download(tls), "/nothing"))
        .hasMessageContaining("status 404");
  }

  private void fetch(Download download, String path) throws IOException, InterruptedException {
    download.fetch(uri(path), folder.resolve("fetched"), 100_000);
  }

  private URI uri(String path) {
    return URI.create("https://127.0.0.1:" + server.getAddress().getPort() + path);
  }

  private SSLContext tls() throws Exception {
    Path pem = folder.resolve("server.pem");
    Path key = folder.resolve("server.key");
    SelfSignedCertificate.write(pem, key);
    char[] none = {};
    KeyStore keys = KeyStore.getInstance("PKCS12");
    keys.load(null, none);
    try (InputStream in = Files.newInputStream(pem)) {
      Certificate certificate = CertificateFactory.getInstance("X.509").generateCertificate(in);
      String encoded = Files.readString(key).replaceAll("-----[A-Z ]+-----", "");
      byte[] der = Base64.getMimeDecoder().decode(encoded);
      keys.setKeyEntry(
          "server",
          KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der)),
          none,
          new Certificate[] {certificate});
      keys.setCertificateEntry("trusted", certificate);
    }
    KeyManagerFactory own = KeyManagerFactory.getInstance("PKIX");
    own.init(keys, none);
    TrustManagerFactory trusted = TrustManagerFactory.getInstance("PKIX");
    trusted.init(keys);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(own.getKeyManagers(), trusted.getTrustManagers(), null);
    return context;
  }
}
