package io.weir.control;

import io.weir.config.Config;
import io.weir.config.Listener;
import io.weir.config.PathMatch;
import io.weir.config.Route.HeaderEdits;
import io.weir.config.Route.Match;
import io.weir.config.Route.RetryOn;
import io.weir.config.Route.Scheme;
import io.weir.config.Route.Split;
import io.weir.config.Route.ToPool;
import io.weir.config.SniRule;
import io.weir.config.Waf;
import io.weir.control.Live.LivePool;
import io.weir.proxy.http.HeadLimits;
import io.weir.proxy.inspect.Protection;
import io.weir.proxy.route.FieldEdits;
import io.weir.proxy.route.Mirror;
import io.weir.proxy.route.PathEdit;
import io.weir.proxy.route.Redirect;
import io.weir.proxy.route.Respond;
import io.weir.proxy.route.RetryPolicy;
import io.weir.proxy.route.Rewrite;
import io.weir.proxy.route.Route;
import io.weir.proxy.route.RouteAction;
import io.weir.proxy.route.RouteLimits;
import io.weir.proxy.route.RoutePredicate;
import io.weir.proxy.route.RouteTable;
import io.weir.proxy.route.RouteTimeouts;
import io.weir.proxy.route.ValueMatch;
import io.weir.proxy.route.WeightedPools;
import io.weir.proxy.upstream.Pool;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Compiles the routes of a listener: the configured ones in their order, then those that follow
 * from its {@code sni_routing} and its {@code pool}. What follows is named in parentheses, which a
 * configured name cannot contain.
 */
final class RouteCompiler {
  private static final Respond NOTHING_HERE =
      new Respond(404, "text/plain", new byte[0], FieldEdits.NONE);

  private final Config config;
  private final Complaints complaints;
  private final Map<String, LivePool> pools;
  private final WafCompiler waf;

  RouteCompiler(
      Config config, Complaints complaints, Map<String, LivePool> pools, WafCompiler waf) {
    this.config = config;
    this.complaints = complaints;
    this.pools = pools;
    this.waf = waf;
  }

  /** The routes of one listener that speaks HTTP. */
  RouteTable compile(Listener listener, String path) {
    List<Route> routes = new ArrayList<>();
    for (int i = 0; i < config.routes().size(); i++) {
      io.weir.config.Route route = config.routes().get(i);
      if (route.listeners().isEmpty() || route.listeners().contains(listener.name())) {
        String place = "routes[" + i + "]";
        add(routes, place, () -> route(route, place, listener, path));
      }
    }
    addImplied(routes, listener, path);
    RouteTable table = complaints.attempt(path, () -> new RouteTable(routes));
    return table == null ? RouteTable.EMPTY : table;
  }

  private void add(List<Route> routes, String path, Complaints.Attempt<Route> attempt) {
    Route route = complaints.attempt(path, attempt);
    if (route != null) {
      routes.add(route);
    }
  }

  private @Nullable Route route(
      io.weir.config.Route route, String place, Listener listener, String listenerPlace) {
    RouteAction action = action(route);
    if (action == null) {
      return null; // its pool could not be made, which has been said
    }
    Route.Builder builder =
        Route.named(route.name().intern())
            .hosts(route.match().hosts().toArray(String[]::new))
            .when(conditions(route.match()))
            .requestFields(edits(route.requestHeaders()))
            .responseFields(edits(route.responseHeaders()))
            .protection(
                complaints.written(place + ".waf")
                    ? protection(route.waf(), place)
                    : protection(listener.waf(), listenerPlace))
            .limits(limits(route.limits(), route.websocket(), listener))
            .timeouts(timeouts(route.timeouts()))
            .retries(retries(route.retries()));
    route.rewrite().ifPresent(rewrite -> builder.rewrite(rewrite(rewrite, route.match())));
    route.mirror().ifPresent(mirror -> mirror(mirror, builder));
    return builder.then(action);
  }

  /** Of a route or listener; what does not stand there stands at the top. */
  private @Nullable Protection protection(Optional<Waf> block, String place) {
    String own = place + ".waf";
    return waf.compile(block, complaints.written(own) ? own : "waf");
  }

  // ------------------------------------------------------------------ match

  /** The cheap conditions first. */
  private static RoutePredicate[] conditions(Match match) {
    List<RoutePredicate> conditions = new ArrayList<>();
    if (!match.methods().isEmpty()) {
      conditions.add(RoutePredicate.methods(match.methods()));
    }
    match.path().ifPresent(path -> conditions.add(path(path)));
    if (!match.sni().isEmpty()) {
      conditions.add(RoutePredicate.sni(match.sni()));
    }
    if (!match.ja3().isEmpty()) {
      conditions.add(RoutePredicate.ja3(match.ja3()));
    }
    if (!match.ja4().isEmpty()) {
      conditions.add(RoutePredicate.ja4(match.ja4()));
    }
    if (!match.clients().isEmpty()) {
      conditions.add(RoutePredicate.clients(match.clients()));
    }
    match.headers().forEach(h -> conditions.add(RoutePredicate.header(h.name(), value(h.value()))));
    match.queries().forEach(q -> conditions.add(RoutePredicate.query(q.name(), value(q.value()))));
    return conditions.toArray(RoutePredicate[]::new);
  }

  private static RoutePredicate path(PathMatch path) {
    return switch (path) {
      case PathMatch.Exact exact -> RoutePredicate.pathExact(exact.value());
      case PathMatch.Prefix prefix -> RoutePredicate.pathPrefix(prefix.value());
      case PathMatch.Regex regex -> RoutePredicate.pathRegex(regex.value());
    };
  }

  private static ValueMatch value(io.weir.config.ValueMatch value) {
    return switch (value) {
      case io.weir.config.ValueMatch.Exact exact -> ValueMatch.exact(exact.value());
      case io.weir.config.ValueMatch.Prefix prefix -> ValueMatch.prefix(prefix.value());
      case io.weir.config.ValueMatch.Regex regex -> ValueMatch.regex(regex.value());
      case io.weir.config.ValueMatch.Present present ->
          present.value() ? ValueMatch.PRESENT : ValueMatch.ABSENT;
    };
  }

  // ------------------------------------------------------------------ action

  private @Nullable RouteAction action(io.weir.config.Route route) {
    return switch (route.action()) {
      case ToPool to -> toPool(to.pool());
      case Split split -> split(split);
      case io.weir.config.Route.Redirect redirect -> redirect(redirect);
      case io.weir.config.Route.Respond respond ->
          new Respond(
              respond.status(),
              respond.contentType(),
              respond.body().getBytes(StandardCharsets.UTF_8),
              new FieldEdits(fields(respond.headers()), List.of(), List.of()));
    };
  }

  private @Nullable WeightedPools toPool(String name) {
    Pool pool = pool(name);
    return pool == null ? null : WeightedPools.of(pool);
  }

  private @Nullable Pool pool(String name) {
    LivePool pool = pools.get(name);
    return pool == null ? null : pool.pool();
  }

  private @Nullable WeightedPools split(Split split) {
    List<WeightedPools.Share> shares = new ArrayList<>();
    for (io.weir.config.Route.Target target : split.targets()) {
      Pool pool = pool(target.pool());
      if (pool == null) {
        return null;
      }
      shares.add(new WeightedPools.Share(pool, target.weight()));
    }
    return new WeightedPools(shares);
  }

  private static Redirect redirect(io.weir.config.Route.Redirect redirect) {
    return new Redirect(
        redirect.status(),
        redirect.scheme().map(scheme -> scheme == Scheme.HTTPS).orElse(null),
        redirect.host().orElse(null),
        redirect.port().orElse(0),
        redirect.path().map(PathEdit::replaceAll).orElse(PathEdit.KEEP),
        redirect.keepQuery());
  }

  // ------------------------------------------------------------------ what changes on the way

  private static Rewrite rewrite(io.weir.config.Route.Rewrite rewrite, Match match) {
    PathEdit edit = PathEdit.KEEP;
    if (rewrite.prefix().isPresent()
        && match.path().orElse(null) instanceof PathMatch.Prefix prefix) {
      edit = PathEdit.replacePrefix(prefix.value(), rewrite.prefix().get());
    } else if (rewrite.regex().isPresent()) {
      edit = PathEdit.replaceRegex(rewrite.regex().get(), rewrite.replacement().orElse(""));
    }
    return new Rewrite(edit, rewrite.host().orElse(null));
  }

  private static FieldEdits edits(HeaderEdits edits) {
    return new FieldEdits(fields(edits.set()), fields(edits.add()), edits.remove());
  }

  private static List<FieldEdits.Field> fields(Map<String, String> fields) {
    return fields.entrySet().stream()
        .map(field -> new FieldEdits.Field(field.getKey(), field.getValue()))
        .toList();
  }

  private void mirror(io.weir.config.Route.Mirror mirror, Route.Builder builder) {
    Pool pool = pool(mirror.pool());
    if (pool != null) {
      builder.mirror(new Mirror(pool, mirror.percent()));
    }
  }

  private static RouteLimits limits(
      io.weir.config.Route.RouteLimits limits, boolean webSocket, Listener listener) {
    return new RouteLimits(
        limits.body().orElse(listener.limits().body()).bytes(), webSocket, head(limits, listener));
  }

  /** Of a route that nobody wrote. */
  private static RouteLimits impliedLimits(Listener listener) {
    return new RouteLimits(listener.limits().body().bytes(), true, null);
  }

  /** The listener's sizes hold for every request, so only smaller ones are worth a look. */
  private static @Nullable HeadLimits head(
      io.weir.config.Route.RouteLimits limits, Listener listener) {
    HeadLimits widest = SnapshotCompiler.limits(listener.limits());
    HeadLimits wanted =
        new HeadLimits(
            limits
                .requestLineBytes()
                .map(size -> Math.min((int) size.bytes(), widest.requestLineBytes()))
                .orElse(widest.requestLineBytes()),
            limits
                .headerBytes()
                .map(size -> Math.min((int) size.bytes(), widest.headBytes()))
                .orElse(widest.headBytes()),
            limits
                .headers()
                .map(fields -> Math.min(fields, widest.fields()))
                .orElse(widest.fields()));
    return wanted.equals(widest) ? null : wanted;
  }

  private static RouteTimeouts timeouts(io.weir.config.Route.Timeouts timeouts) {
    return new RouteTimeouts(
        timeouts.request().toNanos(),
        timeouts.perTry().toNanos(),
        timeouts.idle().toNanos(),
        timeouts.tunnelIdle().toNanos());
  }

  private static RetryPolicy retries(io.weir.config.Route.Retries retries) {
    Set<Integer> statuses =
        retries.on().stream()
            .map(RetryOn::label)
            .filter(label -> label.matches("[0-9]+"))
            .map(Integer::valueOf)
            .collect(Collectors.toSet());
    return new RetryPolicy(
        retries.attempts(),
        retries.on().contains(RetryOn.CONNECT_FAILURE),
        retries.on().contains(RetryOn.RESET),
        retries.on().contains(RetryOn.TIMEOUT),
        statuses);
  }

  // ------------------------------------------------------------------ routes that follow

  /**
   * A server name's own pool, the more specific names first, then the pool for everything else. A
   * name without a pool of its own has the listener's, never the one for other names.
   */
  private void addImplied(List<Route> routes, Listener listener, String path) {
    Optional<String> others =
        listener.protocol() == Listener.Protocol.HTTPS
            ? TlsCompiler.serving(listener).flatMap(SniRule.Default::pool)
            : Optional.empty();
    if (listener.protocol() == Listener.Protocol.HTTPS) {
      listener.sniRouting().stream()
          .filter(rule -> rule.sni().isPresent())
          .filter(rule -> rule.pool().isPresent() || others.isPresent())
          .sorted(Comparator.comparingInt(RouteCompiler::breadth))
          .forEach(rule -> {
            String name = rule.sni().orElseThrow();
            Optional<String> pool = rule.pool().or(listener::pool);
            RoutePredicate condition = RoutePredicate.sni(List.of(name));
            addImplied(routes, "(sni:" + name + ")", pool, listener, path, condition);
          });
    }
    Optional<String> last = others.or(listener::pool);
    if (last.isPresent()) {
      addImplied(routes, others.isPresent() ? "(sni:default)" : "(pool)", last, listener, path);
    }
  }

  /** Exact names before wildcards, longer wildcards before shorter. */
  private static int breadth(SniRule rule) {
    String name = rule.sni().orElse("");
    return name.startsWith("*.") ? 1000 - name.length() : 0;
  }

  private void addImplied(
      List<Route> routes,
      String name,
      Optional<String> pool,
      Listener listener,
      String path,
      RoutePredicate... conditions) {
    RouteAction action = pool.isPresent() ? toPool(pool.get()) : NOTHING_HERE;
    if (action != null) {
      Route.Builder builder =
          Route.named(name.intern())
              .when(conditions)
              .protection(protection(listener.waf(), path))
              .limits(impliedLimits(listener));
      add(routes, path, () -> builder.then(action));
    }
  }
}
