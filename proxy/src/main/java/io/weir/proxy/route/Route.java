package io.weir.proxy.route;

import io.weir.net.ClientIdentity;
import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.Head;
import io.weir.proxy.inspect.Protection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What happens to the requests that match: hosts and conditions, the action, and what changes on
 * the way. Made by {@link #named}; everything but the action has a default.
 *
 * <p>Immutable; safe in any thread.
 */
public final class Route {
  private final String name;
  private final byte[] nameBytes;
  private final List<String> hosts;
  private final RoutePredicate[] conditions;
  private final RouteAction action;
  private final @Nullable Rewrite rewrite;
  private final FieldEdits requestFields;
  private final FieldEdits responseFields;
  private final @Nullable Mirror mirror;
  private final @Nullable Protection protection;
  private final RouteLimits limits;
  private final RouteTimeouts timeouts;
  private final RetryPolicy retries;

  private Route(Builder builder, RouteAction action) {
    this.name = builder.name;
    this.nameBytes = Ascii.bytes(builder.name);
    this.hosts =
        builder.hosts.isEmpty()
            ? List.of(HostPattern.ANY)
            : builder.hosts.stream().map(h -> HostPattern.compile("hosts", h)).distinct().toList();
    this.conditions = builder.conditions.toArray(RoutePredicate[]::new);
    this.action = action;
    this.rewrite = builder.rewrite;
    this.requestFields = builder.requestFields;
    this.responseFields = builder.responseFields;
    this.mirror = builder.mirror;
    this.protection = builder.protection;
    this.limits = builder.limits;
    this.timeouts = builder.timeouts;
    this.retries = builder.retries;
  }

  /** Begins a route with this name, which logs and metrics use: visible ASCII without spaces. */
  public static Builder named(String name) {
    return new Builder(name);
  }

  /** Whether all conditions hold; the host is {@link RouteTable}'s business. */
  boolean matches(Head head, ClientIdentity client, Handshake handshake) {
    for (RoutePredicate condition : conditions) {
      if (!condition.test(head, client, handshake)) {
        return false;
      }
    }
    return true;
  }

  @Nullable RoutePredicate firstFailed(Head head, ClientIdentity client, Handshake handshake) {
    for (RoutePredicate condition : conditions) {
      if (!condition.test(head, client, handshake)) {
        return condition;
      }
    }
    return null;
  }

  /** The stable name for logs, metrics and {@code weir explain}. */
  public String name() {
    return name;
  }

  /** The name as octets; not to be changed. */
  public byte[] nameBytes() {
    return nameBytes;
  }

  /** Compiled host patterns, see {@link HostPattern}. */
  List<String> hosts() {
    return hosts;
  }

  /** What answers the request. */
  public RouteAction action() {
    return action;
  }

  /** How the target changes on its way to the backend, or null. */
  public @Nullable Rewrite rewrite() {
    return rewrite;
  }

  /** How the request's fields change on their way to the backend. */
  public FieldEdits requestFields() {
    return requestFields;
  }

  /** How the response's fields change on their way to the client. */
  public FieldEdits responseFields() {
    return responseFields;
  }

  /** Who else gets a copy of the request, or null. */
  public @Nullable Mirror mirror() {
    return mirror;
  }

  /** What the web application firewall does for its requests, or null for nothing. */
  public @Nullable Protection protection() {
    return protection;
  }

  /** What a request may be. */
  public RouteLimits limits() {
    return limits;
  }

  /** How long things may take. */
  public RouteTimeouts timeouts() {
    return timeouts;
  }

  /** What is tried again. */
  public RetryPolicy retries() {
    return retries;
  }

  @Override
  public String toString() {
    return name;
  }

  /** Collects what a route is made of. For one thread, used once. */
  public static final class Builder {
    private final String name;
    private List<String> hosts = List.of();
    private List<RoutePredicate> conditions = List.of();
    private @Nullable Rewrite rewrite;
    private FieldEdits requestFields = FieldEdits.NONE;
    private FieldEdits responseFields = FieldEdits.NONE;
    private @Nullable Mirror mirror;
    private @Nullable Protection protection;
    private RouteLimits limits = RouteLimits.DEFAULT;
    private RouteTimeouts timeouts = RouteTimeouts.DEFAULT;
    private RetryPolicy retries = RetryPolicy.DEFAULT;

    private Builder(String name) {
      if (!name.matches("[!-~]{1,128}")) {
        throw new IllegalArgumentException(
            "name: " + name + " (expected: 1 to 128 visible ASCII characters)");
      }
      this.name = name;
    }

    /** Hosts, exact ("example.com"), wildcard ("*.example.com") or any ("*", the default). */
    public Builder hosts(String... patterns) {
      hosts = List.of(patterns);
      return this;
    }

    /** Conditions that must all hold; none by default. The cheaper ones best come first. */
    public Builder when(RoutePredicate... predicates) {
      conditions = List.of(predicates);
      return this;
    }

    /** See {@link Route#rewrite}. */
    public Builder rewrite(Rewrite rewrite) {
      this.rewrite = rewrite;
      return this;
    }

    /** See {@link Route#requestFields}. */
    public Builder requestFields(FieldEdits edits) {
      requestFields = edits;
      return this;
    }

    /** See {@link Route#responseFields}. */
    public Builder responseFields(FieldEdits edits) {
      responseFields = edits;
      return this;
    }

    /** See {@link Route#mirror}. */
    public Builder mirror(Mirror mirror) {
      this.mirror = mirror;
      return this;
    }

    /** See {@link Route#protection}. */
    public Builder protection(@Nullable Protection protection) {
      this.protection = protection;
      return this;
    }

    /** See {@link Route#limits}. */
    public Builder limits(RouteLimits limits) {
      this.limits = limits;
      return this;
    }

    /** See {@link Route#timeouts}. */
    public Builder timeouts(RouteTimeouts timeouts) {
      this.timeouts = timeouts;
      return this;
    }

    /** See {@link Route#retries}. */
    public Builder retries(RetryPolicy retries) {
      this.retries = retries;
      return this;
    }

    /**
     * The route with this action.
     *
     * @throws IllegalArgumentException if a host is not one
     */
    public Route then(RouteAction action) {
      return new Route(this, action);
    }
  }
}
