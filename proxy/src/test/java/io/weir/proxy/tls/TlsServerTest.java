package io.weir.proxy.tls;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.OpenSslSession;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real handshakes over loopback, by OpenSSL's s_client where the client must be somebody else's
 * code, by Netty on BoringSSL where OpenSSL is too old for the group.
 */
class TlsServerTest {
  private static final TestPki PKI = new TestPki();
  private static final CertificateEntry API = PKI.entry("api.example.com");
  private static final CertificateEntry WILD = PKI.entry("*.example.com");
  private static final CertificateEntry BOTH =
      new CertificateEntry(
          "both",
          List.of(
              PKI.chain(TestPki.rsa(), "both.example.com"),
              PKI.chain(TestPki.ec(), "both.example.com")));
  private static final SniTable NAMES =
      SniTable.of(
          List.of(
              SniRow.terminate("api.example.com", API),
              SniRow.terminate("*.example.com", WILD),
              SniRow.terminate("both.example.com", BOTH),
              new SniRow("staff.example.com", API, null, "staff"),
              SniRow.passThrough("raw.example.com", "raw-pool")));

  @TempDir Path folder;
  private Instant now = Instant.now();
  private final InstantSource clock = () -> now;

  @SuppressWarnings("NullAway.Init") // Each test starts its own.
  private TlsListenerForTest listener;

  private void start(TlsSettings settings, SniTable names) throws Exception {
    listener = new TlsListenerForTest(new TlsServer(settings, names, TicketKeys.random(), clock));
  }

  private void start() throws Exception {
    start(TlsSettings.defaults(), NAMES);
  }

  @AfterEach
  void stop() {
    if (listener != null) {
      listener.close();
    }
  }

  // What s_client says.

  private String sClient(String name, String... options) throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/openssl")), "no openssl on this machine");
    List<String> command =
        Stream.concat(
                Stream.of(
                    "openssl", "s_client", "-connect", "127.0.0.1:" + listener.port(), "-ign_eof"),
                Stream.concat(
                    name.isEmpty() ? Stream.of("-noservername") : Stream.of("-servername", name),
                    Stream.of(options)))
            .toList();
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (OutputStream in = process.getOutputStream()) {
      // The listener's echo handler closes after a line that says so.
      in.write("quit\n".getBytes(StandardCharsets.US_ASCII));
    } catch (IOException refused) {
      // It has gone already.
    }
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    return output;
  }

  private static String subject(String name) {
    return "subject=CN = " + name;
  }

  @Test
  void speaksTls13ByDefault() throws Exception {
    start();
    assertThat(sClient("api.example.com"))
        .contains(subject("api.example.com"), "New, TLSv1.3", "echo: quit");
    TlsSession session = listener.nextSession();
    assertThat(session.protocol()).asString(StandardCharsets.US_ASCII).isEqualTo("TLSv1.3");
    assertThat(session.cipher()).asString(StandardCharsets.US_ASCII).startsWith("TLS_AES_256_GCM");
    assertThat(session.serverName())
        .asString(StandardCharsets.US_ASCII)
        .isEqualTo("api.example.com");
    assertThat(session.resumed()).isFalse();
    assertThat(session.alpn()).isNull();
  }

  @Test
  void speaksTls12() throws Exception {
    start();
    assertThat(sClient("api.example.com", "-tls1_2", "-alpn", "http/1.1"))
        .contains("New, TLSv1.2, Cipher is ECDHE-ECDSA-AES256-GCM-SHA384", "echo: quit");
    TlsSession session = listener.nextSession();
    assertThat(session.protocol()).asString(StandardCharsets.US_ASCII).isEqualTo("TLSv1.2");
    assertThat(session.cipher())
        .asString(StandardCharsets.US_ASCII)
        .isEqualTo("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
    assertThat(session.alpn()).isEqualTo("http/1.1");
  }

  @Test
  void refusesTls11() throws Exception {
    start();
    assertThat(sClient("api.example.com", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"))
        .contains("no peer certificate available")
        .doesNotContain("echo: quit");
    assertThat(listener.nextRefusal()).isEqualTo(TlsRefusal.HANDSHAKE_FAILED);
  }

  @Test
  void refusesCbcAndStaticRsaSuites() throws Exception {
    start();
    for (String suite : List.of("ECDHE-RSA-AES128-SHA256", "AES128-GCM-SHA256", "AES256-SHA")) {
      assertThat(sClient("both.example.com", "-tls1_2", "-cipher", suite + ":@SECLEVEL=0"))
          .contains("handshake failure");
      assertThat(listener.nextRefusal()).isEqualTo(TlsRefusal.HANDSHAKE_FAILED);
    }
  }

  @Test
  void keepsToTheVersionsConfigured() throws Exception {
    start(TlsSettings.defaults().withVersions(TlsVersion.TLS_1_3, TlsVersion.TLS_1_3), NAMES);
    assertThat(sClient("api.example.com", "-tls1_2")).contains("alert protocol version");
    assertThat(sClient("api.example.com")).contains("New, TLSv1.3");
    listener.server.update(
        TlsSettings.defaults().withVersions(TlsVersion.TLS_1_2, TlsVersion.TLS_1_2), NAMES);
    assertThat(sClient("api.example.com", "-tls1_3")).contains("alert protocol version");
    assertThat(sClient("api.example.com")).contains("New, TLSv1.2");
  }

  @Test
  void servesWildcardsForOneLabel() throws Exception {
    start();
    assertThat(sClient("x.example.com")).contains(subject("*.example.com"));
    assertThat(sClient("X.Example.COM.")).contains(subject("*.example.com"));
  }

  @Test
  void revealsNoCertificateForAnUnknownName() throws Exception {
    start();
    assertThat(sClient("x.y.example.com"))
        .contains("unrecognized name", "no peer certificate available");
    assertThat(listener.nextRefusal()).isEqualTo(TlsRefusal.UNRECOGNIZED_NAME);
    assertThat(sClient("")).contains("unrecognized name");
  }

  @Test
  void servesTheDefaultIfThereIsOne() throws Exception {
    start(TlsSettings.defaults(), SniTable.of(List.of(SniRow.terminate("default", API))));
    assertThat(sClient("unknown.example.org")).contains(subject("api.example.com"));
    assertThat(sClient("")).contains("api.example.com");
  }

  @Test
  void givesEachClientTheKeyItCanVerify() throws Exception {
    start();
    String rsaOnly = "RSA-PSS+SHA256:RSA+SHA256";
    assertThat(sClient("both.example.com")).contains("Peer signature type: ECDSA");
    assertThat(sClient("both.example.com", "-tls1_2", "-cipher", "ECDHE-RSA-AES256-GCM-SHA384"))
        .contains("Cipher is ECDHE-RSA-AES256-GCM-SHA384");
    assertThat(sClient("both.example.com", "-sigalgs", rsaOnly))
        .contains("Peer signature type: RSA-PSS", "New, TLSv1.3");
    assertThat(sClient("both.example.com", "-sigalgs", "ECDSA+SHA256"))
        .contains("Peer signature type: ECDSA");
    assertThat(sClient("api.example.com", "-sigalgs", rsaOnly)).contains("handshake failure");
  }

  @Test
  void agreesOnAnApplicationProtocolInItsOwnOrder() throws Exception {
    start();
    assertThat(sClient("api.example.com", "-alpn", "http/1.1,h2")).contains("ALPN protocol: h2");
    assertThat(listener.nextSession().alpn()).isEqualTo("h2");
    assertThat(sClient("api.example.com", "-alpn", "ftp")).contains("no application protocol");
    assertThat(listener.nextRefusal()).isEqualTo(TlsRefusal.NO_APPLICATION_PROTOCOL);
    listener.server.update(TlsSettings.defaults().withAlpn(List.of()), NAMES);
    assertThat(sClient("api.example.com", "-alpn", "ftp")).contains("No ALPN negotiated");
  }

  @Test
  void curlIsServed() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/curl")), "no curl on this machine");
    start();
    Path authority = TestPki.write(folder, "ca.pem", TestPki.pem(PKI.authority));
    Process curl =
        new ProcessBuilder(
                "curl",
                "-sv",
                "--http1.1",
                "--cacert",
                authority.toString(),
                "--resolve",
                "api.example.com:" + listener.port() + ":127.0.0.1",
                "https://api.example.com:" + listener.port() + "/quit")
            .redirectErrorStream(true)
            .start();
    String output = new String(curl.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    assertThat(output).contains("SSL certificate verify ok");
    assertThat(listener.nextSession().alpn()).isEqualTo("http/1.1");
  }

  // Sessions.

  private void assertResumed(String name, String version, boolean resumed, Path session)
      throws Exception {
    String output = sClient(name, version, "-sess_in", session.toString());
    assertThat(output).contains("echo: quit");
    assertThat(output.contains("Reused, TLSv1")).as(output).isEqualTo(resumed);
  }

  private Path session(String name, String version) throws Exception {
    Path file = folder.resolve(name + version);
    assertThat(sClient(name, version, "-sess_out", file.toString())).contains("New, TLSv1");
    listener.nextSession();
    return file;
  }

  @Test
  void resumesSessionsByTicket() throws Exception {
    start();
    for (String version : List.of("-tls1_2", "-tls1_3")) {
      Path session = session("api.example.com", version);
      assertResumed("api.example.com", version, true, session);
      assertThat(listener.nextSession().resumed()).isTrue();
    }
  }

  @Test
  void resumesAcrossContextsAndHotSwaps() throws Exception {
    start();
    for (String version : List.of("-tls1_2", "-tls1_3")) {
      Path session = session("api.example.com", version);
      assertResumed("both.example.com", version, true, session);
      CertificateEntry renewed = PKI.entry("api.example.com");
      listener.server.update(
          TlsSettings.defaults(),
          SniTable.of(List.of(SniRow.terminate("api.example.com", renewed))));
      assertResumed("api.example.com", version, true, session);
      listener.server.update(TlsSettings.defaults(), NAMES);
    }
  }

  @Test
  void resumesOnAnotherInstanceWithTheSameSecret() throws Exception {
    byte[] secret = new byte[32];
    listener =
        new TlsListenerForTest(
            new TlsServer(TlsSettings.defaults(), NAMES, TicketKeys.shared(secret), clock));
    Path tls12 = session("api.example.com", "-tls1_2");
    Path tls13 = session("api.example.com", "-tls1_3");
    listener.close();
    listener =
        new TlsListenerForTest(
            new TlsServer(TlsSettings.defaults(), NAMES, TicketKeys.shared(secret), clock));
    assertResumed("api.example.com", "-tls1_2", true, tls12);
    assertResumed("api.example.com", "-tls1_3", true, tls13);
  }

  @Test
  void neverResumesAcrossClientCertificatePolicies() throws Exception {
    start();
    for (String version : List.of("-tls1_2", "-tls1_3")) {
      assertResumed("staff.example.com", version, false, session("api.example.com", version));
      assertResumed("api.example.com", version, false, session("staff.example.com", version));
    }
  }

  @Test
  void forgetsSessionsWhenTheirKeysHaveRotatedAway() throws Exception {
    start();
    for (String version : List.of("-tls1_2", "-tls1_3")) {
      Path session = session("api.example.com", version);
      now = now.plusSeconds(1800);
      assertResumed("api.example.com", version, true, session);
      now = now.plusSeconds(1800);
      assertResumed("api.example.com", version, false, session);
    }
  }

  @Test
  void opensTicketsOfInstancesWhoseClockIsAhead() throws Exception {
    start();
    now = now.plusSeconds(1800);
    Path session = session("api.example.com", "-tls1_3");
    now = now.minusSeconds(1800);
    assertResumed("api.example.com", "-tls1_3", true, session);
  }

  @Test
  void resumesNothingWhenTicketsAreOff() throws Exception {
    start(TlsSettings.defaults().withSessions(false, 3600), NAMES);
    for (String version : List.of("-tls1_2", "-tls1_3")) {
      Path session = folder.resolve("none" + version);
      assertThat(sClient("api.example.com", version, "-sess_out", session.toString()))
          .contains("New, TLSv1")
          .doesNotContain("session ticket:");
      if (Files.exists(session)) {
        assertResumed("api.example.com", version, false, session);
      }
    }
  }

  // Hot swap.

  @Test
  void servesTheNewCertificateWhileOldConnectionsGoOn() throws Exception {
    start();
    try (NettyTlsClient old = client("api.example.com")) {
      CertificateEntry renewed = PKI.entry("api.example.com", "renewed.example.com");
      listener.server.update(
          TlsSettings.defaults(),
          SniTable.of(List.of(SniRow.terminate("api.example.com", renewed))));
      try (NettyTlsClient fresh = client("api.example.com")) {
        assertThat(fresh.leaf()).isEqualTo(renewed.chains().getFirst().leaf());
        assertThat(old.leaf()).isEqualTo(API.chains().getFirst().leaf());
        assertThat(old.ask("still here")).isEqualTo("echo: still here");
        assertThat(fresh.ask("here too")).isEqualTo("echo: here too");
      }
    }
  }

  @Test
  void keepsWhatIsServedWhenAnUpdateIsRefused() throws Exception {
    start();
    TlsSettings defaults = TlsSettings.defaults();
    TlsSettings impossible =
        new TlsSettings(
            defaults.minVersion(),
            defaults.maxVersion(),
            defaults.cipherSuites(),
            List.of("no-such-group"),
            true,
            3600,
            defaults.alpn(),
            defaults.handshakeTimeout(),
            1);
    assertThatThrownBy(() -> listener.server.update(impossible, NAMES))
        .isInstanceOf(SSLException.class)
        .hasMessageContaining("no-such-group");
    assertThat(sClient("api.example.com")).contains("echo: quit");
  }

  @Test
  void survivesManyUpdatesDuringHandshakes() throws Exception {
    start();
    Thread updates =
        Thread.ofPlatform()
            .start(() -> {
              try {
                while (!Thread.interrupted()) {
                  SniRow row = SniRow.terminate("api.example.com", PKI.entry("api.example.com"));
                  listener.server.update(TlsSettings.defaults(), SniTable.of(List.of(row)));
                }
              } catch (SSLException e) {
                throw new AssertionError(e);
              }
            });
    for (int i = 0; i < 100; i++) {
      try (NettyTlsClient client = client("api.example.com")) {
        assertThat(client.ask("x")).isEqualTo("echo: x");
      }
    }
    updates.interrupt();
    updates.join();
  }

  private NettyTlsClient client(String name) throws Exception {
    return new NettyTlsClient(
        SslContextBuilder.forClient()
            .sslProvider(SslProvider.OPENSSL)
            .trustManager(InsecureTrustManagerFactory.INSTANCE)
            .option(OpenSslContextOption.GROUPS, new String[] {"X25519MLKEM768", "X25519", "P-256"})
            .build(),
        name,
        listener.port());
  }

  @Test
  void agreesOnTheHybridGroupByDefault() throws Exception {
    start();
    try (NettyTlsClient client = client("api.example.com")) {
      assertThat(((OpenSslSession) client.session()).getNamedGroup()).isEqualTo("X25519MLKEM768");
    }
    assertThat(sClient("api.example.com", "-groups", "P-384")).contains("ECDH, secp384r1");
    assertThat(sClient("api.example.com", "-groups", "P-521")).contains("handshake failure");
  }

  // Bytes by hand.

  private byte[] exchange(byte[] sent) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), listener.port())) {
      socket.setSoTimeout(10_000);
      socket.setTcpNoDelay(true);
      OutputStream out = socket.getOutputStream();
      out.write(sent);
      out.flush();
      InputStream in = socket.getInputStream();
      return in.readNBytes(7);
    }
  }

  private static byte[] alert(int description) {
    return Hellos.bytes(21, 3, 3, 0, 2, 2, description);
  }

  @Test
  void refusesGarbageWithoutAnAnswer() throws Exception {
    start();
    assertThat(exchange("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII))).isEmpty();
    assertThat(listener.nextRefusal()).isEqualTo(TlsRefusal.NOT_TLS);
  }

  @Test
  void givesAnUnreadableHelloAnAlertAndNeverTheDefault() throws Exception {
    start(TlsSettings.defaults(), SniTable.of(List.of(SniRow.terminate("default", API))));
    byte[] twoNames =
        Hellos.message(Hellos.serverName("a.example.com"), Hellos.serverName("b.example.com"));
    assertThat(exchange(Hellos.records(twoNames, 1 << 14))).isEqualTo(alert(50));
    assertThat(listener.nextRefusal()).isEqualTo(TlsRefusal.UNREADABLE_HELLO);
    byte[] tooLarge = Hellos.concat(Hellos.bytes(22, 3, 1, 0, 4), Hellos.bytes(1, 9, 0, 0));
    assertThat(exchange(tooLarge)).isEqualTo(alert(47));
    assertThat(listener.nextRefusal()).isEqualTo(TlsRefusal.HELLO_TOO_LARGE);
  }

  @Test
  void answersAnUnknownNameWithOneAlert() throws Exception {
    start();
    assertThat(exchange(Hellos.records(Hellos.hello("nobody.example.org", 0), 1 << 14)))
        .isEqualTo(alert(112));
  }

  @Test
  void readsAHelloInOneByteRecords() throws Exception {
    start();
    // BoringSSL gets as far as the missing key exchange extensions, so it read the hello.
    assertThat(exchange(Hellos.records(Hellos.hello("api.example.com", 300), 1)))
        .startsWith(21, 3)
        .isNotEqualTo(alert(50));
    assertThat(listener.nextHello()).isEqualTo("api.example.com");
  }

  @Test
  void completesAHandshakeWhoseHelloCameInOneByteRecordsAndSegments() throws Exception {
    start();
    try (OneByteRecords front = new OneByteRecords(listener.port());
        NettyTlsClient client =
            new NettyTlsClient(
                SslContextBuilder.forClient()
                    .sslProvider(SslProvider.OPENSSL)
                    .trustManager(InsecureTrustManagerFactory.INSTANCE)
                    .build(),
                "api.example.com",
                front.port())) {
      assertThat(client.ask("slowly")).isEqualTo("echo: slowly");
    }
  }

  @Test
  void passesTheUntouchedBytesOn() throws Exception {
    start();
    byte[] wire = Hellos.records(Hellos.hello("raw.example.com", 100), 7);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), listener.port())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(wire);
      socket.getOutputStream().write("and more".getBytes(StandardCharsets.US_ASCII));
      byte[] expected = Hellos.concat(wire, "and more".getBytes(StandardCharsets.US_ASCII));
      assertThat(socket.getInputStream().readNBytes(expected.length)).isEqualTo(expected);
    }
    assertThat(requireNonNull(listener.passedThrough).pool()).isEqualTo("raw-pool");
  }

  @Test
  void closesWhenTheHelloDoesNotComeInTime() throws Exception {
    start(TlsSettings.defaults().withHandshakeTimeout(Duration.ofMillis(200)), NAMES);
    assertThat(exchange(Hellos.bytes(22, 3, 1, 2))).isEmpty();
    assertThat(listener.nextRefusal()).isEqualTo(TlsRefusal.HANDSHAKE_TIMEOUT);
  }

  @Test
  void closesWhenTheHandshakeStops() throws Exception {
    start(TlsSettings.defaults().withHandshakeTimeout(Duration.ofMillis(500)), NAMES);
    SSLEngine engine =
        requireNonNull(SSLContext.getDefault()).createSSLEngine("api.example.com", 443);
    engine.setUseClientMode(true);
    ByteBuffer hello = ByteBuffer.allocate(1 << 15);
    engine.wrap(ByteBuffer.allocate(0), hello);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), listener.port())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(hello.array(), 0, hello.position());
      assertThat(socket.getInputStream().readAllBytes()).startsWith(22, 3, 3);
    }
    assertThat(listener.nextRefusal()).isEqualTo(TlsRefusal.HANDSHAKE_TIMEOUT);
  }

  @Test
  void givesUpTheOldestOfTooManyHandshakes() throws Exception {
    start(TlsSettings.defaults().withPendingHandshakes(2), NAMES);
    try (Socket oldest = new Socket(InetAddress.getLoopbackAddress(), listener.port());
        Socket second = new Socket(InetAddress.getLoopbackAddress(), listener.port());
        Socket third = new Socket(InetAddress.getLoopbackAddress(), listener.port())) {
      oldest.setSoTimeout(10_000);
      assertThat(oldest.getInputStream().read()).isEqualTo(-1);
      assertThat(listener.nextRefusal()).isEqualTo(TlsRefusal.TOO_MANY_HANDSHAKES);
      assertThat(sClient("api.example.com")).contains("echo: quit");
      assertThat(listener.nextRefusal()).isEqualTo(TlsRefusal.TOO_MANY_HANDSHAKES);
      assertThat(second.isConnected() && third.isConnected()).isTrue();
    }
  }

  /** Types commands of s_client, one for each answer, until it ends or has typed them all. */
  private String typed(String command, String answer, int times, String... options)
      throws Exception {
    List<String> line =
        Stream.concat(
                Stream.of("openssl", "s_client", "-connect", "127.0.0.1:" + listener.port()),
                Stream.concat(Stream.of("-servername", "api.example.com"), Stream.of(options)))
            .toList();
    Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
    StringBuilder output = new StringBuilder();
    try (OutputStream in = process.getOutputStream();
        InputStream out = process.getInputStream()) {
      readTo(out, "Verify return code", output);
      for (int i = 0; i < times && process.isAlive(); i++) {
        in.write((command + "\n").getBytes(StandardCharsets.US_ASCII));
        in.flush();
        readTo(out, answer, output);
      }
      in.write("quit\n".getBytes(StandardCharsets.US_ASCII));
      in.flush();
      output.append(new String(out.readAllBytes(), StandardCharsets.ISO_8859_1));
    } catch (IOException ended) {
      output.append("ended");
    }
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    return output.toString();
  }

  private static void readTo(InputStream in, String mark, StringBuilder output) throws IOException {
    int from = output.length();
    while (output.indexOf(mark, from) < 0) {
      int octet = in.read();
      if (octet < 0) {
        return;
      }
      output.append((char) octet);
    }
  }

  @Test
  void refusesRenegotiation() throws Exception {
    start();
    assertThat(typed("R", "RENEGOTIATING", 1, "-tls1_2")).doesNotContain("echo: quit");
  }

  @Test
  void endsAFloodOfKeyUpdates() throws Exception {
    start();
    assertThat(typed("k", "KEYUPDATE", 10)).contains("echo: quit");
    assertThat(typed("k", "KEYUPDATE", 40)).doesNotContain("echo: quit");
  }

  @Test
  void completesAHandshakeWhoseHelloIsLarge() throws Exception {
    start();
    byte[] wire = Hellos.records(Hellos.hello("api.example.com", 9_000), 1);
    assertThat(wire).hasSizeGreaterThan(ClientHello.MAX_LENGTH - (12 << 10));
    assertThat(exchange(wire)).startsWith(21, 3).isNotEqualTo(alert(50));
    assertThat(listener.nextHello()).isEqualTo("api.example.com");
  }

  @Test
  void saysWhenTheClientLeftBeforeItsHello() throws Exception {
    start();
    new Socket(InetAddress.getLoopbackAddress(), listener.port()).close();
    assertThat(listener.nextRefusal()).isEqualTo(TlsRefusal.CLIENT_CLOSED);
  }

  @Test
  void servesByTheJdkWhereBoringSslIsMissing() throws Exception {
    TlsSettings plain = TlsSettings.defaults();
    listener =
        new TlsListenerForTest(
            new TlsServer(plain, NAMES, TicketKeys.random(), clock, SslProvider.JDK));
    assertThat(sClient("both.example.com", "-alpn", "h2"))
        .contains("New, TLSv1.3", "ALPN protocol: h2", "Peer signature type: ECDSA", "echo: quit");
    assertThat(sClient("both.example.com", "-tls1_2", "-cipher", "ECDHE-RSA-AES256-GCM-SHA384"))
        .contains("Cipher is ECDHE-RSA-AES256-GCM-SHA384", "echo: quit");
    assertThat(sClient("unknown.example.org")).contains("unrecognized name");
  }
}
