package io.weir.proxy.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.weir.net.ClientIdentity;
import io.weir.net.IpAddress;
import io.weir.net.Provenance;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * Prints what an entry costs in CPU time: to fill and publish, to render, and to write to a file;
 * and what the idle thread costs. Not a test; run its main on a quiet machine: the first argument
 * is the file.
 */
final class AccessLogCost {
  private static final int ENTRIES = 5_000_000;

  private final AccessLogEntry entry = new AccessLogEntry();
  private final ClientIdentity client =
      new ClientIdentity(IpAddress.parse("192.0.2.7"), 51234, Provenance.SOCKET);
  private final IpAddress server = IpAddress.parse("2001:db8::1");
  private final byte[] path = "/api/v1/products/8841/reviews".getBytes(UTF_8);
  private final byte[] query = "page=2&sort=date&locale=en_GB".getBytes(UTF_8);
  private final byte[] userAgent =
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0"
          .concat(" Safari/537.36")
          .getBytes(UTF_8);
  private final byte[] referer = "https://www.example.com/products/8841".getBytes(UTF_8);
  private final byte[] requestId = "01HZX3J8Q2W9N4V7K5T6".getBytes(UTF_8);
  private final byte[] name = "some-name".getBytes(UTF_8);
  private final byte[] method = "GET".getBytes(UTF_8);
  private final byte[] host = "www.example.com".getBytes(UTF_8);
  private final byte[] backend = "198.51.100.17:8080".getBytes(UTF_8);

  private AccessLogCost() {}

  public static void main(String[] args) throws InterruptedException {
    AccessLogCost cost = new AccessLogCost();
    for (int round = 0; round < 3; round++) {
      cost.fillAndPublish();
      cost.render();
      cost.throughAFile(Path.of(args[0]));
    }
    idle(Path.of(args[0]));
  }

  private void fillAndPublish() {
    AccessLogRing ring = new AccessLogRing(1 << 20, () -> {});
    long cpu = processCpu();
    for (int i = 0; i < ENTRIES; i++) {
      if (!ring.publish(fill(i))) {
        ring.drain((records, at) -> true);
        ring.publish(fill(i));
      }
    }
    report("fill and publish", processCpu() - cpu);
  }

  private void render() {
    JsonBuffer out = new JsonBuffer(LineRenderer.maxLine());
    LineRenderer renderer = new LineRenderer("weir-1", out);
    fill(1).seal();
    long cpu = processCpu();
    for (int i = 0; i < ENTRIES; i++) {
      out.position = 0;
      renderer.render(entry.record, 0);
    }
    report("render " + out.position + " bytes", processCpu() - cpu);
  }

  private void throughAFile(Path file) {
    long cpu = processCpu();
    AccessLog log =
        AccessLog.open(
            new AccessLogSettings(
                "weir-1", 1, 1 << 20, new AccessLogSettings.RotatedFile(file, 1L << 40, 1)));
    for (int i = 0; i < ENTRIES; i++) {
      while (!log.ring(0).publish(fill(i))) {
        LockSupport.parkNanos(100_000);
      }
    }
    log.close();
    report("all of it, to a file", processCpu() - cpu);
  }

  private static void idle(Path file) throws InterruptedException {
    AccessLog log =
        AccessLog.open(
            new AccessLogSettings(
                "weir-1", 1, 1 << 20, new AccessLogSettings.RotatedFile(file, 1L << 40, 1)));
    Thread.sleep(Duration.ofSeconds(3));
    long cpu = processCpu();
    Thread.sleep(Duration.ofSeconds(10));
    System.out.printf("idle: %.3f %% of a core%n", (processCpu() - cpu) / 1e8);
    log.close();
  }

  private AccessLogEntry fill(int i) {
    return entry
        .clear()
        .start(1_770_000_000_000_000L + i * 50L)
        .client(client)
        .server(server, 443)
        .protocol(AccessLogProtocol.HTTP_1_1)
        .status(200)
        .sizes(512, 1234)
        .requestTime(1234)
        .upstreamTime(1100)
        .connectionReused()
        .text(AccessLogField.REQUEST_ID, requestId)
        .text(AccessLogField.METHOD, method)
        .text(AccessLogField.HOST, host)
        .text(AccessLogField.PATH, path)
        .text(AccessLogField.QUERY, query)
        .text(AccessLogField.USER_AGENT, userAgent)
        .text(AccessLogField.REFERER, referer)
        .text(AccessLogField.POOL, name)
        .text(AccessLogField.BACKEND, backend)
        .text(AccessLogField.LISTENER, name)
        .text(AccessLogField.ROUTE, name)
        .text(AccessLogField.REASON, name);
  }

  /** Nanoseconds of all threads, in steps of ten milliseconds. */
  private static long processCpu() {
    return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos();
  }

  private static void report(String what, long nanos) {
    System.out.printf("%s: %d ns an entry%n", what, nanos / ENTRIES);
  }
}
