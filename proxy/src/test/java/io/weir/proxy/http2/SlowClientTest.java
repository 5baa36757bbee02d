package io.weir.proxy.http2;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.weir.net.IpPrefix;
import io.weir.net.IpPrefixSet;
import io.weir.proxy.ListenerSettings.ClientTimeouts;
import io.weir.proxy.ListenerSettings.ConnectionLimits;
import io.weir.proxy.http.HeadLimits;
import io.weir.proxy.upstream.PoolSettings;
import java.io.IOException;
import java.net.Socket;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;

/** One measure of slowness for both versions of HTTP, and what becomes of clients that are slow. */
class SlowClientTest {
  private static final long SECOND = ProxyFixture.SECOND;
  private static final String HEAD = "Host: www.example.com\r\n";

  private static ProxyFixture proxy(
      Http1Backend backend, long timeout, int minRate, ConnectionLimits connections)
      throws IOException {
    return new ProxyFixture(
        backend.address(),
        PoolSettings.DEFAULTS,
        HeadLimits.DEFAULT,
        new ClientTimeouts(timeout, timeout, timeout, timeout, minRate),
        connections,
        null,
        0);
  }

  private static ProxyFixture proxy(Http1Backend backend, long timeout, int minRate)
      throws IOException {
    return proxy(backend, timeout, minRate, ConnectionLimits.NONE);
  }

  private static ConnectionLimits blockingAfter(int points, String... exempt) {
    return new ConnectionLimits(
        0,
        0,
        64,
        points,
        60 * SECOND,
        IpPrefixSet.of(List.of(exempt).stream().map(IpPrefix::parse).toList()));
  }

  /** Answers once the whole request is there. */
  private static Http1Backend patient() throws IOException {
    return Http1Backend.saying("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  }

  private static Socket connect(ProxyFixture proxy) throws IOException {
    Socket socket = new Socket(proxy.address.getAddress(), proxy.address.getPort());
    socket.setSoTimeout(20_000);
    socket.setTcpNoDelay(true);
    return socket;
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(ISO_8859_1));
  }

  private static String answer(Socket socket) {
    try {
      return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
    } catch (IOException reset) {
      return "";
    }
  }

  private static String lateHead(ProxyFixture proxy) throws IOException {
    try (Socket socket = connect(proxy)) {
      send(socket, "GET / HTTP/1.1\r\nHo");
      return answer(socket);
    }
  }

  @Test
  void blocksAClientWhoseHeadsKeepBeingLate() throws Exception {
    try (Http1Backend backend = patient();
        ProxyFixture proxy = proxy(backend, SECOND / 2, 100, blockingAfter(5))) {
      assertThat(lateHead(proxy)).startsWith("HTTP/1.1 408 ");
      assertThat(lateHead(proxy)).startsWith("HTTP/1.1 408 ");
      assertThat(lateHead(proxy)).isEmpty();
      assertThat(proxy.ended()).containsExactly("admit.slow_client");
    }
  }

  @Test
  void tellsWhomItBlocksAndUntilWhen() throws Exception {
    record Block(IpPrefix client, long until) {}
    BlockingQueue<Block> blocks = new LinkedBlockingQueue<>();
    long before = System.nanoTime();
    try (Http1Backend backend = patient();
        ProxyFixture proxy = proxy(backend, SECOND / 2, 100, blockingAfter(5))) {
      proxy.proxy.setBlockObserver((client, until) -> blocks.add(new Block(client, until)));
      assertThat(lateHead(proxy)).startsWith("HTTP/1.1 408 ");
      assertThat(blocks).isEmpty();
      assertThat(lateHead(proxy)).startsWith("HTTP/1.1 408 ");
      Block block = blocks.take();
      assertThat(block.client()).isEqualTo(IpPrefix.parse("127.0.0.1"));
      assertThat(block.until() - System.nanoTime()).isLessThanOrEqualTo(60 * SECOND);
      assertThat(block.until() - before).isGreaterThan(60 * SECOND);
    }
  }

  @Test
  void neverBlocksAnExemptNetwork() throws Exception {
    try (Http1Backend backend = patient();
        ProxyFixture proxy =
            proxy(backend, SECOND / 2, 100, blockingAfter(1, "127.0.0.0/8", "::1/128"))) {
      for (int i = 0; i < 3; i++) {
        assertThat(lateHead(proxy)).startsWith("HTTP/1.1 408 ");
      }
      assertThat(proxy.ended()).isEmpty();
    }
  }

  @Test
  void blocksAClientThatFloods() throws Exception {
    try (Http1Backend backend = patient();
        ProxyFixture proxy = proxy(backend, 10 * SECOND, 100, blockingAfter(9));
        RawPeer client = RawPeer.open(proxy.address)) {
      for (int i = 0; i < 1000; i++) {
        client.ping(i);
      }
      client.awaitClose();
      assertThat(lateHead(proxy)).isEmpty();
      assertThat(proxy.ended()).containsExactlyInAnyOrder("frame.flood", "admit.slow_client");
    }
  }

  @Test
  void countsAHeadInTinyPiecesOncePerConnection() throws Exception {
    try (Http1Backend backend = patient();
        ProxyFixture proxy = proxy(backend, 10 * SECOND, 100, blockingAfter(2))) {
      for (int i = 0; i < 3; i++) {
        try (Socket socket = connect(proxy)) {
          for (char c : ("GET / HTTP/1.1\r\n" + HEAD + "Connection: close\r\n\r\n").toCharArray()) {
            send(socket, "" + c);
            Thread.sleep(2);
          }
          assertThat(answer(socket)).startsWith("HTTP/1.1 200 ");
        }
      }
      assertThat(lateHead(proxy)).isEmpty();
    }
  }

  @Test
  void neverCutsAnUploadThatMoves() throws Exception {
    try (Http1Backend backend = patient();
        ProxyFixture proxy = proxy(backend, 2 * SECOND, 10);
        Socket socket = connect(proxy)) {
      send(
          socket,
          "POST / HTTP/1.1\r\n" + HEAD + "Connection: close\r\nContent-Length: 3000\r\n\r\n");
      for (int i = 0; i < 30; i++) {
        send(socket, "a".repeat(100));
        Thread.sleep(200);
      }
      assertThat(answer(socket)).startsWith("HTTP/1.1 200 ");
    }
  }

  @Test
  void cutsAnUploadThatDrips() throws Exception {
    try (Http1Backend backend = patient();
        ProxyFixture proxy = proxy(backend, SECOND, 1000);
        Socket socket = connect(proxy)) {
      send(socket, "POST / HTTP/1.1\r\n" + HEAD + "Content-Length: 1000000\r\n\r\n");
      Thread.ofVirtual().start(() -> dripForever(socket));
      assertThat(answer(socket)).startsWith("HTTP/1.1 408 ");
      proxy.awaitReasons(Map.of("frame.too_slow", 1L));
    }
  }

  private static void dripForever(Socket socket) {
    try {
      while (true) {
        send(socket, "a");
        Thread.sleep(20);
      }
    } catch (IOException | InterruptedException cutOff) {
      // as it should be
    }
  }

  @Test
  void cutsAReaderThatTakesNextToNothing() throws Exception {
    try (Http1Backend backend = large();
        ProxyFixture proxy = proxy(backend, SECOND, 1_000_000);
        Socket socket = new Socket()) {
      socket.setReceiveBufferSize(4096);
      socket.connect(proxy.address);
      send(socket, "GET / HTTP/1.1\r\n" + HEAD + "\r\n");
      Thread reader = Thread.ofVirtual().start(() -> sip(socket));
      proxy.awaitReasons(Map.of("client.too_slow", 1L));
      socket.shutdownInput();
      reader.join();
    }
  }

  private static Http1Backend large() throws IOException {
    return Http1Backend.saying(
        "HTTP/1.1 200 OK\r\nContent-Length: 30000000\r\n\r\n" + "a".repeat(30_000_000));
  }

  private static void sip(Socket socket) {
    try {
      while (socket.getInputStream().read() >= 0) {
        Thread.sleep(20);
      }
    } catch (IOException | InterruptedException cutOff) {
      // as it should be
    }
  }

  @Test
  void cutsAStreamWhoseWindowOpensTooSlowly() throws Exception {
    try (Http1Backend backend = large();
        ProxyFixture proxy = proxy(backend, SECOND, 100_000);
        RawPeer client = new RawPeer(proxy.address)) {
      client.settings(Frame.INITIAL_WINDOW_SIZE, 1).get(1, "/").send();
      for (int i = 0; i < 1000 && !proxy.reasons().containsKey("client.too_slow"); i++) {
        client.window(1, 300).send();
        Thread.sleep(20);
      }
      client.awaitEnd(1);
      assertThat(client.received.resets).containsKey(1);
      proxy.awaitReasons(Map.of("client.too_slow", 1L));
    }
  }

  @Test
  void letsUploadsOfOneConnectionComeOneAfterTheOther() throws Exception {
    try (Http1Backend backend = patient();
        ProxyFixture proxy = proxy(backend, 2 * SECOND, 10);
        RawPeer client = RawPeer.open(proxy.address)) {
      client.post(1).post(3).data(3, "a", false).send();
      for (int i = 0; i < 30; i++) {
        client.data(1, "a".repeat(100), false).send();
        Thread.sleep(200);
      }
      client.data(1, "", true).data(3, "", true).awaitEnd(1).awaitEnd(3);
      assertThat(client.received.head(1)).startsWith(":status: 200");
      assertThat(client.received.head(3)).startsWith(":status: 200");
    }
  }

  /** Small chunks are joined on their way; nothing of them may be lost, doubled or moved. */
  @Test
  void passesContentOnHoweverItIsCutIntoChunks() throws Exception {
    StringBuilder content = new StringBuilder();
    StringBuilder chunks = new StringBuilder();
    java.util.Random random = new java.util.Random(7);
    for (int i = 0; i < 3000; i++) {
      int length = random.nextInt(10) == 0 ? 200 + random.nextInt(400) : 1 + random.nextInt(4);
      String data = Character.toString('a' + i % 26).repeat(length);
      content.append(data);
      chunks.append(Integer.toHexString(length)).append("\r\n").append(data).append("\r\n");
    }
    try (Http1Backend backend = patient();
        ProxyFixture proxy = proxy(backend, 10 * SECOND, 100);
        Socket socket = connect(proxy)) {
      send(
          socket,
          "POST / HTTP/1.1\r\n" + HEAD + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n");
      send(socket, chunks + "0\r\n\r\n");
      assertThat(answer(socket)).startsWith("HTTP/1.1 200 ");
      assertThat(backend.requests.take().body()).isEqualTo(content.toString());
    }
  }
}
