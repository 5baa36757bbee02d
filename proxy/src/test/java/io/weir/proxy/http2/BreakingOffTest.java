package io.weir.proxy.http2;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.proxy.ListenerSettings.ClientTimeouts;
import io.weir.proxy.ListenerSettings.ConnectionLimits;
import io.weir.proxy.http.HeadLimits;
import io.weir.proxy.tls.SniRow;
import io.weir.proxy.tls.SniTable;
import io.weir.proxy.tls.TicketKeys;
import io.weir.proxy.tls.TlsServer;
import io.weir.proxy.tls.TlsSettings;
import io.weir.proxy.upstream.PoolSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.Test;

/** What is broken off ends in a reset, on both sides, and nothing else does. */
class BreakingOffTest {
  private static final long SECOND = ProxyFixture.SECOND;
  private static final String HEAD = "Host: www.example.com\r\n";

  private static ServerSocket backend() throws IOException {
    return new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  }

  private static ProxyFixture proxy(ServerSocket backend) throws IOException {
    return proxy(new InetSocketAddress(backend.getInetAddress(), backend.getLocalPort()));
  }

  private static ProxyFixture proxy(InetSocketAddress backend) throws IOException {
    return new ProxyFixture(
        backend,
        PoolSettings.DEFAULTS,
        HeadLimits.DEFAULT,
        new ClientTimeouts(SECOND, SECOND, SECOND, SECOND, 1000),
        ConnectionLimits.NONE,
        null,
        0);
  }

  private static Socket client(ProxyFixture proxy, String octets) throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(4096);
    socket.setSoTimeout(20_000);
    socket.connect(proxy.address);
    socket.getOutputStream().write(octets.getBytes(ISO_8859_1));
    return socket;
  }

  private static void readUntil(Socket socket, String end) throws IOException {
    StringBuilder read = new StringBuilder();
    while (read.indexOf(end) < 0) {
      int octet = socket.getInputStream().read();
      assertThat(octet).isNotNegative();
      read.append((char) octet);
    }
  }

  private static void assertIsReset(Socket socket) {
    assertThatThrownBy(() -> socket.getInputStream().readAllBytes())
        .isInstanceOf(SocketException.class);
  }

  @Test
  @SuppressWarnings("try") // closes what is closed again
  void resetsTheBackendWhereARequestBreaksOff() throws Exception {
    try (ServerSocket backend = backend();
        ProxyFixture proxy = proxy(backend);
        Socket client =
            client(proxy, "POST / HTTP/1.1\r\n" + HEAD + "Content-Length: 9\r\n\r\nhalf");
        Socket request = backend.accept()) {
      readUntil(request, "half");
      client.close();
      assertIsReset(request);
    }
  }

  @Test
  void resetsTheBackendThatAnswersBeforeTheRequestsEnd() throws Exception {
    try (ServerSocket backend = backend();
        ProxyFixture proxy = proxy(backend);
        Socket client =
            client(proxy, "POST / HTTP/1.1\r\n" + HEAD + "Content-Length: 9\r\n\r\nhalf");
        Socket request = backend.accept()) {
      readUntil(request, "half");
      request.getOutputStream().write("HTTP/1.1 204 No Content\r\n\r\n".getBytes(ISO_8859_1));
      readUntil(client, "204 No Content\r\n");
      assertIsReset(request);
    }
  }

  @Test
  @SuppressWarnings("try") // closes what is closed again
  void endsAWholeRequestInOrderWhenItsClientIsGone() throws Exception {
    try (ServerSocket backend = backend();
        ProxyFixture proxy = proxy(backend);
        Socket client = client(proxy, "GET / HTTP/1.1\r\n" + HEAD + "\r\n");
        Socket request = backend.accept()) {
      readUntil(request, "\r\n\r\n");
      client.setSoLinger(true, 0);
      client.close();
      assertThat(request.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void resetsAClientThatBreaksItsFirstRequestOff() throws Exception {
    try (ServerSocket backend = backend();
        ProxyFixture proxy = proxy(backend);
        Socket client = client(proxy, "GET / HT")) {
      client.shutdownOutput();
      assertIsReset(client);
    }
  }

  private static ProxyFixture tlsProxy(ServerSocket backend) throws IOException {
    TlsServer tls =
        new TlsServer(
            TlsSettings.defaults().withHandshakeTimeout(Duration.ofDays(1)),
            SniTable.of(List.of(SniRow.passThrough(SniRow.DEFAULT, "backends"))),
            TicketKeys.random(),
            InstantSource.system());
    return new ProxyFixture(
        new InetSocketAddress(backend.getInetAddress(), backend.getLocalPort()),
        PoolSettings.DEFAULTS,
        HeadLimits.DEFAULT,
        SECOND,
        tls,
        0);
  }

  /** A client hello, each octet a character. */
  private static String hello() throws Exception {
    SSLEngine engine = SSLContext.getDefault().createSSLEngine();
    engine.setUseClientMode(true);
    ByteBuffer out = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
    engine.wrap(ByteBuffer.allocate(0), out);
    return new String(out.array(), 0, out.position(), ISO_8859_1);
  }

  @Test
  void closesAConnectionWhoseClientLeavesInTheMidstOfItsHello() throws Exception {
    try (ServerSocket backend = backend();
        ProxyFixture proxy = tlsProxy(backend);
        Socket client = client(proxy, hello().substring(0, 100))) {
      client.shutdownOutput();
      assertThat(client.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void tellsABackendBehindATunnelThatTheClientHasSaidAll() throws Exception {
    String hello = hello();
    try (ServerSocket backend = backend();
        ProxyFixture proxy = tlsProxy(backend);
        Socket client = client(proxy, hello);
        Socket tunnel = backend.accept()) {
      tunnel.getInputStream().readNBytes(hello.length());
      client.shutdownOutput();
      assertThat(tunnel.getInputStream().read()).isEqualTo(-1);
      tunnel.getOutputStream().write('a');
      assertThat(client.getInputStream().read()).isEqualTo('a');
    }
  }

  @Test
  void closesAnIdleConnectionInOrder() throws Exception {
    try (ServerSocket backend = backend();
        ProxyFixture proxy = proxy(backend);
        Socket client = client(proxy, "GET / HTTP/1.1\r\n" + HEAD + "\r\n");
        Socket request = backend.accept()) {
      readUntil(request, "\r\n\r\n");
      request.getOutputStream().write("HTTP/1.1 204 No Content\r\n\r\n".getBytes(ISO_8859_1));
      readUntil(client, "204 No Content\r\n");
      client.shutdownOutput();
      client.getInputStream().readAllBytes();
    }
  }

  /** Else the kernel would keep for minutes what the client does not take. */
  @Test
  void resetsAReaderThatTakesNothing() throws Exception {
    try (Http1Backend backend =
            Http1Backend.saying(
                "HTTP/1.1 200 OK\r\nContent-Length: 30000000\r\n\r\n" + "a".repeat(30_000_000));
        ProxyFixture proxy = proxy(backend.address());
        Socket client = client(proxy, "GET / HTTP/1.1\r\n" + HEAD + "\r\n")) {
      proxy.awaitReasons(Map.of("client.too_slow", 1L));
      assertIsReset(client);
    }
  }
}
