package io.weir.control.management;

import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.weir.control.Controller;
import io.weir.control.management.Observation.BackendFigures;
import io.weir.control.management.Observation.Kind;
import io.weir.control.management.Observation.PoolFigures;
import io.weir.control.management.Observation.Sum;
import io.weir.control.packet.PacketReport;
import io.weir.net.HostPort;
import io.weir.packet.Counters;
import io.weir.packet.Reason;
import io.weir.policy.CircuitBreaker;
import io.weir.proxy.RequestCounters;
import io.weir.proxy.RequestCounters.Cell;
import io.weir.proxy.upstream.BackendSnapshot;
import io.weir.proxy.upstream.BackendState;
import io.weir.proxy.upstream.Outcome;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * The metrics of one moment in Prometheus' text format. What happens is counted where it happens,
 * without labels and without locks; names are put to it here, when somebody asks.
 */
final class Metrics {
  /** The class of a request that was answered with no status. */
  private static final String NO_STATUS = "none";

  /** Latencies are told by powers of two of a microsecond, from 64 µs to 67 s. */
  private static final int SHORTEST = 6;

  private static final int LONGEST = 26;

  private final MetricSnapshots.Builder all = MetricSnapshots.builder();
  private final Observation now;

  private Metrics(Observation now) {
    this.now = now;
  }

  static String contentType() {
    return PrometheusTextFormatWriter.CONTENT_TYPE;
  }

  /** Writes all metrics. */
  static void write(Observation now, OutputStream out) throws IOException {
    Metrics metrics = new Metrics(now);
    metrics.requests();
    metrics.findings();
    metrics.clients();
    metrics.pools();
    now.packets().ifPresent(metrics::packets);
    metrics.configuration();
    metrics.process();
    PrometheusTextFormatWriter.create().write(out, metrics.all.build());
  }

  private record Sample(Labels labels, double value) {}

  private void counter(String name, String help, List<Sample> samples) {
    CounterSnapshot.Builder counter = CounterSnapshot.builder().name(name).help(help);
    for (Sample sample : samples) {
      counter.dataPoint(
          CounterDataPointSnapshot.builder().labels(sample.labels).value(sample.value).build());
    }
    all.metricSnapshot(counter.build());
  }

  private void counter(String name, String help, Number value) {
    counter(name, help, List.of(new Sample(Labels.EMPTY, value.doubleValue())));
  }

  private void gauge(String name, String help, List<Sample> samples) {
    GaugeSnapshot.Builder gauge = GaugeSnapshot.builder().name(name).help(help);
    for (Sample sample : samples) {
      gauge.dataPoint(
          GaugeDataPointSnapshot.builder().labels(sample.labels).value(sample.value).build());
    }
    all.metricSnapshot(gauge.build());
  }

  private void gauge(String name, String help, Number value) {
    gauge(name, help, List.of(new Sample(Labels.EMPTY, value.doubleValue())));
  }

  // ------------------------------------------------------------------ requests

  private void requests() {
    List<Sample> requests = new ArrayList<>();
    for (Cell cell : now.requests()) {
      for (int i = 0; i < cell.statuses.length; i++) {
        if (cell.statuses[i] > 0) {
          requests.add(new Sample(labels(cell, i), cell.statuses[i]));
        }
      }
    }
    counter("weir_requests", "Requests that are over, by how they ended.", requests);
    counter("weir_request_bytes", "Octets of requests.", bySum(sum -> sum.requestOctets));
    counter("weir_response_bytes", "Octets of responses.", bySum(sum -> sum.responseOctets));
    durations();
  }

  private void findings() {
    List<Sample> samples = new ArrayList<>();
    now.controller()
        .proxy()
        .findings()
        .forEach((action, categories) ->
            categories.forEach((category, count) ->
                samples.add(
                    new Sample(Labels.of("action", action.text(), "category", category), count))));
    counter(
        "weir_waf_findings",
        "Requests in which the web application firewall's rules matched, by what became of them.",
        samples);
  }

  private static Labels labels(Cell cell, int status) {
    return Labels.of(
        "listener", cell.listener,
        "route", cell.route,
        "pool", cell.pool,
        "backend", cell.backend,
        "reason", cell.reason,
        "status_class", status == 0 ? NO_STATUS : status + "xx");
  }

  private static Labels labels(Kind kind) {
    return Labels.of("listener", kind.listener(), "route", kind.route(), "pool", kind.pool());
  }

  private List<Sample> bySum(ToDoubleFunction<Sum> figure) {
    List<Sample> samples = new ArrayList<>();
    now.byRoute()
        .forEach((kind, sum) -> samples.add(new Sample(labels(kind), figure.applyAsDouble(sum))));
    return samples;
  }

  private void durations() {
    HistogramSnapshot.Builder durations =
        HistogramSnapshot.builder()
            .name("weir_request_duration_seconds")
            .help("From a request's first octet to the last of its response.");
    now.byRoute()
        .forEach((kind, sum) ->
            durations.dataPoint(
                HistogramDataPointSnapshot.builder()
                    .labels(labels(kind))
                    .classicHistogramBuckets(buckets(sum.latencies))
                    .sum(sum.nanos / 1e9)
                    .build()));
    all.metricSnapshot(durations.build());
  }

  private static ClassicHistogramBuckets buckets(long[] fine) {
    long[] counts = new long[LONGEST - SHORTEST + 2];
    double[] bounds = new double[counts.length];
    for (int i = 0; i < bounds.length; i++) {
      bounds[i] = (1L << (SHORTEST + i)) / 1e6;
    }
    bounds[bounds.length - 1] = Double.POSITIVE_INFINITY;
    for (int i = 0; i < fine.length; i++) {
      int power = 64 - Long.numberOfLeadingZeros(RequestCounters.bucketEnd(i) - 1);
      counts[Math.clamp(power - SHORTEST, 0, counts.length - 1)] += fine[i];
    }
    return ClassicHistogramBuckets.of(bounds, counts);
  }

  // ------------------------------------------------------------------ clients

  private void clients() {
    gauge("weir_client_connections", "Open connections of clients.", now.clientConnections());
    List<Sample> accepted = new ArrayList<>();
    List<Sample> ended = new ArrayList<>();
    now.listeners()
        .forEach(listener -> {
          Labels labels = Labels.of("listener", listener.name());
          accepted.add(new Sample(labels, listener.accepted.sum()));
          listener
              .ended()
              .forEach(
                  (reason, count) -> ended.add(new Sample(labels.add("reason", reason), count)));
        });
    counter("weir_client_connections_accepted", "Connections accepted.", accepted);
    counter(
        "weir_client_connections_ended",
        "Connections that were refused or ended for what the whole of them did.",
        ended);
  }

  // ------------------------------------------------------------------ pools

  private void pools() {
    gauge(
        "weir_pool_panicking",
        "1 while so few backends are well that health is not believed.",
        now.pools().stream()
            .map(p -> new Sample(labels(p), p.pool().isPanicking() ? 1 : 0))
            .toList());
    gauge("weir_pool_in_use", "What circuit_breaker bounds, as much as is taken now.", inUse());
    byBackend(
        "weir_backend_healthy",
        "1 where checks say it is well.",
        b -> b.snapshot().state() == BackendState.UNHEALTHY ? 0 : 1);
    byBackend(
        "weir_backend_draining",
        "1 where it gets no new request.",
        b -> b.snapshot().state() == BackendState.DRAINING ? 1 : 0);
    byBackend(
        "weir_backend_ejected",
        "1 while failures in live traffic keep it out.",
        b -> b.snapshot().ejected() ? 1 : 0);
    byBackend(
        "weir_backend_requests_in_flight", "Requests under way.", b -> b.snapshot().inFlight());
    byBackend(
        "weir_backend_latency_ewma_seconds",
        "Moving average of the time to the head of the answer.",
        b -> b.snapshot().latencyMicros() / 1e6);
    byBackend("weir_backend_connections", "Open connections.", BackendFigures::open);
    byBackend("weir_backend_connections_idle", "Those without a request.", BackendFigures::idle);
    outcomes();
  }

  private static Labels labels(PoolFigures pool) {
    return Labels.of("pool", pool.pool().name());
  }

  private List<Sample> inUse() {
    List<Sample> samples = new ArrayList<>();
    for (PoolFigures pool : now.pools()) {
      for (CircuitBreaker.Resource resource : CircuitBreaker.Resource.values()) {
        Labels labels = labels(pool).add("resource", lower(resource));
        samples.add(new Sample(labels, pool.pool().inUse(resource)));
      }
    }
    return samples;
  }

  private void byBackend(String name, String help, ToDoubleFunction<BackendFigures> figure) {
    List<Sample> samples = new ArrayList<>();
    for (PoolFigures pool : now.pools()) {
      for (BackendFigures backend : pool.backends()) {
        Labels labels = labels(pool).add("backend", backend.snapshot().name());
        samples.add(new Sample(labels, figure.applyAsDouble(backend)));
      }
    }
    gauge(name, help, samples);
  }

  private void outcomes() {
    Map<Labels, Sample> samples = new LinkedHashMap<>();
    for (PoolFigures pool : now.pools()) {
      for (BackendFigures backend : pool.backends()) {
        BackendSnapshot snapshot = backend.snapshot();
        for (Outcome outcome : Outcome.values()) {
          Labels labels =
              labels(pool).add("backend", snapshot.name()).add("outcome", lower(outcome));
          samples.put(labels, new Sample(labels, snapshot.outcomes().of(outcome)));
        }
      }
    }
    counter(
        "weir_backend_requests",
        "Tries at a backend, retries among them, by how they ended.",
        List.copyOf(samples.values()));
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  // ------------------------------------------------------------------ packet plane

  private void packets(PacketReport plane) {
    List<Sample> packets = new ArrayList<>();
    List<Sample> octets = new ArrayList<>();
    for (Reason reason : Reason.values()) {
      Labels labels = Labels.of("reason", reason.dotted(), "verdict", lower(reason.verdict()));
      for (Counters.Protocol protocol : Counters.Protocol.values()) {
        packets.add(packets(plane.counters(), reason, protocol, false, labels));
        packets.add(packets(plane.counters(), reason, protocol, true, labels));
      }
      octets.add(new Sample(labels, plane.counters().octets(reason)));
    }
    packets.removeIf(sample -> sample.value == 0);
    octets.removeIf(sample -> sample.value == 0);
    counter("weir_packets", "Packets, by how they ended in the packet plane.", packets);
    counter("weir_packet_bytes", "Octets of those packets, from the IP header on.", octets);
    gauge(
        "weir_packet_plane",
        "How each interface is guarded: 1 for the mode at work.",
        plane.attachments().stream()
            .map(at ->
                new Sample(Labels.of("interface", at.interfaceName(), "mode", lower(at.mode())), 1))
            .toList());
    gauge(
        "weir_syn_flood",
        "1 as long as SYNs are answered with cookies.",
        plane.underAttack() ? 1 : 0);
    gauge("weir_packet_bans", "Clients banned now, because the proxy blocks them.", plane.bans());
    counter(
        "weir_packet_bans_lost",
        "Blocked clients that were not banned: too many, or the kernel refused.",
        plane.bansLost());
    gauge(
        "weir_packet_plane_on_trial",
        "1 as long as a change waits to be confirmed.",
        plane.onTrial().isPresent() ? 1 : 0);
    counter(
        "weir_virtual_service_packets",
        "Packets sent to backends of virtual services; about.",
        plane.services().stream().flatMap(Metrics::packets).toList());
  }

  private static Sample packets(
      Counters counters, Reason reason, Counters.Protocol protocol, boolean ipv6, Labels labels) {
    return new Sample(
        labels.merge(Labels.of("protocol", lower(protocol), "family", ipv6 ? "ipv6" : "ipv4")),
        counters.packets(reason, protocol, ipv6));
  }

  private static Stream<Sample> packets(PacketReport.Service service) {
    String at = new HostPort(service.virtual().address().toString(), service.virtual().port()) + "";
    return service.backends().stream()
        .map(each ->
            new Sample(
                Labels.of(
                    "service", service.name(),
                    "address", at,
                    "protocol", lower(service.virtual().protocol()),
                    "backend", each.backend().address().toString()),
                each.packets()));
  }

  // ------------------------------------------------------------------ configuration and process

  private void configuration() {
    Controller controller = now.controller();
    gauge("weir_generation", "Number of the configuration served.", now.status().generation());
    info("weir_configuration", "The configuration served.", "digest", now.status().digest());
    counter(
        "weir_reloads",
        "Configurations taken up after the first, and refused ones.",
        List.of(
            new Sample(Labels.of("result", "ok"), now.status().reloads()),
            new Sample(Labels.of("result", "refused"), now.status().refusals())));
    counter(
        "weir_access_log_written", "Entries of the access log.", controller.logEntriesWritten());
    counter(
        "weir_access_log_dropped",
        "Entries lost because the log did not keep up.",
        controller.logEntriesDropped());
  }

  private void process() {
    ProcessFigures process = ProcessFigures.now();
    info("weir_build", "The program.", "version", now.controller().options().version());
    counter("process_cpu_seconds", "User and system time.", process.cpuSeconds());
    gauge("process_resident_memory_bytes", "Resident memory.", process.residentBytes());
    gauge("process_open_fds", "Open file descriptors.", process.openFiles());
    gauge(
        "process_start_time_seconds",
        "Start of the process.",
        now.controller().started().toEpochMilli() / 1e3);
    Runtime heap = Runtime.getRuntime();
    gauge("weir_heap_bytes", "Heap in use.", heap.totalMemory() - heap.freeMemory());
  }

  private void info(String name, String help, String label, String value) {
    all.metricSnapshot(
        InfoSnapshot.builder()
            .name(name)
            .help(help)
            .dataPoint(InfoDataPointSnapshot.builder().labels(Labels.of(label, value)).build())
            .build());
  }
}
