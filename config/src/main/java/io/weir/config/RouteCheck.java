package io.weir.config;

import com.google.re2j.Pattern;
import io.weir.config.Route.Redirect;
import io.weir.config.Route.Respond;
import io.weir.config.Route.Rewrite;
import io.weir.config.Route.Split;
import io.weir.config.Route.Target;
import io.weir.config.Route.ToPool;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.stream.Collectors;

/** Checks the routes. */
final class RouteCheck {
  /**
   * RFC 9110 sections 7.6.1 and 8.6, RFC 9112 section 6: these say where a message ends, and are
   * Weir's alone.
   */
  private static final Set<String> FRAMING =
      Set.of(
          "connection",
          "content-length",
          "http2-settings",
          "keep-alive",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");

  private static final java.util.regex.Pattern GROUP = java.util.regex.Pattern.compile("\\$(\\d)");

  private final Config config;
  private final Problems problems;
  private final ConfigCheck names;
  private final Set<String> listeners;
  private final Set<String> passthrough;
  private final Map<String, Pool> pools;

  RouteCheck(Config config, Problems problems, ConfigCheck names) {
    this.config = config;
    this.problems = problems;
    this.names = names;
    this.listeners = config.listeners().stream().map(Listener::name).collect(Collectors.toSet());
    this.passthrough =
        config.listeners().stream()
            .filter(listener -> listener.protocol() == Listener.Protocol.TLS_PASSTHROUGH)
            .map(Listener::name)
            .collect(Collectors.toSet());
    this.pools =
        config.pools().stream()
            .collect(Collectors.toMap(Pool::name, Function.identity(), (a, b) -> a));
  }

  void check() {
    for (int i = 0; i < config.routes().size(); i++) {
      check(config.routes().get(i), "routes[" + i + "]");
    }
    new RouteOrder(config, problems).check();
  }

  private void check(Route route, String path) {
    for (int i = 0; i < route.listeners().size(); i++) {
      String at = path + ".listeners[" + i + "]";
      names.reference(at, route.listeners().get(i), "listener", listeners);
      if (passthrough.contains(route.listeners().get(i))) {
        problems.add(at, route.listeners().get(i) + " passes TLS through and knows no requests");
      }
    }
    switch (route.action()) {
      case ToPool to -> names.pool(path + ".pool", Optional.of(to.pool()));
      case Split split -> checkSplit(split, path + ".split");
      case Redirect redirect -> checkRedirect(redirect, path + ".redirect");
      case Respond respond -> checkRespond(respond, path + ".respond");
    }
    checkForwarding(route, path);
    route.rewrite().ifPresent(rewrite -> checkRewrite(rewrite, route.match(), path + ".rewrite"));
    checkHeaders(route.requestHeaders(), path + ".request_headers");
    checkHeaders(route.responseHeaders(), path + ".response_headers");
    if (!route.timeouts().request().isZero()
        && route.timeouts().perTry().compareTo(route.timeouts().request()) > 0
        && problems.written(path + ".timeouts.per_try")) {
      problems.add(path + ".timeouts.per_try", "longer than request (expected: at most as long)");
    }
  }

  /** What is said about forwarding would be ignored silently where nothing is forwarded. */
  private void checkForwarding(Route route, String path) {
    route
        .mirror()
        .ifPresent(mirror -> names.pool(path + ".mirror.pool", Optional.of(mirror.pool())));
    if (route.action() instanceof ToPool || route.action() instanceof Split) {
      return;
    }
    for (String key :
        List.of("rewrite", "request_headers", "mirror", "timeouts", "retries", "websocket")) {
      if (problems.written(path + "." + key)) {
        problems.add(path + "." + key, "this route forwards nothing", "only with pool or split");
      }
    }
  }

  private void checkSplit(Split split, String path) {
    long total = split.targets().stream().mapToLong(Target::weight).sum();
    if (total == 0 && !problems.doubtful(path)) {
      problems.add(path, "weights add up to 0 (expected: more)");
    }
    Set<String> seen = new HashSet<>();
    Map<String, String> cookies = new HashMap<>();
    for (int i = 0; i < split.targets().size(); i++) {
      String pool = split.targets().get(i).pool();
      String at = path + "[" + i + "].pool";
      names.pool(at, Optional.of(pool));
      if (!pool.isEmpty() && !seen.add(pool)) {
        problems.add(at, pool + " is listed twice", "add its weights");
      }
      Optional.ofNullable(pools.get(pool))
          .flatMap(Pool::sticky)
          .map(sticky -> cookies.putIfAbsent(sticky.cookie(), pool))
          .filter(other -> !other.equals(pool))
          .ifPresent(other ->
              problems.add(at, pool + " and " + other + " stick by the same cookie", "rename one"));
    }
  }

  private void checkRedirect(Redirect redirect, String path) {
    if (!Set.of(301, 302, 303, 307, 308).contains(redirect.status())) {
      problems.add(path + ".status", redirect.status() + " (expected: 301, 302, 303, 307 or 308)");
    }
    if (redirect.scheme().isEmpty()
        && redirect.host().isEmpty()
        && redirect.port().isEmpty()
        && redirect.path().isEmpty()) {
      problems.add(path, "leads back to where it came from", "give scheme, host, port or path");
    }
  }

  private void checkRespond(Respond respond, String path) {
    if ((respond.status() == 204 || respond.status() == 304) && !respond.body().isEmpty()) {
      problems.add(path + ".body", "a " + respond.status() + " has no content");
    }
    checkNames(respond.headers().keySet(), path + ".headers.");
  }

  private void checkRewrite(Rewrite rewrite, Route.Match match, String path) {
    if (rewrite.prefix().isPresent() && !(match.path().orElse(null) instanceof PathMatch.Prefix)) {
      problems.add(path + ".prefix", "there is no match.path.prefix that it could replace");
    }
    if (rewrite.prefix().isPresent() && rewrite.regex().isPresent()) {
      problems.add(path, "prefix and regex (expected: one of them)");
    }
    if (rewrite.regex().isPresent() != rewrite.replacement().isPresent()
        && !problems.doubtful(path + ".regex")
        && !problems.doubtful(path + ".replacement")) {
      problems.add(path, "one of regex and replacement (expected: both)");
    }
    int groups = rewrite.regex().map(regex -> Pattern.compile(regex).groupCount()).orElse(9);
    Matcher used = GROUP.matcher(rewrite.replacement().orElse(""));
    while (used.find()) {
      if (Integer.parseInt(used.group(1)) > groups) {
        problems.add(path + ".replacement", used.group() + " (expected: at most $" + groups + ")");
      }
    }
  }

  private void checkHeaders(Route.HeaderEdits edits, String path) {
    checkNames(edits.set().keySet(), path + ".set.");
    checkNames(edits.add().keySet(), path + ".add.");
    for (int i = 0; i < edits.remove().size(); i++) {
      checkName(edits.remove().get(i), path + ".remove[" + i + "]");
    }
  }

  private void checkNames(Collection<String> headers, String path) {
    headers.forEach(name -> checkName(name, path + name));
  }

  private void checkName(String name, String path) {
    String lower = name.toLowerCase(Locale.ROOT);
    if (FRAMING.contains(lower)) {
      problems.add(path, name + " frames the message and is Weir's alone");
    } else if (lower.equals("host")) {
      problems.add(path, "Host names the target", "set rewrite.host");
    }
  }
}
