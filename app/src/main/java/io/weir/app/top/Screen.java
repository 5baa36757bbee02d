package io.weir.app.top;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Shows what happened between two samples of one process. */
public final class Screen {
  private static final String ROUTES = "%-32s %9s %8s %7s %7s %7s %7s %9s %9s";
  private static final String BACKENDS = "%-32s %-10s %9s %9s %9s %9s %7s";

  private final StatusSample before;
  private final StatusSample now;
  private final double seconds;
  private final List<String> lines = new ArrayList<>();

  private Screen(StatusSample before, StatusSample now) {
    this.before = before;
    this.now = now;
    this.seconds = now.secondsSince(before);
  }

  /** Lines without line ends. */
  public static List<String> lines(StatusSample before, StatusSample now) {
    Screen screen = new Screen(before, now);
    screen.process();
    screen.routes();
    screen.reasons();
    screen.packets();
    now.list("pools").forEach(screen::pool);
    return screen.lines.stream().map(String::stripTrailing).toList();
  }

  private void process() {
    line(
        "weir %s  generation %s (%s)  up %s  connections %d  CPU %.0f %%  memory %.0f MiB%s",
        now.text("instance"),
        now.text("generation"),
        now.text("digest"),
        duration(now.number("uptime_seconds")),
        (long) now.number("connections"),
        100 * rate(before, now, "cpu_seconds"),
        now.number("resident_bytes") / (1 << 20),
        now.flag("draining") ? "  DRAINING" : "");
    for (StatusSample problem : now.list("problems")) {
      line("refused: %s", problem.text("text").lines().findFirst().orElse(""));
    }
    line("");
  }

  // ------------------------------------------------------------------ requests

  private void routes() {
    line(
        ROUTES,
        "listener/route",
        "req/s",
        "2xx/s",
        "3xx/s",
        "4xx/s",
        "5xx/s",
        "none/s",
        "p50",
        "p99");
    double[] bounds = now.numbers("latency_bounds_us");
    now.list("routes").stream()
        .sorted(
            Comparator.comparing((StatusSample route) -> route.text("listener"))
                .thenComparing(route -> route.text("route"))
                .thenComparing(route -> route.text("pool")))
        .forEach(route -> route(route, bounds));
    line("");
  }

  private void route(StatusSample route, double[] bounds) {
    StatusSample earlier = before.like(route, "routes", "listener", "route", "pool");
    double[] statuses = differences(earlier, route, "statuses", 6);
    double[] latencies = differences(earlier, route, "latencies", bounds.length);
    line(
        ROUTES,
        shortened(route.text("listener") + "/" + orNone(route.text("route"))),
        perSecond(rate(earlier, route, "requests")),
        perSecond(statuses[2] / seconds),
        perSecond(statuses[3] / seconds),
        perSecond(statuses[4] / seconds),
        perSecond(statuses[5] / seconds),
        perSecond((statuses[0] + statuses[1]) / seconds),
        micros(quantile(latencies, bounds, 0.5)),
        micros(quantile(latencies, bounds, 0.99)));
  }

  private static String orNone(String route) {
    return route.isEmpty() ? "(none)" : route;
  }

  private void reasons() {
    StatusSample reasons = now.object("reasons");
    StatusSample earlier = before.object("reasons");
    String text =
        reasons.json().keySet().stream()
            .map(Object::toString)
            .filter(name -> !name.equals("ok") && rate(earlier, reasons, name) > 0)
            .map(name -> name + " " + perSecond(rate(earlier, reasons, name)) + "/s")
            .collect(Collectors.joining(", "));
    if (!text.isEmpty()) {
      line("%s", text);
      line("");
    }
  }

  /** One line for the packet plane, and one for what it refuses. */
  private void packets() {
    StatusSample plane = now.object("packet_plane");
    if (plane.json().isEmpty()) {
      return;
    }
    StatusSample earlier = before.object("packet_plane");
    line(
        "packets  %s%s  passed %s/s  refused %s/s  sent %s/s  bans %d%s%s",
        PacketScreen.modes(plane),
        plane.flag("syn_flood") ? "  SYN FLOOD" : "",
        perSecond(packets(earlier, plane, "pass")),
        perSecond(packets(earlier, plane, "drop")),
        perSecond(packets(earlier, plane, "send")),
        (long) plane.number("bans"),
        plane.number("on_trial_seconds") >= 0
            ? "  ON TRIAL " + (long) plane.number("on_trial_seconds") + " s"
            : "",
        plane.flag("taken_back") ? "  TAKEN BACK" : "");
    String refused =
        plane.list("reasons").stream()
            .filter(reason -> reason.text("verdict").equals("drop"))
            .map(reason -> refused(earlier, reason))
            .filter(text -> !text.isEmpty())
            .collect(Collectors.joining(", "));
    if (!refused.isEmpty()) {
      line("%s", refused);
    }
    line("");
  }

  private String refused(StatusSample earlier, StatusSample reason) {
    double rate = rate(earlier.like(reason, "reasons", "name"), reason, "packets");
    return rate > 0 ? reason.text("name") + " " + perSecond(rate) + "/s" : "";
  }

  private double packets(StatusSample earlier, StatusSample later, String verdict) {
    return later.list("reasons").stream()
        .filter(reason -> reason.text("verdict").equals(verdict))
        .mapToDouble(reason -> rate(earlier.like(reason, "reasons", "name"), reason, "packets"))
        .sum();
  }

  /** The first bound that this share of what was counted is below; NaN where nothing was. */
  static double quantile(double[] counts, double[] bounds, double share) {
    double all = 0;
    for (double count : counts) {
      all += count;
    }
    double below = 0;
    for (int i = 0; i < bounds.length; i++) {
      below += counts[i];
      if (below > 0 && below >= all * share) {
        return bounds[i];
      }
    }
    return Double.NaN;
  }

  // ------------------------------------------------------------------ backends

  private void pool(StatusSample pool) {
    line(
        BACKENDS,
        shortened("pool " + pool.text("name") + (pool.flag("panicking") ? " PANIC" : "")),
        "",
        "in flight",
        "tries/s",
        "fails/s",
        "latency",
        "conns");
    StatusSample earlier = before.like(pool, "pools", "name");
    for (StatusSample backend : pool.list("backends")) {
      StatusSample then = earlier.like(backend, "backends", "name");
      line(
          BACKENDS,
          shortened("  " + backend.text("name")),
          state(backend),
          (long) backend.number("in_flight"),
          perSecond(rate(then, backend, "began")),
          perSecond(rate(then, backend, "failures")),
          micros(backend.number("latency_us")),
          (long) backend.number("open"));
    }
    line("");
  }

  private static String state(StatusSample backend) {
    return backend.flag("ejected") ? "EJECTED" : backend.text("state");
  }

  // ------------------------------------------------------------------ figures

  /** Per second; 0 where the process started anew in between. */
  private double rate(StatusSample earlier, StatusSample later, String name) {
    return Math.max(0, later.number(name) - earlier.number(name)) / seconds;
  }

  private static double[] differences(
      StatusSample earlier, StatusSample later, String name, int count) {
    double[] from = earlier.numbers(name);
    double[] to = later.numbers(name);
    double[] differences = new double[count];
    for (int i = 0; i < count && i < to.length; i++) {
      differences[i] = Math.max(0, to[i] - (i < from.length ? from[i] : 0));
    }
    return differences;
  }

  private static String perSecond(double rate) {
    return rate == 0 ? "0" : String.format(Locale.ROOT, rate < 10 ? "%.1f" : "%.0f", rate);
  }

  private static String micros(double micros) {
    if (Double.isNaN(micros) || micros == 0) {
      return "-";
    }
    return micros < 1000
        ? String.format(Locale.ROOT, "%.0f µs", micros)
        : micros < 1_000_000
            ? String.format(Locale.ROOT, "%.1f ms", micros / 1e3)
            : String.format(Locale.ROOT, "%.1f s", micros / 1e6);
  }

  private static String duration(double seconds) {
    long all = (long) seconds;
    return all < 60
        ? all + "s"
        : all < 3600 ? all / 60 + "m" + all % 60 + "s" : all / 3600 + "h" + all / 60 % 60 + "m";
  }

  private static String shortened(String name) {
    return name.length() <= 32 ? name : name.substring(0, 31) + "…";
  }

  @SuppressWarnings("AnnotateFormatMethod") // the formats are those above
  private void line(String format, Object... arguments) {
    lines.add(String.format(Locale.ROOT, format, arguments));
  }
}
