package io.weir.control.management;

import io.weir.config.Problem;
import io.weir.control.Controller;
import io.weir.control.Status;
import io.weir.control.management.Observation.BackendFigures;
import io.weir.control.management.Observation.Kind;
import io.weir.control.management.Observation.PoolFigures;
import io.weir.control.management.Observation.Sum;
import io.weir.control.packet.PacketReport;
import io.weir.net.HostPort;
import io.weir.packet.Counters;
import io.weir.packet.Reason;
import io.weir.packet.VirtualService;
import io.weir.policy.CircuitBreaker;
import io.weir.proxy.Listener;
import io.weir.proxy.RequestCounters;
import io.weir.proxy.RequestCounters.Cell;
import io.weir.proxy.upstream.BackendSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The state of one moment as JSON. Counts only grow, so whoever asks twice gets rates; the same is
 * true of {@code latencies}, whose numbers count requests below {@code latency_bounds_us} and not
 * below the one before.
 */
final class StatusReport {
  private StatusReport() {}

  static String of(Observation now) {
    return Json.object(json -> {
      process(json, now.controller());
      configuration(json, now.status());
      json.member("connections", now.clientConnections());
      json.array("latency_bounds_us", bounds());
      json.array("listeners", now.listeners(), StatusReport::listener);
      json.array("routes", List.copyOf(now.byRoute().entrySet()), StatusReport::route);
      json.member("reasons", reasons -> reasons(reasons, now));
      json.array("pools", now.pools(), StatusReport::pool);
      now.packets().ifPresent(plane -> json.member("packet_plane", one -> packets(one, plane)));
      json.member(
          "access_log",
          log ->
              log.member("written", now.controller().logEntriesWritten())
                  .member("dropped", now.controller().logEntriesDropped()));
    });
  }

  /** What became of an attempt to take a configuration up. */
  static String of(Status status, List<Problem> problems) {
    return Json.object(json -> {
      json.member("generation", status.generation()).member("digest", status.digest());
      json.array("problems", problems, (one, problem) -> one.member("text", problem + ""));
    });
  }

  private static void process(Json json, Controller controller) {
    ProcessFigures process = ProcessFigures.now();
    json.member("instance", controller.generation().snapshot().instance())
        .member("version", controller.options().version())
        .member("time", Instant.now().toString())
        .member("uptime_seconds", Duration.between(controller.started(), Instant.now()).toSeconds())
        .member("workers", controller.proxy().workers())
        .member("draining", controller.proxy().isDraining())
        .member("cpu_seconds", process.cpuSeconds())
        .member("resident_bytes", process.residentBytes())
        .member("open_files", process.openFiles());
  }

  private static void configuration(Json json, Status status) {
    json.member("generation", status.generation())
        .member("digest", status.digest())
        .member("published", status.published().toString())
        .member("reloads", status.reloads())
        .member("refusals", status.refusals())
        .array("problems", status.problems(), (one, problem) -> one.member("text", problem + ""));
  }

  private static void listener(Json json, Listener listener) {
    json.member("name", listener.name())
        .member("accepted", listener.accepted.sum())
        .member("handshakes_refused", handshakesRefused(listener));
  }

  private static long handshakesRefused(Listener listener) {
    return listener.ended().entrySet().stream()
        .filter(ended -> ended.getKey().startsWith("tls."))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  private static long[] bounds() {
    long[] bounds = new long[RequestCounters.BUCKETS];
    Arrays.setAll(bounds, RequestCounters::bucketEnd);
    return bounds;
  }

  private static void route(Json json, Map.Entry<Kind, Sum> entry) {
    Sum sum = entry.getValue();
    json.member("listener", entry.getKey().listener())
        .member("route", entry.getKey().route())
        .member("pool", entry.getKey().pool())
        .member("requests", sum.requests)
        .member("request_bytes", sum.requestOctets)
        .member("response_bytes", sum.responseOctets)
        .array("statuses", sum.statuses)
        .member("p50_us", sum.latencyMicros(0.5))
        .member("p99_us", sum.latencyMicros(0.99))
        .array("latencies", sum.latencies);
  }

  private static void reasons(Json json, Observation now) {
    Map<String, Long> reasons = new TreeMap<>();
    for (Cell cell : now.requests()) {
      reasons.merge(cell.reason, cell.requests, Long::sum);
    }
    reasons.forEach(json::member);
  }

  private static void packets(Json json, PacketReport plane) {
    json.array(
            "interfaces",
            plane.attachments(),
            (one, at) ->
                one.member("name", at.interfaceName())
                    .member("mode", lower(at.mode()))
                    .member("why", at.why()))
        .member("syn_flood", plane.underAttack())
        .member("bans", plane.bans())
        .member("bans_lost", plane.bansLost())
        .member("on_trial_seconds", plane.onTrial().map(Duration::toSeconds).orElse(-1L))
        .member("taken_back", plane.takenBack())
        .array("problems", plane.problems(), (one, problem) -> one.member("text", problem))
        .array(
            "reasons",
            Stream.of(Reason.values()).filter(r -> plane.counters().packets(r) > 0).toList(),
            (one, reason) -> reason(one, reason, plane.counters()))
        .array(
            "sources",
            plane.sources(),
            (one, source) ->
                one.member("network", source.network() + "").member("samples", source.samples()))
        .array("services", plane.services(), StatusReport::service);
  }

  private static void reason(Json json, Reason reason, Counters counters) {
    json.member("name", reason.dotted())
        .member("verdict", lower(reason.verdict()))
        .member("packets", counters.packets(reason))
        .member("bytes", counters.octets(reason));
  }

  private static void service(Json json, PacketReport.Service service) {
    VirtualService virtual = service.virtual();
    json.member("name", service.name())
        .member("address", new HostPort(virtual.address().toString(), virtual.port()) + "")
        .member("protocol", lower(virtual.protocol()))
        .array(
            "backends",
            service.backends(),
            (one, each) ->
                one.member("address", each.backend().address() + "")
                    .member("state", lower(each.backend().state()))
                    .member("packets", each.packets()));
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static void pool(Json json, PoolFigures figures) {
    json.member("name", figures.pool().name()).member("panicking", figures.pool().isPanicking());
    for (CircuitBreaker.Resource resource : CircuitBreaker.Resource.values()) {
      String name = resource.name().toLowerCase(Locale.ROOT) + "s";
      json.member(name, figures.pool().inUse(resource));
    }
    json.array("backends", figures.backends(), StatusReport::backend);
  }

  private static void backend(Json json, BackendFigures figures) {
    BackendSnapshot backend = figures.snapshot();
    json.member("name", backend.name())
        .member("address", backend.address().getAddress().getHostAddress())
        .member("port", backend.address().getPort())
        .member("state", backend.state().name())
        .member("ejected", backend.ejected())
        .member("weight", backend.weight())
        .member("zone", backend.zone())
        .member("priority", backend.priority())
        .member("in_flight", backend.inFlight())
        .member("latency_us", backend.latencyMicros())
        .member("began", backend.began())
        .member("answered", backend.answered())
        .member("failures", backend.outcomes().failures())
        .member("open", figures.open())
        .member("idle", figures.idle());
  }
}
