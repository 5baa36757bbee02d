package io.weir.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Weir tells its operator, and how it ends. */
class AccessLogTest {
  @TempDir private Path folder;
  private final int port = Tools.freePort();
  private final CountDownLatch asked = new CountDownLatch(1);
  private final CountDownLatch answer = new CountDownLatch(1);
  private RawBackend backend;
  private WeirProcess weir;

  @BeforeEach
  void start() {
    backend = RawBackend.of(this::answerWhenTold);
    weir =
        WeirProcess.start(
            folder,
            """
            instance: lb-7
            drain_timeout: 30s
            listeners: [{ name: web, addresses: ["127.0.0.1:%1$d", "[::1]:%1$d"], pool: app }]
            pools: [{ name: app, backends: [{ name: app-1, address: "%2$s" }] }]
            """
                .formatted(port, backend.address()));
  }

  private void answerWhenTold(Wire wire) throws IOException {
    for (Message request = wire.readRequest(); request != null; request = wire.readRequest()) {
      if (request.startLine().contains("/slow")) {
        asked.countDown();
        awaitQuietly(answer);
      }
      wire.answer("200 OK", "fine", "Server: backend/1.0");
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }

  @AfterEach
  void stop() {
    weir.close();
    backend.close();
  }

  @Test
  void hasEveryFieldOfARequest() {
    String request =
        """
        POST /log?a=b&password=hunter2 HTTP/1.1
        Host: www.example.com
        User-Agent: test/1
        Referer: https://example.com/?token=abc
        X-Forwarded-For: 203.0.113.7
        Authorization: Basic c2VjcmV0
        Cookie: session=topsecret
        Content-Length: 5

        """;
    Wire.ask(port, request.replace("\n", "\r\n") + "hello");
    JsonNode entry = weir.awaitEntry("/log");
    assertThat(entry.fieldNames())
        .toIterable()
        .contains(
            "timestamp",
            "request_id",
            "client_ip",
            "client_port",
            "server_ip",
            "server_port",
            "method",
            "host",
            "path",
            "query",
            "protocol",
            "status_code",
            "request_size_bytes",
            "response_size_bytes",
            "request_time_ms",
            "upstream_time_ms",
            "ssl_protocol",
            "ssl_cipher",
            "user_agent",
            "referer",
            "x_forwarded_for",
            "lb_instance",
            "pool_id",
            "backend_server",
            "rate_limited",
            "waf_action",
            "waf_rules_matched",
            "geo_country",
            "geo_city",
            "asn",
            "connection_reused",
            "compression",
            "listener",
            "route",
            "reason",
            "client_provenance",
            "retries",
            "ja3",
            "ja4");
    assertThat(entry.path("method").asText()).isEqualTo("POST");
    assertThat(entry.path("host").asText()).isEqualTo("www.example.com");
    assertThat(entry.path("client_ip").asText()).isEqualTo("127.0.0.1");
    assertThat(entry.path("server_port").asInt()).isEqualTo(port);
    assertThat(entry.path("status_code").asInt()).isEqualTo(200);
    assertThat(entry.path("lb_instance").asText()).isEqualTo("lb-7");
    assertThat(entry.path("pool_id").asText()).isEqualTo("app");
    assertThat(entry.path("backend_server").asText()).isEqualTo("app-1");
    assertThat(entry.path("user_agent").asText()).isEqualTo("test/1");
    assertThat(entry.path("reason").asText()).isEqualTo("ok");
    assertThat(entry.path("request_time_ms").asDouble()).isPositive();
    assertThat(entry.toString()).doesNotContain("hunter2", "c2VjcmV0", "topsecret", "abc");
    assertThat(entry.path("query").asText()).startsWith("a=b&password=");
  }

  @Test
  void countsRequestsByReason() {
    for (int i = 0; i < 3; i++) {
      Wire.ask(port, "GET /count HTTP/1.1\r\nHost: www.example.com\r\n\r\n");
    }
    Wire.ask(port, "GET /count HTTP/1.1\r\n\r\n");
    await()
        .atMost(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS)
        .untilAsserted(() -> {
          assertThat(weir.metric("weir_requests_total", "pool=\"app\"", "reason=\"ok\""))
              .isEqualTo(3);
          assertThat(weir.metric("weir_requests_total", "reason=\"frame.malformed\"")).isEqualTo(1);
        });
    assertThat(weir.management("/metrics")).contains("# TYPE weir_requests", "weir_generation 1");
    assertThat(weir.management("/healthz")).isNotEmpty();
    assertThat(weir.management("/readyz")).isNotEmpty();
  }

  @Test
  void finishesRequestsInProgressBeforeItEnds() throws IOException {
    try (Wire busy = Wire.to(port);
        Wire idle = Wire.to("::1", port)) {
      idle.send("GET /idle HTTP/1.1\r\nHost: www.example.com\r\n\r\n");
      assertThat(idle.readResponse().status()).isEqualTo(200);
      busy.send("GET /slow HTTP/1.1\r\nHost: www.example.com\r\n\r\n");
      awaitQuietly(asked);
      weir.signal("TERM");
      idle.expectEnd();
      assertThat(weir.isAlive()).isTrue();
      answer.countDown();
      Message last = busy.readResponse();
      assertThat(last.text()).isEqualTo("fine");
      assertThat(last.field("Connection")).isEqualTo("close");
      busy.expectEnd();
    }
    assertThat(weir.awaitExit()).isZero();
    weir.awaitEntry("/slow");
  }
}
