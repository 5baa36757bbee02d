package io.weir.control.health;

import static io.weir.control.health.TestBackend.grpc;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.weir.proxy.upstream.BackendSettings;
import io.weir.proxy.upstream.Pool;
import io.weir.proxy.upstream.PoolSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GrpcProbeTest {
  /** Against gRPC's own server and health service. */
  @Nested
  class Real {
    private HealthResult ask(@Nullable HealthStatusManager health, String service)
        throws Exception {
      NettyServerBuilder builder =
          NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      if (health != null) {
        builder.addService(health.getHealthService());
      }
      Server server = builder.build().start();
      try {
        Pool pool = new Pool("pool");
        InetSocketAddress address =
            new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getPort());
        pool.update(
            PoolSettings.DEFAULTS, List.of(new BackendSettings("a", address)), System.nanoTime());
        return Watch.ask(pool.backends().getFirst(), grpc(service));
      } finally {
        server.shutdownNow();
      }
    }

    @Test
    void isWellWhenTheServerServes() throws Exception {
      assertThat(ask(new HealthStatusManager(), "")).isEqualTo(new HealthResult(true, "SERVING"));
    }

    @Test
    void asksForAService() throws Exception {
      HealthStatusManager health = new HealthStatusManager();
      String name = "a.service.with.a.name.of.some.length." + "x".repeat(300);
      health.setStatus(name, ServingStatus.SERVING);
      health.setStatus("down", ServingStatus.NOT_SERVING);
      assertThat(ask(health, name)).isEqualTo(new HealthResult(true, "SERVING"));
      assertThat(ask(health, "down"))
          .isEqualTo(new HealthResult(false, "NOT_SERVING (expected: SERVING)"));
      assertThat(ask(health, "stranger").well()).isFalse();
    }

    @Test
    void isNotWellWithoutAHealthService() throws Exception {
      HealthResult result = ask(null, "");
      assertThat(result.well()).isFalse();
      assertThat(result.detail()).contains("grpc.health.v1.Health");
    }
  }

  private static final String SETTINGS = "000000 04 00 00000000";

  /** Waits for the request, then writes these octets. */
  private static HealthResult answer(String hex) throws IOException {
    byte[] octets = HexFormat.of().parseHex(hex.replace(" ", ""));
    try (TestBackend server =
        new TestBackend(socket -> {
          TestBackend.readHead(socket);
          socket.getOutputStream().write(octets);
          end(socket);
        })) {
      return Watch.ask(server.backend(), grpc(""));
    }
  }

  /** Closes without a reset, though not everything was read. */
  private static void end(Socket socket) throws IOException {
    socket.shutdownOutput();
    TestBackend.hang(socket);
  }

  @Test
  void readsAnAnswerInPiecesWithPaddingAndOtherFrames() throws IOException {
    HealthResult result =
        answer(
            SETTINGS
                + "000008 06 00 00000000 0102030405060708" // PING
                + "000001 01 04 00000001 88" // HEADERS
                + "000004 00 08 00000001 01 0000 00" // DATA, padded
                + "000004 08 00 00000000 00000001" // WINDOW_UPDATE
                + "000005 00 00 00000001 0000020801" // DATA
                + "000001 01 05 00000001 88"); // trailers
    assertThat(result).isEqualTo(new HealthResult(true, "SERVING"));
  }

  @ParameterizedTest
  @CsvSource({
    // an empty message is the status 0
    "000005 00 01 00000001 0000000000, UNKNOWN (expected: SERVING)",
    "000007 00 01 00000001 00000000020802, NOT_SERVING (expected: SERVING)",
    "000007 00 01 00000001 00000000020803, SERVICE_UNKNOWN (expected: SERVING)",
    "000007 00 01 00000001 00000000020809, not a health status",
    "000007 00 01 00000001 00000000021001, not a health status",
    "000007 00 01 00000001 01000000020801, not a health status",
    "000007 00 01 00000001 00000000030801, not a health status",
    "000003 00 01 00000001 000000, not a health status",
    "000001 00 09 00000001 ff, not a health status",
    "000000 00 09 00000001, not a health status",
    "000001 01 05 00000001 88, no health status",
    "000004 03 00 00000001 00000008, the call was refused",
    "000008 07 00 00000000 0000000000000000, the call was refused",
    "000007 00 00 00000001 00000000020801, closed before",
    "000007 00 01 00000003 00000000020801, closed before",
    "004001 00 01 00000001 00, not HTTP/2",
    "ffffff 00 01 00000001 00, not HTTP/2",
    "000009 00 01 00000001 0000, closed before"
  })
  void isNotWellWithAnotherAnswer(String frames, String detail) throws IOException {
    HealthResult result = answer(SETTINGS + frames);
    assertThat(result.well()).isFalse();
    assertThat(result.detail()).contains(detail);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "0000",
        "485454502f312e3120343030204261640d0a0d0a", // HTTP/1.1 400 Bad
        "000007 00 01 00000001 00000000020801", // no SETTINGS first
        "000000 04 00 00000001"
      })
  void isNotWellWithoutHttp2(String octets) throws IOException {
    assertThat(answer(octets).well()).isFalse();
  }

  @Test
  void isNotWellWhenFramesNeverEnd() throws IOException {
    HealthResult result = answer(SETTINGS.repeat(1000));
    assertThat(result).isEqualTo(new HealthResult(false, "no answer in 100 frames"));
  }
}
