package io.weir.app.top;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Shows the packet plane of one sample. */
public final class PacketScreen {
  private final List<String> lines = new ArrayList<>();

  private PacketScreen() {}

  /** Lines without line ends; empty if there is no packet plane. */
  public static List<String> lines(StatusSample status) {
    PacketScreen screen = new PacketScreen();
    StatusSample plane = status.object("packet_plane");
    if (!plane.json().isEmpty()) {
      screen.show(plane);
    }
    return screen.lines.stream().map(String::stripTrailing).toList();
  }

  /** Such as {@code eth0 native}. */
  static String modes(StatusSample plane) {
    return plane.list("interfaces").stream()
        .map(at -> at.text("name") + " " + at.text("mode"))
        .collect(Collectors.joining(", "));
  }

  private void show(StatusSample plane) {
    for (StatusSample at : plane.list("interfaces")) {
      String why = at.text("why");
      line(
          "%-16s %s%s",
          at.text("name"), at.text("mode"), why.isEmpty() ? "" : ": " + firstLine(why));
    }
    plane.list("problems").forEach(problem -> line("problem: %s", problem.text("text")));
    line("SYN flood: %s", plane.flag("syn_flood") ? "yes, answered with cookies" : "no");
    line("bans: %d", (long) plane.number("bans"));
    if (plane.number("on_trial_seconds") >= 0) {
      line(
          "the last change is taken back in %d s; weir packet confirm makes it last",
          (long) plane.number("on_trial_seconds"));
    }
    if (plane.flag("taken_back")) {
      line("the last change of packet_plane was taken back");
    }
    line("");
    line("%-32s %-6s %16s %20s", "reason", "", "packets", "octets");
    for (StatusSample reason : plane.list("reasons")) {
      line(
          "%-32s %-6s %16d %20d",
          reason.text("name"),
          reason.text("verdict"),
          (long) reason.number("packets"),
          (long) reason.number("bytes"));
    }
    sources(plane);
    plane.list("services").forEach(this::service);
  }

  private void sources(StatusSample plane) {
    if (!plane.list("sources").isEmpty()) {
      line("");
      line("%-50s %s", "refused lately, most from", "samples");
    }
    for (StatusSample source : plane.list("sources")) {
      line("%-50s %d", source.text("network"), (long) source.number("samples"));
    }
  }

  private void service(StatusSample service) {
    line("");
    line(
        "service %s: %s %s",
        service.text("name"), service.text("protocol"), service.text("address"));
    for (StatusSample backend : service.list("backends")) {
      line(
          "  %-40s %-8s %16d packets",
          backend.text("address"), backend.text("state"), (long) backend.number("packets"));
    }
  }

  private static String firstLine(String text) {
    return text.lines().findFirst().orElse("");
  }

  @SuppressWarnings("AnnotateFormatMethod") // the formats are those above
  private void line(String format, Object... arguments) {
    lines.add(String.format(Locale.ROOT, format, arguments));
  }
}
