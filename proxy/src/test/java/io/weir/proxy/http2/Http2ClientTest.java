package io.weir.proxy.http2;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.HeadLimits;
import io.weir.proxy.upstream.PoolSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A client's HTTP/2 connection through a running proxy to an HTTP/1.1 backend. */
class Http2ClientTest {
  private static final String HELLO =
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-One: 1\r\n\r\nhello";

  /** Answers with what it got. */
  private static Http1Backend echo() throws IOException {
    return new Http1Backend((request, out) ->
        out.write(
            ("HTTP/1.1 200 OK\r\nContent-Length: "
                    + request.body().length()
                    + "\r\n\r\n"
                    + request.body())
                .getBytes(StandardCharsets.ISO_8859_1)));
  }

  @Test
  void passesARequestAndItsResponse() throws Exception {
    try (Http1Backend backend = Http1Backend.saying(HELLO);
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.get(1, "/a?b=c").awaitEnd(1);
      assertThat(client.received.head(1)).isEqualTo(":status: 200\nx-one: 1\ncontent-length: 5");
      assertThat(client.received.body(1)).isEqualTo("hello");
      Http1Backend.Request request = backend.requests.take();
      assertThat(request.head()).startsWith("GET /a?b=c HTTP/1.1\r\nhost: www.example.com\r\n");
      assertThat(request.has("x-forwarded-for: 127.0.0.1")).isTrue();
      assertThat(proxy.reasons()).isEqualTo(Map.of("ok", 1L));
    }
  }

  @Test
  void announcesItsSettingsAndAcknowledgesTheClients() throws Exception {
    try (Http1Backend backend = Http1Backend.saying(HELLO);
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.ping(7).await(r -> r.settingsAcks == 1 && r.pongs.contains(7L));
      assertThat(client.received.settings)
          .containsEntry(Frame.MAX_CONCURRENT_STREAMS, Http2Connection.MAX_STREAMS)
          .containsEntry(Frame.ENABLE_CONNECT_PROTOCOL, 1);
    }
  }

  @Test
  void servesManyStreamsAtOnce() throws Exception {
    try (Http1Backend backend = echo();
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      for (int id = 1; id < 200; id += 2) {
        client.post(id).data(id, "stream " + id, true);
      }
      client.send();
      for (int id = 1; id < 200; id += 2) {
        client.awaitEnd(id);
        assertThat(client.received.body(id)).isEqualTo("stream " + id);
      }
      assertThat(proxy.reasons()).isEqualTo(Map.of("ok", 100L));
    }
  }

  @Test
  void passesContentOfDeclaredLengthAndInChunks() throws Exception {
    try (Http1Backend backend = echo();
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.post(1, "content-length: 6").data(1, "abc", false).data(1, "def", true).awaitEnd(1);
      client.post(3).data(3, "abc", false).data(3, "", true).awaitEnd(3);
      assertThat(client.received.body(1)).isEqualTo("abcdef");
      assertThat(client.received.body(3)).isEqualTo("abc");
      assertThat(backend.requests.take().has("content-length: 6")).isTrue();
      assertThat(backend.requests.take().has("transfer-encoding: chunked")).isTrue();
    }
  }

  @Test
  void dropsRequestTrailersTowardsHttp1() throws Exception {
    try (Http1Backend backend = echo();
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.post(1).data(1, "abc", false).request(1, true, "x-sum: 1").awaitEnd(1);
      assertThat(client.received.body(1)).isEqualTo("abc");
    }
  }

  @Test
  void joinsCookies() throws Exception {
    try (Http1Backend backend = Http1Backend.saying(HELLO);
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.post(1, "cookie: a=1", "cookie: b=2", "cookie: c=3").data(1, "", true).awaitEnd(1);
      assertThat(backend.requests.take().has("cookie: a=1; b=2; c=3")).isTrue();
    }
  }

  @Test
  void passesInterimResponses() throws Exception {
    try (Http1Backend backend =
            Http1Backend.saying("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + HELLO);
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.get(1, "/").awaitEnd(1);
      assertThat(client.received.head(1)).startsWith(":status: 103\nlink: </a>\n:status: 200\n");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 1000, 65_535, 65_536, 1_000_000, 5_000_000})
  void passesContentOfAnySizeWithinTheClientsWindows(int size) throws Exception {
    String content = "0123456789".repeat(size / 10 + 1).substring(0, size);
    try (Http1Backend backend =
            Http1Backend.saying(
                "HTTP/1.1 200 OK\r\nContent-Length: " + size + "\r\n\r\n" + content);
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.get(1, "/").send();
      int granted = 65_535;
      while (!client.received.ended(1)) {
        int limit = Math.min(granted, size);
        client.await(r -> r.body(1).length() >= limit && !r.heads.isEmpty());
        assertThat(client.received.body(1).length()).isLessThanOrEqualTo(granted);
        if (granted >= size) {
          client.awaitEnd(1);
        } else {
          granted += 500_000;
          client.window(1, 500_000).window(0, 500_000).send();
        }
      }
      assertThat(client.received.body(1)).isEqualTo(content);
    }
  }

  @Test
  void obeysASmallerInitialWindowAndItsGrowth() throws Exception {
    try (Http1Backend backend = Http1Backend.saying(HELLO);
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = new RawPeer(proxy.address)) {
      client.settings(Frame.INITIAL_WINDOW_SIZE, 2).get(1, "/").await(r -> r.body(1).length() == 2);
      client.ping(1).await(r -> r.pongs.contains(1L));
      assertThat(client.received.body(1)).isEqualTo("he");
      client.settings(Frame.INITIAL_WINDOW_SIZE, 4).await(r -> r.body(1).length() == 4);
      client.window(1, 1).awaitEnd(1);
      assertThat(client.received.body(1)).isEqualTo("hello");
    }
  }

  @Test
  void givesCreditBackForContentThatTheBackendTook() throws Exception {
    try (Http1Backend backend = echo();
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.window(0, 10_000_000).settings(Frame.INITIAL_WINDOW_SIZE, 10_000_000);
      client.post(1);
      String piece = "x".repeat(16_000);
      for (int i = 0; i < 100; i++) {
        int sent = (i + 1) * piece.length();
        client.await(r ->
            r.windows.getOrDefault(1, 0) + Http2Connection.STREAM_WINDOW >= sent
                && r.windows.getOrDefault(0, 0) + 65_535 >= sent);
        client.data(1, piece, i == 99).send();
      }
      client.awaitEnd(1);
      assertThat(client.received.body(1)).hasSize(1_600_000);
    }
  }

  @Test
  void stopsReadingTheBackendForAClientThatDoesNotRead() throws Exception {
    AtomicLong written = new AtomicLong();
    try (Http1Backend backend =
            new Http1Backend((request, out) -> {
              out.write("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
              while (true) {
                out.write(new byte[16 * 1024]);
                written.addAndGet(16 * 1024);
              }
            });
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = new RawPeer(proxy.address)) {
      client
          .settings(Frame.INITIAL_WINDOW_SIZE, Integer.MAX_VALUE)
          .window(0, Integer.MAX_VALUE - 65_535)
          .get(1, "/")
          .send();
      // What the kernel's buffers hold, and a little more.
      long before = -1;
      while (written.get() == 0 || written.get() != before) {
        before = written.get();
        Thread.sleep(300);
      }
      assertThat(before).isLessThan(40L << 20);
    }
  }

  /** Clients that do what they like, most of it allowed, must not disturb one that behaves. */
  @Test
  void survivesClientsThatDoAnything() throws Exception {
    Random random = new Random(5);
    try (Http1Backend backend = echo();
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer good = RawPeer.open(proxy.address)) {
      for (int round = 1; round < 200; round += 2) {
        try (RawPeer wild = RawPeer.open(proxy.address)) {
          int next = 1;
          for (int i = random.nextInt(60); i > 0; i--) {
            int some = 1 + 2 * random.nextInt((next + 1) / 2);
            switch (random.nextInt(10)) {
              case 0, 1, 2 -> {
                wild.post(next);
                next += 2;
              }
              case 3 -> {
                wild.get(next, "/" + i);
                next += 2;
              }
              case 4, 5 -> wild.data(some, "x".repeat(random.nextInt(2000)), false);
              case 6 -> wild.data(some, "end", true);
              case 7 -> wild.reset(some);
              case 8 -> wild.window(some, 1 + random.nextInt(100_000));
              default -> wild.settings(Frame.INITIAL_WINDOW_SIZE, random.nextInt(100_000));
            }
            if (random.nextInt(4) == 0) {
              wild.send();
            }
          }
          wild.send();
        }
        good.post(round).data(round, "good " + round, true).awaitEnd(round);
        assertThat(good.received.body(round)).isEqualTo("good " + round);
      }
    }
  }

  @Test
  void answersHeadWithoutContent() throws Exception {
    try (Http1Backend backend =
            Http1Backend.saying("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client
          .request(1, true, ":method: HEAD", ":scheme: http", ":path: /", ":authority: example.com")
          .awaitEnd(1);
      assertThat(client.received.head(1)).contains("content-length: 5");
      assertThat(client.received.body(1)).isEmpty();
    }
  }

  @Test
  void resetsTheStreamWhenTheBackendBreaksOff() throws Exception {
    try (Http1Backend backend =
            new Http1Backend((request, out) -> {
              out.write(
                  "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"
                      .getBytes(StandardCharsets.US_ASCII));
              throw new IOException("enough");
            });
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.get(1, "/").awaitEnd(1);
      assertThat(client.received.resets).containsEntry(1, ErrorCode.INTERNAL_ERROR);
      client.ping(1).await(r -> r.pongs.contains(1L));
      assertThat(proxy.reasons()).isEqualTo(Map.of("upstream.reset", 1L));
    }
  }

  @Test
  void answersEarlyAndTellsTheClientToStop() throws Exception {
    try (Http1Backend backend = Http1Backend.saying(HELLO);
        ProxyFixture proxy =
            new ProxyFixture(
                backend.address(),
                PoolSettings.DEFAULTS,
                HeadLimits.DEFAULT,
                10 * ProxyFixture.SECOND,
                null,
                0);
        RawPeer client = RawPeer.open(proxy.address)) {
      client
          .request(
              1,
              false,
              ":method: TRACE",
              ":scheme: http",
              ":path: /",
              ":authority: www.example.com")
          .awaitEnd(1);
      assertThat(client.received.head(1)).startsWith(":status: 501");
      client.data(1, "thrown away", false).await(r -> r.resets.containsKey(1));
      assertThat(client.received.resets).containsEntry(1, ErrorCode.NO_ERROR);
      client.data(1, "too late", false).ping(1).await(r -> r.pongs.contains(1L));
      client.get(3, "/").awaitEnd(3);
      assertThat(client.received.body(3)).isEqualTo("hello");
    }
  }

  @Test
  void letsTheClientEndItsRequestAfterAnEarlyAnswer() throws Exception {
    try (Http1Backend backend = Http1Backend.saying(HELLO);
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client
          .request(
              1,
              false,
              ":method: TRACE",
              ":scheme: http",
              ":path: /",
              ":authority: www.example.com",
              "content-length: 300000")
          .awaitEnd(1);
      for (int i = 0; i < 30; i++) {
        int sent = i * 10_000;
        client.await(
            r -> r.windows.getOrDefault(1, 0) + Http2Connection.STREAM_WINDOW >= sent + 10_000);
        client.data(1, "x".repeat(10_000), i == 29);
      }
      client.get(3, "/").awaitEnd(3);
      assertThat(client.received.resets).isEmpty();
    }
  }

  @Test
  void cancelsTheBackendWhenTheClientResets() throws Exception {
    try (Http1Backend backend =
            new Http1Backend((request, out) -> {
              while (true) {
                out.write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                if (request.in().read() < 0) {
                  throw new IOException("cancelled");
                }
              }
            });
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.get(1, "/").await(r -> !r.heads.isEmpty());
      client.reset(1).send();
      proxy.awaitReasons(Map.of("client.gone", 1L));
    }
  }

  @Test
  void endsExchangesWithTheConnection() throws Exception {
    try (Http1Backend backend = new Http1Backend((request, out) -> request.in().read());
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.get(1, "/").post(3).send();
      backend.requests.take();
      client.socket.close();
      proxy.awaitReasons(Map.of("client.gone", 1L, "frame.client_gone", 1L));
    }
  }

  // ------------------------------------------------------------------ what is refused

  private static final String[] GOOD = {
    ":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"
  };

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        ":method: GET;:scheme: http;:path: /",
        ":method: GET;:path: /;:authority: a",
        ":method: GET;:scheme: http;:authority: a",
        ":scheme: http;:path: /;:authority: a",
        ":method: GET;:method: GET;:scheme: http;:path: /;:authority: a",
        ":method: GET;:scheme: ftp;:path: /;:authority: a",
        ":method: GET;:scheme: http;:path: a;:authority: a",
        ":method: GET;:scheme: http;:path: *;:authority: a",
        ":method: GET;:scheme: http;:path: /#f;:authority: a",
        ":method: GET;:scheme: http;:path: /a b;:authority: a",
        ":method: GET;:scheme: http;:path: ;:authority: a",
        ":method: GET;:scheme: http;:path: /;:authority: u@a",
        ":method: GET;:scheme: http;:path: /;:authority: a;host: b",
        ":method: GET;:scheme: http;:path: /;:authority: a;host: a;host: a",
        ":method: G T;:scheme: http;:path: /;:authority: a",
        ":method: GET;:scheme: http;:path: /;:authority: a;:protocol: websocket",
        ":method: GET;:scheme: http;:path: /;:authority: a;connection: close",
        ":method: GET;:scheme: http;:path: /;:authority: a;transfer-encoding: chunked",
        ":method: GET;:scheme: http;:path: /;:authority: a;upgrade: websocket",
        ":method: GET;:scheme: http;:path: /;:authority: a;keep-alive: 1",
        ":method: GET;:scheme: http;:path: /;:authority: a;proxy-connection: close",
        ":method: GET;:scheme: http;:path: /;:authority: a;te: gzip",
        ":method: GET;:scheme: http;:path: /;:authority: a;content-length: 1",
        ":method: GET;:scheme: http;:path: /;:authority: a;content-length: x",
        ":method: GET;:scheme: http;:path: /;:authority: a;content-length: 0;content-length: 0",
        ":method: GET;:scheme: http;:path: /;:authority: a;x: a\u0001b",
        ":method: CONNECT;:authority: a;:path: /",
      })
  void refusesARequestWith400AndResetsTheStream(String fields) throws Exception {
    try (Http1Backend backend = Http1Backend.saying(HELLO);
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.request(1, true, fields.split(";")).await(r -> r.resets.containsKey(1));
      assertThat(client.received.head(1)).startsWith(":status: 400");
      assertThat(client.received.resets).containsEntry(1, ErrorCode.PROTOCOL_ERROR);
      client.request(3, true, GOOD).awaitEnd(3);
      assertThat(client.received.body(3)).isEqualTo("hello");
      assertThat(backend.requests).hasSize(1);
    }
  }

  @Test
  void refusesAPseudoHeaderBehindAField() throws Exception {
    try (Http1Backend backend = Http1Backend.saying(HELLO);
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      // x: y in front of GET, http, / and :authority a
      client.raw("00000b 01 05 00000001 00 01 78 01 79 82 86 84 01 01 61").await(r -> r.ended(1));
      assertThat(client.received.head(1)).startsWith(":status: 400");
    }
  }

  @ParameterizedTest
  @CsvSource({"3, abcd", "5, abcd"})
  void refusesContentThatContradictsItsDeclaredLength(int declared, String content)
      throws Exception {
    try (Http1Backend backend = new Http1Backend((request, out) -> request.in().read());
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.post(1, "content-length: " + declared).data(1, content, true);
      client.await(r -> r.resets.containsKey(1));
      assertThat(client.received.head(1)).startsWith(":status: 400");
      assertThat(client.received.resets).containsEntry(1, ErrorCode.PROTOCOL_ERROR);
      assertThat(proxy.reasons()).isEqualTo(Map.of("frame.body_malformed", 1L));
    }
  }

  @Test
  void refusesAHeadThatIsTooLargeButKeepsTheConnection() throws Exception {
    try (Http1Backend backend = Http1Backend.saying(HELLO);
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.post(1, "x: " + "a".repeat(9000)).awaitEnd(1);
      client.get(3, "/").awaitEnd(3);
      assertThat(client.received.head(1)).startsWith(":status: 431");
      assertThat(client.received.head(3)).startsWith(":status: 200");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "000000 00 01 00000001, STREAM_CLOSED",
    "000000 00 01 00000005, PROTOCOL_ERROR",
    "000000 00 01 00000002, PROTOCOL_ERROR",
    "000001 01 05 00000002 82, PROTOCOL_ERROR",
    "000001 01 05 00000001 82, STREAM_CLOSED",
    "000004 03 00 00000005 00000000, PROTOCOL_ERROR",
    "000004 08 00 00000005 00000001, PROTOCOL_ERROR",
    "000004 08 00 00000000 7fffffff, FLOW_CONTROL_ERROR",
    "000004 08 00 00000000 00000000, PROTOCOL_ERROR",
    "000001 01 05 00000003 be, COMPRESSION_ERROR",
    "000000 05 04 00000003, PROTOCOL_ERROR",
    "ffffff 00 00 00000001, FRAME_SIZE_ERROR"
  })
  void endsTheConnectionFor(String frame, ErrorCode code) throws Exception {
    try (Http1Backend backend = Http1Backend.saying(HELLO);
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.get(1, "/").awaitEnd(1);
      client.raw(frame).awaitClose();
      assertThat(client.received.goAways).hasSize(1);
      assertThat(client.received.goAways.getFirst()).endsWith(" " + code);
    }
  }

  @Test
  void endsTheStreamForAWindowUpdateByNothing() throws Exception {
    try (Http1Backend backend = new Http1Backend((request, out) -> request.in().read());
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.get(1, "/").raw("000004 08 00 00000001 00000000").awaitEnd(1);
      assertThat(client.received.resets).containsEntry(1, ErrorCode.PROTOCOL_ERROR);
      client.ping(1).await(r -> r.pongs.contains(1L));
    }
  }

  @Test
  void refusesMoreStreamsThanAllowed() throws Exception {
    try (Http1Backend backend = new Http1Backend((request, out) -> request.in().read());
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      for (int i = 0; i <= Http2Connection.MAX_STREAMS; i++) {
        client.get(2 * i + 1, "/");
      }
      int last = 2 * Http2Connection.MAX_STREAMS + 1;
      client.awaitEnd(last);
      assertThat(client.received.resets).containsOnly(Map.entry(last, ErrorCode.REFUSED_STREAM));
    }
  }

  // ------------------------------------------------------------------ floods

  @Test
  void endsARapidReset() throws Exception {
    try (Http1Backend backend = new Http1Backend((request, out) -> request.in().read());
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      for (int i = 0; i < 1000; i++) {
        client.get(2 * i + 1, "/").reset(2 * i + 1);
      }
      client.awaitClose();
      assertThat(client.received.goAways.getFirst()).endsWith(" ENHANCE_YOUR_CALM");
      assertThat(backend.requests.size()).isLessThan(400);
    }
  }

  /**
   * Frames that do no work, on stream 1 that is open and waits for its answer, or that is half
   * closed. The last six make the other end send the resets (CVE-2025-8671).
   */
  @ParameterizedTest
  @CsvSource({
    "PING, false, 000008 06 00 00000000 0000000000000000",
    "PING acknowledged, false, 000008 06 01 00000000 0000000000000000",
    "SETTINGS, false, 000000 04 00 00000000",
    "SETTINGS acknowledged, false, 000000 04 01 00000000",
    "GOAWAY, false, 000008 07 00 00000000 0000000000000000",
    "PRIORITY, false, 000005 02 00 00000001 0000000000",
    "PRIORITY of idle streams, false, 000005 02 00 00000063 0000000000",
    "unknown frames, false, 000000 fa 00 00000001",
    "empty DATA, false, 000000 00 00 00000001",
    "DATA of padding only, false, 000001 00 08 00000001 00",
    "DATA of one octet, false, 000001 00 00 00000001 61",
    "WINDOW_UPDATE by one, false, 000004 08 00 00000001 00000001",
    "WINDOW_UPDATE by nothing, true, 000004 08 00 00000001 00000000",
    "WINDOW_UPDATE beyond 2^31, true, 000004 08 00 00000001 7fffffff",
    "HEADERS after the end, true, 000001 01 05 00000001 82",
    "DATA after the end, true, 000001 00 01 00000001 61",
    "PRIORITY of another length, true, 000004 02 00 00000001 00000000",
    "PRIORITY on itself, true, 000005 02 00 00000001 0000000100",
  })
  void endsAFloodOf(String name, boolean halfClosed, String frame) throws Exception {
    try (Http1Backend backend = new Http1Backend((request, out) -> request.in().read());
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.request(1, halfClosed, GOOD).send();
      for (int i = 0; i < 10; i++) {
        client.raw(frame.repeat(1000)).send();
      }
      client.awaitClose();
      assertThat(client.received.goAways.getFirst())
          .matches(".* (ENHANCE_YOUR_CALM|STREAM_CLOSED)");
      assertThat(proxy.ended()).containsAnyOf("frame.flood", "frame.malformed");
    }
  }

  /** The six ways to have the other end reset a stream, each on a stream of its own. */
  @ParameterizedTest
  @CsvSource({
    "WINDOW_UPDATE by nothing, 000004 08 00 %s 00000000",
    "WINDOW_UPDATE beyond 2^31, 000004 08 00 %s 7fffffff",
    "HEADERS after the end, 000001 01 05 %s 82",
    "DATA after the end, 000001 00 01 %s 61",
    "PRIORITY of another length, 000004 02 00 %s 00000000",
    "RST_STREAM of the client, 000004 03 00 %s 00000008",
  })
  void endsAFloodOfStreamsThatItWasMadeToReset(String name, String frame) throws Exception {
    try (Http1Backend backend = new Http1Backend((request, out) -> request.in().read());
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      for (int id = 1; id < 1000; id += 2) {
        client.request(id, true, GOOD).raw(frame.formatted("%08x".formatted(id)));
      }
      client.awaitClose();
      assertThat(client.received.goAways.getFirst()).endsWith(" ENHANCE_YOUR_CALM");
      assertThat(proxy.ended()).containsExactly("frame.flood");
      assertThat(backend.requests.size()).isLessThan(300);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "empty, 000000 09 00 00000001",
    "of one octet, 000001 09 00 00000001 82",
    "full, 004000 09 00 00000001 %s",
  })
  void endsAFloodOfContinuations(String name, String frame) throws Exception {
    String full = frame.formatted("82".repeat(0x4000));
    try (Http1Backend backend = Http1Backend.saying(HELLO);
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client.raw("000001 01 01 00000001 82" + full.repeat(17)).awaitClose();
      assertThat(client.received.goAways).containsExactly("0 ENHANCE_YOUR_CALM");
      assertThat(proxy.ended()).containsExactly("frame.flood");
    }
  }

  private static final String FOUR_THOUSAND = "7f a1 1e";

  /** A request whose last field goes into the table. */
  private static void insert(RawPeer client, String field) throws IOException {
    byte[] block = Hpack.hex("82 86 84 01 01 61" + field);
    client.raw("%06x 01 05 00000001".formatted(block.length));
    client.raw(java.util.HexFormat.of().formatHex(block)).awaitEnd(1);
    assertThat(client.received.head(1)).startsWith(":status: 200");
  }

  /** One octet names a field of the size of the table, so a few octets decode to megabytes. */
  @Test
  void endsABombOfIndexedFields() throws Exception {
    try (Http1Backend backend = Http1Backend.saying(HELLO);
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      insert(client, "40 01 78" + FOUR_THOUSAND + "61".repeat(4000));
      client.raw("002000 01 05 00000003" + "be".repeat(0x2000)).awaitClose();
      assertThat(client.received.goAways).containsExactly("3 ENHANCE_YOUR_CALM");
    }
  }

  /** The name of an entry is copied with each entry that takes it over. */
  @Test
  void endsABombOfNamesTakenOver() throws Exception {
    try (Http1Backend backend = Http1Backend.saying(HELLO);
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      insert(client, "40" + FOUR_THOUSAND + "78".repeat(4000) + "01 61");
      client.raw("003000 01 05 00000003" + "7e 01 61".repeat(0x1000)).awaitClose();
      assertThat(client.received.goAways).containsExactly("3 ENHANCE_YOUR_CALM");
    }
  }

  @Test
  void countsCookieCrumbsAsFieldsBeforeTheyAreJoined() throws Exception {
    try (Http1Backend backend = Http1Backend.saying(HELLO);
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      String[] crumbs = new String[101];
      java.util.Arrays.fill(crumbs, "cookie: a=1");
      client.post(1, crumbs).awaitEnd(1);
      assertThat(client.received.head(1)).startsWith(":status: 431");
      assertThat(backend.requests).isEmpty();
    }
  }

  @Test
  void endsAFloodOfHeadsThatAreRefused() throws Exception {
    try (Http1Backend backend = Http1Backend.saying(HELLO);
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      for (int id = 1; id < 1000; id += 2) {
        client.request(id, true, ":method: GET", ":path: /");
      }
      client.awaitClose();
      assertThat(client.received.goAways.getFirst()).endsWith(" ENHANCE_YOUR_CALM");
    }
  }

  @Test
  void endsAWindowThatOpensOctetByOctet() throws Exception {
    String content = "a".repeat(20_000);
    try (Http1Backend backend =
            Http1Backend.saying("HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n" + content);
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = new RawPeer(proxy.address)) {
      client.settings(Frame.INITIAL_WINDOW_SIZE, 0).get(1, "/").await(r -> !r.heads.isEmpty());
      for (int i = 0; i < 2000; i++) {
        client.window(1, 1);
      }
      client.awaitClose();
      assertThat(client.received.goAways).containsExactly("1 ENHANCE_YOUR_CALM");
      assertThat(client.received.body(1)).hasSizeLessThan(2000);
    }
  }

  @Test
  void neverRunsWhatIsResetInTheSameBreath() throws Exception {
    try (Http1Backend backend = Http1Backend.saying(HELLO);
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      for (int id = 1; id < 100; id += 2) {
        client.get(id, "/never").reset(id);
      }
      client.get(101, "/runs").awaitEnd(101);
      assertThat(client.received.body(101)).isEqualTo("hello");
      assertThat(backend.requests).extracting(Http1Backend.Request::path).containsExactly("/runs");
      proxy.awaitReasons(Map.of("frame.client_gone", 50L, "ok", 1L));
    }
  }

  @Test
  void letsAClientWorkForAsLongAsItLikes() throws Exception {
    try (Http1Backend backend = echo();
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      for (int id = 1; id < 10_000; id += 2) {
        client.post(id).data(id, "abc", true).window(0, 3).ping(id).awaitEnd(id);
      }
      assertThat(proxy.ended()).isEmpty();
    }
  }

  // ------------------------------------------------------------------ slowness

  @Test
  void closesAnIdleConnectionWithGoAway() throws Exception {
    try (Http1Backend backend = Http1Backend.saying(HELLO);
        ProxyFixture proxy = impatient(backend);
        RawPeer client = RawPeer.open(proxy.address)) {
      client.get(1, "/").awaitClose();
      assertThat(client.received.body(1)).isEqualTo("hello");
      assertThat(client.received.goAways).containsExactly("1 NO_ERROR");
    }
  }

  @Test
  void endsAHeadThatDrips() throws Exception {
    try (Http1Backend backend = Http1Backend.saying(HELLO);
        ProxyFixture proxy = impatient(backend);
        RawPeer client = RawPeer.open(proxy.address)) {
      client.raw("000001 01 01 00000001 82").awaitClose();
      assertThat(client.received.goAways).containsExactly("0 ENHANCE_YOUR_CALM");
    }
  }

  @Test
  void refusesContentThatStops() throws Exception {
    try (Http1Backend backend = new Http1Backend((request, out) -> request.in().read());
        ProxyFixture proxy = impatient(backend);
        RawPeer client = RawPeer.open(proxy.address)) {
      client.post(1).data(1, "a", false).awaitEnd(1);
      assertThat(client.received.head(1)).startsWith(":status: 408");
    }
  }

  @Test
  void resetsAStreamWhoseClientGivesNoCredit() throws Exception {
    try (Http1Backend backend = Http1Backend.saying(HELLO);
        ProxyFixture proxy = impatient(backend);
        RawPeer client = new RawPeer(proxy.address)) {
      client.settings(Frame.INITIAL_WINDOW_SIZE, 2).get(1, "/").awaitEnd(1);
      assertThat(client.received.resets).containsEntry(1, ErrorCode.CANCEL);
      assertThat(client.received.body(1)).isEqualTo("he");
    }
  }

  private static ProxyFixture impatient(Http1Backend backend) throws IOException {
    return new ProxyFixture(
        backend.address(),
        PoolSettings.DEFAULTS,
        HeadLimits.DEFAULT,
        ProxyFixture.SECOND / 2,
        null,
        0);
  }

  // ------------------------------------------------------------------ tunnels

  private static String accept(String head) throws IOException {
    String key =
        head.lines()
            .filter(line -> line.startsWith("sec-websocket-key: "))
            .findFirst()
            .orElseThrow()
            .substring("sec-websocket-key: ".length());
    try {
      return Base64.getEncoder()
          .encodeToString(
              MessageDigest.getInstance("SHA-1")
                  .digest(Ascii.bytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IOException(impossible);
    }
  }

  @Test
  void tunnelsWebSocketsByExtendedConnect() throws Exception {
    try (Http1Backend backend =
            new Http1Backend((request, out) -> {
              out.write(
                  String.join(
                          "\r\n",
                          "HTTP/1.1 101 Switching Protocols",
                          "Connection: Upgrade",
                          "Upgrade: websocket",
                          "Sec-WebSocket-Accept: " + accept(request.head()),
                          "",
                          "")
                      .getBytes(StandardCharsets.US_ASCII));
              for (int c = request.in().read(); c >= 0; c = request.in().read()) {
                out.write(Character.toUpperCase(c));
              }
              throw new IOException("done");
            });
        ProxyFixture proxy = new ProxyFixture(backend.address());
        RawPeer client = RawPeer.open(proxy.address)) {
      client
          .request(
              1,
              false,
              ":method: CONNECT",
              ":protocol: websocket",
              ":scheme: http",
              ":path: /chat",
              ":authority: www.example.com",
              "sec-websocket-version: 13")
          .await(r -> !r.heads.isEmpty());
      assertThat(client.received.head(1)).isEqualTo(":status: 200");
      client.data(1, "abc", false).await(r -> r.body(1).equals("ABC"));
      client.data(1, "def", false).await(r -> r.body(1).equals("ABCDEF"));
      Http1Backend.Request request = backend.requests.take();
      assertThat(request.head()).startsWith("GET /chat HTTP/1.1\r\n");
      assertThat(request.has("upgrade: websocket")).isTrue();
      assertThat(request.head()).contains("sec-websocket-key: ");
      client.data(1, "", true).awaitEnd(1);
      assertThat(proxy.reasons()).isEqualTo(Map.of("ok", 1L));
    }
  }
}
