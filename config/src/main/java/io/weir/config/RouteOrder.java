package io.weir.config;

import io.weir.config.Route.HeaderMatch;
import io.weir.config.Route.Match;
import io.weir.config.Route.QueryMatch;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;

/**
 * Finds routes that no request can reach because an earlier one takes all of theirs. Compares
 * condition by condition, so it never reports wrongly, but does not see what only several earlier
 * routes together take.
 */
final class RouteOrder {
  /**
   * Pairs that are compared: all of 2,000 routes; a file of a hundred thousand must not take hours.
   */
  private static final int MOST_PAIRS = 2_000_000;

  private final Config config;
  private final Problems problems;

  RouteOrder(Config config, Problems problems) {
    this.config = config;
    this.problems = problems;
  }

  void check() {
    List<Route> routes = config.routes();
    int pairs = 0;
    for (int later = 1; later < routes.size(); later++) {
      for (int earlier = 0; earlier < later && pairs++ < MOST_PAIRS; earlier++) {
        if (covers(routes.get(earlier), routes.get(later)) && certain(earlier) && certain(later)) {
          int line = problems.lineOf("routes[" + earlier + "]");
          problems.add(
              "routes[" + later + "]",
              "never reached: the route "
                  + routes.get(earlier).name()
                  + " on line "
                  + line
                  + " matches all that it matches",
              "move it before that route");
          break;
        }
      }
    }
  }

  /**
   * Conditions that were wrong were left out, which would make the route look wider than it is
   * meant.
   */
  private boolean certain(int route) {
    return !problems.doubtfulWithin("routes[" + route + "]");
  }

  private boolean covers(Route wide, Route narrow) {
    Match w = wide.match();
    Match n = narrow.match();
    return coversPath(w.path(), n.path())
        && coversHosts(w.hosts(), n.hosts())
        && coversEach(w.methods(), n.methods(), String::equals)
        && coversEach(
            w.clients(), n.clients(), (a, b) -> a.bits() <= b.bits() && a.contains(b.address()))
        && coversEach(w.sni(), n.sni(), Hosts::covers)
        && coversEach(w.ja3(), n.ja3(), String::equals)
        && coversEach(w.ja4(), n.ja4(), String::equals)
        && lowerHeaders(n.headers()).containsAll(lowerHeaders(w.headers()))
        && new HashSet<QueryMatch>(n.queries()).containsAll(w.queries())
        && listeners(wide).containsAll(listeners(narrow));
  }

  /**
   * The routes of a narrower host are asked before those of a wider one, so only the same hosts are
   * taken away.
   */
  private static boolean coversHosts(List<String> wide, List<String> narrow) {
    return wide.isEmpty() == narrow.isEmpty()
        && narrow.stream().allMatch(n -> wide.stream().anyMatch(n::equalsIgnoreCase));
  }

  private static <T> boolean coversEach(List<T> wide, List<T> narrow, BiPredicate<T, T> covers) {
    return wide.isEmpty()
        || (!narrow.isEmpty()
            && narrow.stream().allMatch(n -> wide.stream().anyMatch(w -> covers.test(w, n))));
  }

  private static boolean coversPath(Optional<PathMatch> wide, Optional<PathMatch> narrow) {
    if (wide.isEmpty() || narrow.isEmpty()) {
      return wide.isEmpty();
    }
    return switch (wide.get()) {
      case PathMatch.Prefix w ->
          switch (narrow.get()) {
            case PathMatch.Prefix n -> isBelow(n.value(), w.value());
            case PathMatch.Exact n -> isBelow(n.value(), w.value());
            case PathMatch.Regex n -> w.value().equals("/");
          };
      case PathMatch.Exact w -> w.equals(narrow.get());
      case PathMatch.Regex w -> w.equals(narrow.get());
    };
  }

  private static boolean isBelow(String path, String prefix) {
    String folder = prefix.endsWith("/") ? prefix : prefix + "/";
    return path.equals(prefix) || path.startsWith(folder);
  }

  private static Set<HeaderMatch> lowerHeaders(List<HeaderMatch> headers) {
    Set<HeaderMatch> lower = new HashSet<>();
    headers.forEach(h -> lower.add(new HeaderMatch(h.name().toLowerCase(Locale.ROOT), h.value())));
    return lower;
  }

  private Collection<String> listeners(Route route) {
    return route.listeners().isEmpty()
        ? config.listeners().stream().map(Listener::name).toList()
        : route.listeners();
  }
}
