package io.weir.app;

import io.weir.config.Config;
import io.weir.config.ListenAddress;
import io.weir.config.Listener;
import io.weir.config.Pool;
import io.weir.config.Route;
import io.weir.control.packet.PacketSnapshot;
import io.weir.packet.PacketPlane;
import io.weir.packet.PlaneSettings;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a configuration comes to, in a few lines for a person. */
final class Summary {
  private Summary() {}

  static void print(Config config, PrintWriter out) {
    config.listeners().forEach(listener -> out.println("  listener " + of(listener)));
    config.routes().forEach(route -> out.println("  route    " + of(route)));
    config.pools().forEach(pool -> out.println("  pool     " + of(pool)));
    out.println(
        "  metrics  "
            + config.management().map(m -> "http://" + m.address() + "/metrics").orElse("off"));
    out.println("  log      " + config.accessLog().map(log -> log.path()).orElse("off"));
  }

  /** How interfaces would be guarded here. */
  static void print(@Nullable PacketSnapshot packets, PrintWriter out) {
    if (packets == null) {
      return;
    }
    PlaneSettings settings = packets.settingsNow();
    out.println(
        "  packets  "
            + String.join(", ", settings.interfaces())
            + ": "
            + settings.modes().stream()
                .sorted()
                .map(Summary::word)
                .collect(Collectors.joining(", else ")));
    PacketPlane.obstacles(settings).forEach(obstacle -> out.println("           " + obstacle));
  }

  /** Such as {@code secure: https on 0.0.0.0:443, [::]:443}. */
  static String of(Listener listener) {
    return listener.name()
        + ": "
        + word(listener.protocol())
        + " on "
        + listener.addresses().stream()
            .map(ListenAddress::toString)
            .collect(Collectors.joining(", "))
        + listener.pool().map(pool -> ", else to pool " + pool).orElse("");
  }

  private static String of(Route route) {
    return route.name() + ": " + hosts(route) + " " + of(route.action()) + on(route.listeners());
  }

  private static String hosts(Route route) {
    List<String> hosts = route.match().hosts();
    return hosts.isEmpty() ? "any host" : shortened(hosts);
  }

  private static String of(Route.Action action) {
    return switch (action) {
      case Route.ToPool to -> "to pool " + to.pool();
      case Route.Split split ->
          "to pools "
              + split.targets().stream()
                  .map(target -> target.pool() + " (" + target.weight() + ")")
                  .collect(Collectors.joining(", "));
      case Route.Redirect redirect -> "redirected, " + redirect.status();
      case Route.Respond respond -> "answered, " + respond.status();
    };
  }

  private static String on(List<String> listeners) {
    return listeners.isEmpty() ? "" : ", on " + shortened(listeners);
  }

  private static String of(Pool pool) {
    return pool.name()
        + ": "
        + word(pool.algorithm())
        + " over "
        + shortened(pool.backends().stream().map(b -> b.address().toString()).toList());
  }

  /** The first few: configurations have hundreds. */
  private static String shortened(List<String> names) {
    int shown = Math.min(4, names.size());
    String first = String.join(", ", names.subList(0, shown));
    return shown < names.size() ? first + " and " + (names.size() - shown) + " more" : first;
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
