package io.weir.control.health;

import static io.weir.control.health.TestBackend.answers;
import static io.weir.control.health.TestBackend.http;
import static org.assertj.core.api.Assertions.assertThat;

import io.weir.config.Pool.HealthCheck;
import io.weir.control.health.TestBackend.Behaviour;
import io.weir.proxy.upstream.Backend;
import io.weir.proxy.upstream.BackendState;
import io.weir.proxy.upstream.PoolSettings;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HealthMonitorTest {
  private static final Behaviour WELL = answers("HTTP/1.1 200 OK\r\n\r\n");
  private static final Behaviour ILL = answers("HTTP/1.1 500 Sorry\r\n\r\n");
  private static final HealthCheck HTTP = http();

  private record Checked(Backend backend, HealthResult result, boolean changed) {}

  private final BlockingQueue<Checked> heard = new LinkedBlockingQueue<>();
  private final HealthMonitor monitor =
      new HealthMonitor((b, r, c) -> heard.add(new Checked(b, r, c)));
  private final TestBackend server = new TestBackend(WELL);

  @AfterEach
  void close() throws Exception {
    monitor.close();
    server.close();
  }

  private void awaitChange() throws InterruptedException {
    while (!heard.take().changed()) {
      // A check that changed nothing.
    }
  }

  private void watch(HealthCheck check) throws InterruptedException {
    monitor.update(Map.of(server.pool, check));
  }

  @Test
  void drivesTheStateOfABackendThatFlaps() throws Exception {
    watch(HTTP);
    for (int i = 0; i < 5; i++) {
      server.become(ILL);
      awaitChange();
      assertThat(server.backend().state()).isEqualTo(BackendState.UNHEALTHY);
      server.become(WELL);
      awaitChange();
      assertThat(server.backend().state()).isEqualTo(BackendState.HEALTHY);
    }
  }

  @Test
  void changesNothingForASingleBadAnswer() throws Exception {
    AtomicInteger requests = new AtomicInteger();
    server.become(socket -> (requests.incrementAndGet() % 3 == 0 ? ILL : WELL).serve(socket));
    watch(HTTP);
    for (int i = 0; i < 50; i++) {
      assertThat(heard.take().changed()).isFalse();
    }
  }

  @Test
  void decidesByTheFirstAnswer() throws Exception {
    server.become(ILL);
    watch(HTTP);
    Checked first = heard.take();
    assertThat(first.changed()).isTrue();
    assertThat(first.result().detail()).isEqualTo("status 500 (expected: 200-299, 404)");
  }

  @Test
  void neverAsksTwoQuestionsAtOnce() throws Exception {
    watch(HTTP);
    for (int i = 0; i < 100; i++) {
      heard.take();
      if (i % 10 == 0) {
        // A new configuration each time: the timeout differs.
        watch(http(5000 + i));
      }
    }
    // The server's side of the last one may still be closing when the next one comes.
    assertThat(server.mostOpen.get()).isLessThanOrEqualTo(2);
  }

  @Test
  void goesOnWithAnUnchangedCheck() throws Exception {
    server.become(ILL);
    watch(HTTP);
    awaitChange();
    server.pool.update(
        PoolSettings.DEFAULTS, List.of(server.backend().settings()), System.nanoTime());
    watch(HTTP);
    assertThat(server.backend().state()).isEqualTo(BackendState.UNHEALTHY);
    server.become(WELL);
    awaitChange();
  }

  @Test
  void takesABackendForWellThatIsNoLongerChecked() throws Exception {
    server.become(ILL);
    watch(HTTP);
    awaitChange();
    monitor.update(Map.of());
    assertThat(server.backend().state()).isEqualTo(BackendState.HEALTHY);
    heard.clear();
    int connections = server.connections.get();
    assertThat(heard).isEmpty();
    assertThat(server.connections).hasValue(connections);
  }

  @Test
  void closesASocketThatHangsWhenItStops() throws Exception {
    BlockingQueue<String> events = new LinkedBlockingQueue<>();
    server.become(socket -> {
      events.add("asked");
      TestBackend.hang(socket);
      events.add("closed");
    });
    watch(http(3_600_000));
    assertThat(events.take()).isEqualTo("asked");
    monitor.close();
    assertThat(events.take()).isEqualTo("closed");
    assertThat(heard).isEmpty();
    assertThat(server.backend().state()).isEqualTo(BackendState.HEALTHY);
  }

  @Test
  void aBackendThatHangsDelaysNoOther() throws Exception {
    try (TestBackend hanging = new TestBackend(TestBackend::hang)) {
      HealthCheck patient = http(3_600_000);
      monitor.update(Map.of(hanging.pool, patient, server.pool, HTTP));
      for (int i = 0; i < 10; i++) {
        assertThat(heard.take().backend()).isSameAs(server.backend());
      }
    }
  }
}
