package io.weir.proxy.http2;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http2.Http2Headers;
import io.weir.proxy.http.HeadLimits;
import io.weir.proxy.upstream.PoolSettings;
import io.weir.proxy.upstream.PoolSettings.Connections;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A running proxy in front of backends that speak HTTP/2 by prior knowledge. */
class Http2UpstreamTest {
  private static ProxyFixture proxy(InetSocketAddress backend) throws IOException {
    Connections http1 = PoolSettings.DEFAULTS.connections();
    return new ProxyFixture(
        backend,
        new PoolSettings(
            PoolSettings.DEFAULTS.balancing(),
            new Connections(
                PoolSettings.Protocol.HTTP2,
                http1.connectTimeoutNanos(),
                http1.idleTimeoutNanos(),
                http1.maxIdlePerLoop(),
                http1.keepalive(),
                null),
            PoolSettings.DEFAULTS.resilience()),
        HeadLimits.DEFAULT,
        10 * ProxyFixture.SECOND,
        null,
        0);
  }

  @Test
  void passesARequestAndItsResponse() throws Exception {
    try (NettyBackend backend = new NettyBackend(100);
        ProxyFixture proxy = proxy(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.post(1, "te: trailers", "x-one: 1").data(1, "hello", true).awaitEnd(1);
      assertThat(client.received.head(1))
          .isEqualTo(":status: 200\nx-backend: netty\ngrpc-status: 0");
      assertThat(client.received.body(1)).isEqualTo("hello");
      Http2Headers request = backend.requests.take();
      assertThat(request.method()).hasToString("POST");
      assertThat(request.path()).hasToString("/");
      assertThat(request.authority()).hasToString("www.example.com");
      assertThat(request.scheme()).hasToString("http");
      assertThat(request.get("te")).hasToString("trailers");
      assertThat(request.get("x-one")).hasToString("1");
      assertThat(request.get("x-forwarded-for")).hasToString("127.0.0.1");
      assertThat(proxy.reasons()).isEqualTo(Map.of("ok", 1L));
    }
  }

  @Test
  void passesTrailersOfARequestAlsoIfThereIsNoConnectionYet() throws Exception {
    try (RawBackend backend = new RawBackend();
        ProxyFixture proxy = proxy(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.post(1).data(1, "one", false).request(1, true, "x-sum: 1");
      client.post(3).data(3, "two", false).send();
      RawPeer server = backend.accept().await(r -> r.ended(1) && r.body(3).equals("two"));
      assertThat(server.received.head(1)).endsWith("\nx-sum: 1");
      assertThat(server.received.body(1)).isEqualTo("one");
      client.request(3, true, "x-sum: 2").send();
      server.await(r -> r.ended(3));
      assertThat(server.received.head(3)).endsWith("\nx-sum: 2");
    }
  }

  @Test
  void dropsTrailersThatNobodyAskedFor() throws Exception {
    try (NettyBackend backend = new NettyBackend(100);
        ProxyFixture proxy = proxy(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.get(1, "/").awaitEnd(1);
      assertThat(client.received.head(1)).isEqualTo(":status: 200\nx-backend: netty");
    }
  }

  @Test
  void streamsBothWaysBeforeEitherEnds() throws Exception {
    try (NettyBackend backend = new NettyBackend(100);
        ProxyFixture proxy = proxy(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.post(1, "te: trailers").await(r -> r.heads.containsKey(1));
      client.data(1, "one", false).await(r -> r.body(1).equals("one"));
      client.data(1, "two", false).await(r -> r.body(1).equals("onetwo"));
      client.data(1, "", true).awaitEnd(1);
      assertThat(client.received.head(1)).endsWith("grpc-status: 0");
    }
  }

  @Test
  void sharesOneConnectionAndMakesMoreWhenItsStreamsAreTaken() throws Exception {
    try (NettyBackend backend = new NettyBackend(3);
        ProxyFixture proxy = proxy(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      for (int id = 1; id <= 13; id += 2) {
        client.post(id).data(id, "stream " + id, false);
      }
      for (int id = 1; id <= 13; id += 2) {
        int stream = id;
        client.await(r -> r.body(stream).equals("stream " + stream));
      }
      assertThat(backend.connections).hasValue(3);
      for (int id = 1; id <= 13; id += 2) {
        client.data(id, "", true).awaitEnd(id);
      }
      for (int id = 15; id <= 99; id += 2) {
        client.get(id, "/").awaitEnd(id);
      }
      assertThat(backend.connections).hasValue(3);
      assertThat(proxy.reasons()).isEqualTo(Map.of("ok", 50L));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 65_536, 3_000_000})
  void passesLargeResponsesThroughAllWindows(int size) throws Exception {
    try (NettyBackend backend = new NettyBackend(100);
        ProxyFixture proxy = proxy(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.get(1, "/" + size).send();
      for (int granted = 65_535; granted < size; granted += 50_000) {
        int limit = granted;
        client.await(r -> r.body(1).length() >= limit);
        client.window(1, 50_000).window(0, 50_000);
      }
      client.awaitEnd(1);
      assertThat(client.received.body(1)).hasSize(size);
    }
  }

  @Test
  void doesNotReadMoreThanAWindowForAClientThatStopped() throws Exception {
    try (RawBackend backend = new RawBackend();
        ProxyFixture proxy = proxy(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.get(1, "/").send();
      RawPeer server = backend.accept().await(r -> r.ended(1));
      server.response(1, false, ":status: 200");
      String piece = "x".repeat(16_000);
      int sent = 0;
      while (sent + piece.length()
          <= Http2Connection.STREAM_WINDOW + server.received.windows.getOrDefault(1, 0)) {
        server.data(1, piece, false).ping(sent).send();
        int mark = sent;
        server.await(r -> r.pongs.contains((long) mark));
        sent += piece.length();
      }
      assertThat(sent).isLessThan(400_000);
      client.await(r -> r.body(1).length() == 65_535);
    }
  }

  @Test
  void passesAnHttp1ClientsRequestInChunks() throws Exception {
    try (NettyBackend backend = new NettyBackend(100);
        ProxyFixture proxy = proxy(backend.address());
        Socket client = new Socket(proxy.address.getAddress(), proxy.address.getPort())) {
      client
          .getOutputStream()
          .write(
              "POST /a?b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      String response = readTo(client.getInputStream(), "\r\n0\r\n\r\n");
      assertThat(response).startsWith("HTTP/1.1 200 OK\r\nx-backend: netty\r\n");
      assertThat(response).contains("\r\n3\r\nabc\r\n");
      assertThat(backend.requests.take().path()).hasToString("/a?b");
    }
  }

  private static String readTo(InputStream in, String end) throws IOException {
    StringBuilder read = new StringBuilder();
    for (int c = in.read(); c >= 0; c = in.read()) {
      read.append((char) c);
      if (read.toString().endsWith(end)) {
        break;
      }
    }
    return read.toString();
  }

  @Test
  void passesInterimResponsesAndContinue() throws Exception {
    try (RawBackend backend = new RawBackend();
        ProxyFixture proxy = proxy(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.post(1, "expect: 100-continue").send();
      RawPeer server = backend.accept().await(r -> r.heads.containsKey(1));
      assertThat(server.received.head(1)).contains("expect: 100-continue");
      server.response(1, false, ":status: 100").send();
      client.await(r -> r.head(1).equals(":status: 100"));
      client.data(1, "content", true).send();
      server.await(r -> r.body(1).equals("content")).response(1, true, ":status: 204").send();
      client.awaitEnd(1);
      assertThat(client.received.head(1)).isEqualTo(":status: 100\n:status: 204");
    }
  }

  @Test
  void neverPutsRequestsIntoTheSharedTable() throws Exception {
    try (RawBackend backend = new RawBackend();
        ProxyFixture proxy = proxy(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.get(1, "/a").get(3, "/a").get(5, "/a").send();
      RawPeer server = backend.accept().await(r -> r.ended(5));
      assertThat(server.received.blockLengths.get(1))
          .isEqualTo(server.received.blockLengths.get(5));
    }
  }

  // ------------------------------------------------------------------ the backend goes away

  @Test
  void triesUnprocessedRequestsAgainAfterGoAway() throws Exception {
    try (RawBackend backend = new RawBackend();
        ProxyFixture proxy = proxy(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.get(1, "/one").send();
      RawPeer first = backend.accept().await(r -> r.ended(1));
      client.post(3).data(3, "", true).send();
      first.await(r -> r.ended(3)).goAway(1).response(1, true, ":status: 200").send();
      RawPeer second = backend.accept().await(r -> r.ended(1));
      assertThat(second.received.head(1)).contains(":method: POST");
      second.response(1, true, ":status: 201").send();
      client.awaitEnd(1).awaitEnd(3);
      assertThat(client.received.head(1)).startsWith(":status: 200");
      assertThat(client.received.head(3)).startsWith(":status: 201");
      first.awaitClose();
    }
  }

  @Test
  void triesARefusedStreamAgain() throws Exception {
    try (RawBackend backend = new RawBackend();
        ProxyFixture proxy = proxy(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.post(1).data(1, "", true).send();
      RawPeer server = backend.accept().await(r -> r.ended(1));
      server.reset(1, ErrorCode.REFUSED_STREAM).await(r -> r.ended(3));
      server.response(3, true, ":status: 200").send();
      client.awaitEnd(1);
      assertThat(client.received.head(1)).startsWith(":status: 200");
    }
  }

  @Test
  void doesNotRepeatAPostThatTheBackendMayHaveActedOn() throws Exception {
    try (RawBackend backend = new RawBackend();
        ProxyFixture proxy = proxy(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.post(1).data(1, "", true).send();
      backend.accept().await(r -> r.ended(1)).reset(1, ErrorCode.INTERNAL_ERROR).send();
      client.awaitEnd(1);
      assertThat(client.received.head(1)).startsWith(":status: 502");
      assertThat(proxy.reasons()).isEqualTo(Map.of("upstream.reset", 1L));
    }
  }

  @Test
  void answers502WhenTheBackendIsGone() throws Exception {
    InetSocketAddress nobody;
    try (RawBackend backend = new RawBackend()) {
      nobody = backend.address();
    }
    try (ProxyFixture proxy = proxy(nobody);
        RawPeer client = RawPeer.open(proxy.address)) {
      client.get(1, "/").get(3, "/").awaitEnd(1).awaitEnd(3);
      assertThat(client.received.head(1)).startsWith(":status: 502");
      assertThat(client.received.head(3)).startsWith(":status: 502");
      assertThat(proxy.reasons()).isEqualTo(Map.of("upstream.connect_failed", 2L));
    }
  }

  @Test
  void resetsTheClientsStreamWhenTheResponseBreaksOff() throws Exception {
    try (RawBackend backend = new RawBackend();
        ProxyFixture proxy = proxy(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.get(1, "/").send();
      RawPeer server = backend.accept().await(r -> r.ended(1));
      server.response(1, false, ":status: 200").data(1, "half", false).send();
      client.await(r -> r.body(1).equals("half"));
      server.socket.close();
      client.awaitEnd(1);
      assertThat(client.received.resets).containsEntry(1, ErrorCode.INTERNAL_ERROR);
    }
  }

  @Test
  void cancelsTheBackendsStreamWhenTheClientResets() throws Exception {
    try (RawBackend backend = new RawBackend();
        ProxyFixture proxy = proxy(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.get(1, "/").get(3, "/").send();
      RawPeer server = backend.accept().await(r -> r.ended(3));
      client.reset(1).send();
      server.await(r -> r.resets.containsKey(1)).response(3, true, ":status: 204").send();
      client.awaitEnd(3);
      assertThat(server.received.resets).containsOnly(Map.entry(1, ErrorCode.CANCEL));
      proxy.awaitReasons(Map.of("ok", 1L, "client.gone", 1L));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "x-no-status: 1",
        ":status: 20",
        ":status: abc",
        ":status: 101",
        ":status: 200;:status: 200",
        ":status: 200;connection: close",
        ":status: 200;transfer-encoding: chunked",
        ":status: 200;content-length: 5",
        ":status: 200;content-length: 0;content-length: 0",
        ":status: 100"
      })
  void answers502ForAMalformedResponse(String fields) throws Exception {
    try (RawBackend backend = new RawBackend();
        ProxyFixture proxy = proxy(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.post(1).data(1, "", true).send();
      RawPeer server = backend.accept().await(r -> r.ended(1));
      server.raw(rawHeaders(fields)).await(r -> r.resets.containsKey(1));
      client.awaitEnd(1);
      assertThat(client.received.head(1)).startsWith(":status: 502");
      assertThat(proxy.reasons()).isEqualTo(Map.of("upstream.malformed", 1L));
      // Only the stream was at fault.
      client.get(3, "/").send();
      server.await(r -> r.ended(3)).response(3, true, ":status: 204").send();
      client.awaitEnd(3);
    }
  }

  /** HEADERS with END_STREAM on stream 1 with literal fields, whatever they say. */
  private static String rawHeaders(String fields) {
    StringBuilder block = new StringBuilder();
    for (String field : fields.split(";", -1)) {
      int colon = field.indexOf(": ", 1);
      block.append("00").append(string(field.substring(0, colon)));
      block.append(string(field.substring(colon + 2)));
    }
    return "%06x 01 05 00000001 %s".formatted(block.length() / 2, block);
  }

  private static String string(String text) {
    StringBuilder hex = new StringBuilder("%02x".formatted(text.length()));
    text.chars().forEach(c -> hex.append("%02x".formatted(c)));
    return hex.toString();
  }

  @Test
  void endsAConnectionThatBreaksTheProtocolAndRetriesOnAnother() throws Exception {
    try (RawBackend backend = new RawBackend();
        ProxyFixture proxy = proxy(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.get(1, "/").send();
      RawPeer first = backend.accept().await(r -> r.ended(1));
      first.raw("000001 01 05 00000001 be").awaitClose();
      assertThat(first.received.goAways.getFirst()).endsWith("COMPRESSION_ERROR");
      RawPeer second = backend.accept().await(r -> r.ended(1));
      second.response(1, true, ":status: 204").send();
      client.awaitEnd(1);
      assertThat(client.received.head(1)).startsWith(":status: 204");
    }
  }

  @Test
  void refusesAPush() throws Exception {
    try (RawBackend backend = new RawBackend();
        ProxyFixture proxy = proxy(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.post(1).data(1, "", true).send();
      RawPeer server = backend.accept().await(r -> r.ended(1));
      server.raw("000005 05 04 00000001 00000002 82").awaitClose();
      client.awaitEnd(1);
      assertThat(client.received.head(1)).startsWith(":status: 502");
    }
  }

  @Test
  void failsWhenTheBackendSpeaksHttp1() throws Exception {
    try (Http1Backend backend = Http1Backend.saying("HTTP/1.1 400 Bad Request\r\n\r\n");
        ProxyFixture proxy = proxy(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.get(1, "/").awaitEnd(1);
      assertThat(client.received.head(1)).startsWith(":status: 502");
    }
  }

  @Test
  void drainsRequestsThatAreBegun() throws Exception {
    try (RawBackend backend = new RawBackend();
        ProxyFixture proxy = proxy(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.get(1, "/").send();
      RawPeer server = backend.accept().await(r -> r.ended(1));
      CompletableFuture<Boolean> drained =
          CompletableFuture.supplyAsync(() -> {
            try {
              return proxy.proxy.drain(java.time.Duration.ofSeconds(10));
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          });
      client.await(r -> r.goAways.size() == 2);
      assertThat(client.received.goAways)
          .containsExactly(Integer.MAX_VALUE + " NO_ERROR", "1 NO_ERROR");
      client.get(3, "/").awaitEnd(3);
      assertThat(client.received.resets).containsEntry(3, ErrorCode.REFUSED_STREAM);
      server.response(1, true, ":status: 200").send();
      client.awaitEnd(1).awaitClose();
      client.socket.close();
      assertThat(client.received.head(1)).startsWith(":status: 200");
      assertThat(drained.get()).isTrue();
    }
  }

  @Test
  void tunnelsAnHttp1WebSocketByExtendedConnect() throws Exception {
    try (RawBackend backend = new RawBackend();
        ProxyFixture proxy = proxy(backend.address());
        Socket client = new Socket(proxy.address.getAddress(), proxy.address.getPort())) {
      client
          .getOutputStream()
          .write(
              String.join(
                      "\r\n",
                      "GET /chat HTTP/1.1",
                      "Host: www.example.com",
                      "Connection: Upgrade",
                      "Upgrade: websocket",
                      "Sec-WebSocket-Version: 13",
                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                      "",
                      "")
                  .getBytes(StandardCharsets.US_ASCII));
      RawPeer server =
          backend.acceptWith(Frame.ENABLE_CONNECT_PROTOCOL, 1).await(r -> r.heads.containsKey(1));
      assertThat(server.received.head(1))
          .startsWith(":method: CONNECT\n:protocol: websocket\n")
          .contains("\nsec-websocket-version: 13")
          .doesNotContain("sec-websocket-key");
      server.response(1, false, ":status: 200").data(1, "welcome", false).send();
      String head = readTo(client.getInputStream(), "\r\n\r\nwelcome");
      assertThat(head)
          .startsWith("HTTP/1.1 101 ")
          .containsIgnoringCase("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
      client.getOutputStream().write("hi".getBytes(StandardCharsets.US_ASCII));
      server.await(r -> r.body(1).equals("hi")).data(1, "", true).send();
      assertThat(client.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void closesAConnectionWithoutASignOfLife() throws Exception {
    try (RawBackend backend = new RawBackend();
        ProxyFixture proxy = proxy(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.get(1, "/").send();
      RawPeer server = backend.accept().await(r -> r.ended(1));
      server.received.answersPings = false;
      client.reset(1).send();
      server.await(r -> r.resets.containsKey(1)).awaitClose();
      assertThat(server.received.goAways.getFirst()).endsWith("ENHANCE_YOUR_CALM");
    }
  }
}
