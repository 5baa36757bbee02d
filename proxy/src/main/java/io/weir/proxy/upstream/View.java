package io.weir.proxy.upstream;

import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.Head;
import io.weir.proxy.upstream.PoolSettings.Balancing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A pool as one request sees it from beginning to end: settings, members, and the candidates now.
 * Immutable; the pool publishes a new one whenever something changes.
 */
final class View {
  final PoolSettings settings;
  final Candidates candidates;
  final Balancer balancer;

  /** Whether so few are well that health is not believed. */
  final boolean panicking;

  private final Backend[] members;
  private final List<Level> levels;
  private final Level everyone;
  private final byte[] cookieName;
  private final boolean timed;
  private final long nextChange;

  /** The view of a configuration. */
  static View of(PoolSettings settings, List<Backend> configured, long now) {
    Backend[] members = configured.toArray(Backend[]::new);
    Balancing balancing = settings.balancing();
    List<Level> levels = levels(members, balancing);
    Level everyone =
        levels.size() == 1
            ? levels.getFirst()
            : level(members, balancing, member -> member.settings().weight() > 0);
    return new View(settings, members, levels, everyone, now);
  }

  /** The same configuration after a change of its members. */
  View refreshed(long now) {
    return new View(settings, members, levels, everyone, now);
  }

  private View(
      PoolSettings settings, Backend[] members, List<Level> levels, Level everyone, long now) {
    Balancing balancing = settings.balancing();
    StickyCookie cookie = balancing.stickyCookie();
    this.settings = settings;
    this.members = members;
    this.levels = levels;
    this.everyone = everyone;
    this.balancer = balancing.algorithm().balancer();
    this.cookieName = cookie == null ? new byte[0] : Ascii.bytes(cookie.name());

    long slowStart = slowStart(members, balancing, now);
    long wait = untilNextChange(members, slowStart, now);
    this.timed = wait < Long.MAX_VALUE;
    this.nextChange = now + wait;

    Level level = firstWell(levels, balancing);
    int panic = balancing.panicPercent();
    this.panicking = level == null && panic > 0 && !everyone.hasShare(panic);
    Predicate<Backend> admits =
        panicking ? member -> !member.isDraining() : member -> member.isEligible();
    this.candidates = new Candidates(level == null ? everyone : level, admits, slowStart);
  }

  /** Groups in the order in which they are asked: for each priority own zone, then all zones. */
  private static List<Level> levels(Backend[] members, Balancing balancing) {
    List<Level> levels = new ArrayList<>();
    IntStream priorities = Arrays.stream(members).mapToInt(m -> m.settings().priority());
    for (int priority : priorities.sorted().distinct().toArray()) {
      Predicate<Backend> group =
          m -> m.settings().priority() == priority && m.settings().weight() > 0;
      if (!balancing.crossZone() && !balancing.zone().isEmpty()) {
        String zone = balancing.zone();
        levels.add(level(members, balancing, group.and(m -> m.settings().zone().equals(zone))));
      }
      levels.add(level(members, balancing, group));
    }
    return List.copyOf(levels);
  }

  private static Level level(Backend[] members, Balancing balancing, Predicate<Backend> admits) {
    Backend[] admitted = Arrays.stream(members).filter(admits).toArray(Backend[]::new);
    return Level.of(admitted, balancing.algorithm());
  }

  private static @Nullable Level firstWell(List<Level> levels, Balancing balancing) {
    int enough = Math.max(balancing.failoverPercent(), balancing.panicPercent());
    for (Level level : levels) {
      if (level.hasShare(enough)) {
        return level;
      }
    }
    return null;
  }

  /** Length of the slow start where some member is in it, else 0. */
  private static long slowStart(Backend[] members, Balancing balancing, long now) {
    long length = balancing.slowStartNanos();
    for (Backend member : members) {
      if (length > 0 && member.rampEnd(length) - now > 0) {
        return length;
      }
    }
    return 0;
  }

  /** Nanoseconds until an ejection or a slow start ends; {@link Long#MAX_VALUE} for never. */
  private static long untilNextChange(Backend[] members, long slowStart, long now) {
    long wait = Long.MAX_VALUE;
    for (Backend member : members) {
      if (member.isEjected()) {
        wait = Math.min(wait, member.ejectionLeft(now));
      }
      if (slowStart > 0 && member.rampEnd(slowStart) - now > 0) {
        wait = Math.min(wait, member.rampEnd(slowStart) - now);
      }
    }
    return wait;
  }

  /** Whether time alone has changed who may be chosen. */
  boolean isStale(long now) {
    return timed && now - nextChange >= 0;
  }

  List<Backend> members() {
    return List.of(members);
  }

  /** The backend that the request's cookie pins it to, whatever its group, zone and weight. */
  @Nullable Backend pinned(Head request) {
    long value = cookieName.length == 0 ? 0 : StickyCookie.valueIn(request, cookieName);
    if (value == 0) {
      return null;
    }
    for (Backend member : members) {
      StickyCookie.Pin pin = member.pin();
      if (pin != null && pin.value() == value) {
        return member;
      }
    }
    return null;
  }

  /** Whether a request pinned to this backend may go there. */
  boolean admitsPinned(Backend backend) {
    return panicking ? !backend.isDraining() : backend.isEligible();
  }
}
