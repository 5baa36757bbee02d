package io.weir.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Requests that clients send to get more than their due; those that two readers could understand
 * differently are in {@link SmugglingTest}.
 */
class HostileRequestTest {
  @TempDir private static Path folder;
  private static final int PORT = Tools.freePort();
  private static RawBackend backend;
  private static WeirProcess weir;

  @BeforeAll
  static void start() {
    backend = RawBackend.answering("fine");
    weir =
        WeirProcess.start(
            folder,
            """
            limits: { body: 1MiB }
            listeners: [{ name: web, address: "127.0.0.1:%d", pool: app }]
            pools: [{ name: app, backends: [{ address: "%s" }] }]
            """
                .formatted(PORT, backend.address()));
  }

  @AfterAll
  static void stop() {
    weir.close();
    backend.close();
  }

  @Test
  void answersPipelinedRequestsInTheirOrder() throws IOException {
    try (Wire client = Wire.to(PORT)) {
      client.send(
          "GET /one HTTP/1.1\r\nHost: a.example.com\r\n\r\n"
              + "POST /two HTTP/1.1\r\nHost: a.example.com\r\nContent-Length: 5\r\n\r\nhello"
              + "GET /three HTTP/1.1\r\nHost: a.example.com\r\n\r\n");
      for (int i = 0; i < 3; i++) {
        assertThat(client.readResponse().text()).isEqualTo("fine");
      }
    }
    List<String> lines =
        backend.heads().stream().map(head -> head.lines().findFirst().orElse("")).toList();
    assertThat(lines)
        .containsSubsequence("GET /one HTTP/1.1", "POST /two HTTP/1.1", "GET /three HTTP/1.1");
  }

  @Test
  void neverForwardsHopByHopFields() throws IOException {
    try (Wire client = Wire.to(PORT)) {
      client.send(
          String.join(
              "\r\n",
              "GET /hop HTTP/1.1",
              "Host: a.example.com",
              "Connection: X-Secret, keep-alive",
              "X-Secret: 1",
              "Keep-Alive: timeout=5",
              "Proxy-Connection: keep-alive",
              "TE: trailers",
              "Upgrade: h2c",
              "Proxy-Authorization: Basic eDp5",
              "\r\n"));
      assertThat(client.readResponse().status()).isEqualTo(200);
    }
    String head =
        backend.heads().stream()
            .filter(each -> each.startsWith("GET /hop "))
            .findFirst()
            .orElseThrow();
    assertThat(head.toLowerCase(java.util.Locale.ROOT))
        .doesNotContain("x-secret", "keep-alive", "proxy-connection", "upgrade:");
  }
}
