package io.weir.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Backends that die or freeze while clients ask: who may notice, and how they come back. */
class FailingBackendTest {
  private static final String GET = "GET /small HTTP/1.1\r\nHost: www.example.com\r\n\r\n";
  private static final String POST =
      "POST /small HTTP/1.1\r\nHost: www.example.com\r\nContent-Length: 5\r\n\r\nhello";

  @TempDir private Path folder;
  private final int port = Tools.freePort();
  private NginxProcess steady;
  private NginxProcess doomed;
  private WeirProcess weir;

  @BeforeEach
  void start() {
    steady = NginxProcess.serving(folder);
    doomed = NginxProcess.serving(folder);
    weir =
        WeirProcess.start(
            folder,
            """
            listeners: [{ name: web, address: "127.0.0.1:%d" }]
            routes: [{ name: all, pool: app, timeouts: { per_try: 1s }, retries: { attempts: 2, on: [connect_failure, reset, timeout] } }]
            pools:
              - name: app
                algorithm: round_robin
                backends:
                  - { name: steady, address: "127.0.0.1:%d" }
                  - { name: doomed, address: "127.0.0.1:%d" }
                health_check: { path: /small, interval: 500ms, timeout: 500ms, rise: 2, fall: 2 }
                outlier_ejection: { consecutive_failures: 3, base_time: 500ms, max_percent: 50 }
                retry_budget: { percent: 100, min_per_second: 1000 }
            """
                .formatted(port, steady.port(), doomed.port()));
  }

  @AfterEach
  void stop() {
    weir.close();
    doomed.close();
    steady.close();
  }

  private void awaitHealth(double wanted) {
    await()
        .atMost(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS)
        .until(() -> weir.metric("weir_backend_healthy", "backend=\"doomed\"") == wanted);
  }

  private double served() {
    return weir.metric("weir_requests_total", "backend=\"doomed\"");
  }

  private void awaitShare(double before) {
    await().atMost(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS).until(() -> served() > before + 20);
  }

  @Test
  void nobodyNoticesThatABackendDiesWhereRequestsMayBeRepeated() {
    awaitHealth(1);
    try (Load load = Load.start(port, GET, 4)) {
      awaitShare(0);
      doomed.kill();
      awaitHealth(0);
      doomed.start();
      awaitHealth(1);
      awaitShare(served());
      load.end();
      assertThat(load.failures()).isEmpty();
    }
  }

  @Test
  void nobodyNoticesThatABackendFreezesWhereRequestsMayBeRepeated() {
    awaitHealth(1);
    try (Load load = Load.start(port, GET, 4)) {
      awaitShare(0);
      doomed.freeze();
      awaitHealth(0);
      doomed.thaw();
      awaitHealth(1);
      awaitShare(served());
      load.end();
      assertThat(load.failures()).isEmpty();
    }
  }

  @Test
  void onlyRequestsInFlightFailWhereTheyMayNotBeRepeated() {
    awaitHealth(1);
    int clients = 4;
    try (Load load = Load.start(port, POST, clients)) {
      awaitShare(0);
      doomed.kill();
      awaitHealth(0);
      long answers = load.answers();
      await()
          .atMost(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS)
          .until(() -> load.answers() > answers + 200);
      load.end();
      assertThat(load.failures())
          .hasSizeLessThanOrEqualTo(clients)
          .allMatch(each -> each.contains(" 502 "));
    }
  }

  @Test
  void answers503WhileNobodyIsHealthy() {
    weir.reload(
        """
        listeners: [{ name: web, address: "127.0.0.1:%d", pool: app }]
        pools:
          - name: app
            backends: [{ name: gone, address: "127.0.0.1:%d" }]
            health_check: { path: /small, interval: 500ms, timeout: 500ms, rise: 1, fall: 1 }
            panic_threshold: 0
        """
            .formatted(port, Tools.freePort()));
    await()
        .atMost(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS)
        .until(() -> Wire.ask(port, GET).status() == 503);
    weir.awaitEntry(entry -> entry.path("reason").asText().equals("select.no_healthy_backend"));
  }
}
