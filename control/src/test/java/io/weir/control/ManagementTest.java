package io.weir.control;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.weir.proxy.ListeningSockets;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the operator is told about a proxy that serves. */
class ManagementTest {
  /** A line of Prometheus' text format: comment, or name, labels and value. */
  private static final Pattern LINE =
      Pattern.compile(
          "# (HELP|TYPE) [a-z_]+ .+"
              + "|[a-z_]+(\\{([a-z_]+=\"([^\"\\\\]|\\\\.)*\",?)*})? ([0-9.E+-]+|NaN)");

  @TempDir Path folder;
  private Path file;
  private TestBackend backend;
  private Controller controller;

  @BeforeEach
  void start() throws Exception {
    backend = new TestBackend("first");
    file = folder.resolve("weir.yaml");
    write(backend.address());
    Options options = new Options("1.2.3", Duration.ZERO);
    controller = Controller.start(file, ListeningSockets.none(), options);
  }

  @AfterEach
  void stop() {
    controller.close();
    backend.close();
  }

  private void write(String address) throws IOException {
    Files.writeString(
        file,
        """
        workers: 2
        management: {address: "127.0.0.1:0"}
        access_log: {path: access.log}
        listeners:
          - {name: web, address: "127.0.0.1:0", pool: app}
        pools:
          - {name: app, backends: [{name: one, address: "%s"}]}
        routes:
          - {name: gone, match: {path: {prefix: /gone}}, respond: {status: 410}}
        """
            .formatted(address));
  }

  private Answer serve(String path) throws IOException {
    var channels = controller.proxy().listeningSockets().values().iterator().next();
    var local = (InetSocketAddress) channels.getFirst().localAddress();
    return Answer.of("http://127.0.0.1:" + local.getPort() + path);
  }

  private Answer manage(String method, String path) throws IOException {
    int port = Objects.requireNonNull(controller.managementAddress()).getPort();
    return Answer.of(method, "http://127.0.0.1:" + port + path);
  }

  @Test
  void countsRequestsByAllNames() throws Exception {
    serve("/");
    serve("/");
    serve("/gone");
    String metrics = manage("GET", "/metrics").body();
    assertThat(metrics.lines()).allMatch(line -> LINE.matcher(line).matches());
    assertThat(metrics)
        .contains(
            "weir_requests_total{backend=\"one\",listener=\"web\",pool=\"app\",reason=\"ok\","
                + "route=\"(pool)\",status_class=\"2xx\"} 2.0")
        .contains("reason=\"route.respond\",route=\"gone\",status_class=\"4xx\"} 1.0")
        .contains("weir_request_duration_seconds_bucket{")
        .contains("weir_backend_requests_total{backend=\"one\",outcome=\"success\",pool=\"app\"} 2")
        .contains("weir_generation 1.0")
        .contains("weir_build_info{version=\"1.2.3\"} 1")
        .containsPattern("process_resident_memory_bytes [1-9]");
  }

  @Test
  void reportsItsStatusAsJson() throws Exception {
    serve("/");
    JsonNode status = new ObjectMapper().readTree(manage("GET", "/status").body());
    assertThat(status.path("generation").asInt()).isEqualTo(1);
    assertThat(status.path("draining").asBoolean()).isFalse();
    JsonNode route = status.path("routes").path(0);
    assertThat(route.path("requests").asInt()).isEqualTo(1);
    assertThat(route.path("p50_us").asInt()).isPositive();
    assertThat(route.path("latencies")).hasSameSizeAs(status.path("latency_bounds_us"));
    JsonNode one = status.path("pools").path(0).path("backends").path(0);
    assertThat(one.path("state").asText()).isEqualTo("HEALTHY");
    assertThat(one.path("began").asInt()).isEqualTo(1);
    assertThat(backend.address()).endsWith(":" + one.path("port").asText());
  }

  @Test
  void isReadyUntilItDrains() throws Exception {
    assertThat(manage("GET", "/healthz").status()).isEqualTo(200);
    assertThat(manage("GET", "/readyz").status()).isEqualTo(200);
    controller.drain(Duration.ofSeconds(10));
    assertThat(manage("GET", "/healthz").status()).isEqualTo(200);
    assertThat(manage("GET", "/readyz").status()).isEqualTo(503);
  }

  @Test
  void reloadsOnDemandAndTellsWhatIsWrong() throws Exception {
    assertThat(manage("POST", "/reload").status()).isEqualTo(200);
    assertThat(controller.status().generation()).isEqualTo(2);
    write("nonsense\\\"");
    Answer refused = manage("POST", "/reload");
    assertThat(refused.status()).isEqualTo(422);
    JsonNode report = new ObjectMapper().readTree(refused.body());
    assertThat(report.path("problems").path(0).path("text").asText()).contains("weir.yaml:");
    assertThat(controller.status().generation()).isEqualTo(2);
  }

  @Test
  void answersNothingElse() throws Exception {
    for (String path : List.of("/", "/metricsx", "/status/", "/../status")) {
      assertThat(manage("GET", path).status()).as(path).isEqualTo(404);
    }
    assertThat(manage("GET", "/reload").status()).isEqualTo(405);
    assertThat(manage("POST", "/metrics").status()).isEqualTo(405);
  }

  @Test
  void leavesItsAddressWhereTheConfigurationSaysSo() throws Exception {
    Files.writeString(
        file, Files.readString(file).replaceFirst("management: .*", "management: off"));
    assertThat(controller.reload()).isEmpty();
    assertThat(controller.managementAddress()).isNull();
  }
}
