package io.weir.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.weir.policy.CircuitLimits;
import io.weir.policy.OutlierLimits;
import io.weir.proxy.upstream.PoolSettings.Balancing;
import io.weir.proxy.upstream.PoolSettings.Connections;
import io.weir.proxy.upstream.PoolSettings.Resilience;
import io.weir.proxy.upstream.StickyCookie.SameSite;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.IntUnaryOperator;
import java.util.function.Predicate;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Any sequence of reloads, health changes, failures and passing time, against a model that works
 * out at every request, from the rules as the documentation has them, which backends may take it.
 * The pool has to choose one of those, whenever there is one.
 */
class PoolFuzzer {
  private static final String HERE = "here";
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final OutlierLimits LIMITS = new OutlierLimits(3, 2, 5 * SECOND, 20 * SECOND, 40);
  private static final StickyCookie COOKIE =
      new StickyCookie(
          "W",
          new SecretKeySpec("k".getBytes(StandardCharsets.US_ASCII), "x"),
          "/",
          0,
          SameSite.LAX);

  /** What the model knows about a backend. */
  private static final class Member {
    BackendSettings settings;
    final Backend backend;
    boolean healthy = true;
    int inFlight;

    Member(BackendSettings settings, Backend backend) {
      this.settings = settings;
      this.backend = backend;
    }

    boolean isEligible(long now) {
      return healthy && !settings.drain() && !backend.snapshot(now).ejected();
    }
  }

  private final Pool pool = new Pool("p", 2, 1, 0);
  private final Map<String, Member> members = new TreeMap<>();
  private final Map<Backend, Member> leaving = new HashMap<>();
  private Balancing balancing = Balancing.DEFAULTS;
  private long now;

  @FuzzTest
  void choosesWhatTheModelAllows(FuzzedDataProvider data) {
    PoolFuzzer run = new PoolFuzzer();
    for (int step = 0; step < 300 && data.remainingBytes() > 0; step++) {
      run.step(bound -> data.consumeInt(0, bound - 1));
    }
  }

  @Test
  void choosesWhatTheModelAllowsInManyRandomLives() {
    for (int seed = 0; seed < 300; seed++) {
      PoolFuzzer run = new PoolFuzzer();
      Random random = new Random(seed);
      for (int step = 0; step < 300; step++) {
        run.step(random::nextInt);
      }
    }
  }

  private void step(IntUnaryOperator choice) {
    switch (choice.applyAsInt(8)) {
      case 0 -> reload(choice);
      case 1 -> anyone(choice, this::turnHealth);
      case 2 -> anyone(choice, member -> fail(member, choice.applyAsInt(4)));
      case 3 -> now += choice.applyAsInt(12) * SECOND / 2;
      default -> request(choice);
    }
    check();
  }

  private void anyone(IntUnaryOperator choice, java.util.function.Consumer<Member> action) {
    if (!members.isEmpty()) {
      action.accept(List.copyOf(members.values()).get(choice.applyAsInt(members.size())));
    }
  }

  private void turnHealth(Member member) {
    member.healthy = !member.healthy;
    member.backend.setHealthy(member.healthy, now);
  }

  private void fail(Member member, int times) {
    for (int i = 0; i < times; i++) {
      member.backend.began(0);
      member.backend.ended(0, Outcome.RESET, now);
    }
  }

  private void reload(IntUnaryOperator choice) {
    balancing =
        new Balancing(
            Algorithm.values()[choice.applyAsInt(Algorithm.values().length)],
            HashSource.clientAddress(),
            choice.applyAsInt(2) == 0 ? COOKIE : null,
            choice.applyAsInt(3) * (3 * SECOND),
            choice.applyAsInt(3) * 40,
            choice.applyAsInt(3) * 40,
            choice.applyAsInt(2) == 0,
            choice.applyAsInt(2) == 0 ? HERE : "");
    List<BackendSettings> wanted = new ArrayList<>();
    int count = choice.applyAsInt(7);
    for (int i = 0; i < count; i++) {
      wanted.add(
          new BackendSettings(
              "b" + i,
              PoolFixture.address(i + 10 * (choice.applyAsInt(8) / 7)),
              choice.applyAsInt(4),
              choice.applyAsInt(2) == 0 ? HERE : "there",
              choice.applyAsInt(2),
              choice.applyAsInt(6) == 0));
    }
    pool.update(
        new PoolSettings(
            balancing, Connections.DEFAULTS, new Resilience(LIMITS, CircuitLimits.NONE, 0.2, 1)),
        wanted,
        now);
    remember(wanted);
  }

  private void remember(List<BackendSettings> wanted) {
    Map<String, Member> old = new TreeMap<>(members);
    members.clear();
    for (BackendSettings settings : wanted) {
      Member member = known(settings, old);
      if (member == null) {
        Backend backend =
            pool.backends().stream()
                .filter(b -> b.name().equals(settings.name()))
                .findFirst()
                .orElseThrow();
        member = new Member(settings, backend);
      }
      member.settings = settings;
      members.put(settings.name(), member);
    }
    old.values().forEach(member -> leaving.put(member.backend, member));
    leaving.values().removeIf(member -> member.inFlight == 0);
  }

  private @Nullable Member known(BackendSettings settings, Map<String, Member> old) {
    Predicate<Member> same =
        m ->
            m.settings.name().equals(settings.name())
                && m.settings.address().equals(settings.address());
    Member member = old.get(settings.name());
    if (member != null && same.test(member)) {
      old.remove(settings.name());
      return member;
    }
    Member left = leaving.values().stream().filter(same).findFirst().orElse(null);
    if (left != null) {
      leaving.remove(left.backend);
    }
    return left;
  }

  private void request(IntUnaryOperator choice) {
    Tried tried = new Tried();
    for (Member member : members.values()) {
      if (choice.applyAsInt(8) == 0) {
        tried.add(member.backend);
      }
    }
    var client = PoolFixture.client("192.0.2." + choice.applyAsInt(256));
    Collection<Member> allowed = allowed();
    Backend chosen = pool.select(PoolFixture.head(""), client, choice.applyAsInt(2), now, tried);
    if (allowed.isEmpty()) {
      assertThat(chosen).isNull();
      return;
    }
    Backend backend = Objects.requireNonNull(chosen);
    assertThat(allowed).extracting(member -> member.backend).contains(backend);
    assertThat(tried.contains(backend))
        .isEqualTo(allowed.stream().allMatch(member -> tried.contains(member.backend)));
    pin(backend);
    if (choice.applyAsInt(2) == 0) {
      backend.began(1);
      Objects.requireNonNull(members.get(backend.name())).inFlight++;
    }
  }

  /** The next request of a client pinned to this backend goes there. */
  private void pin(Backend backend) {
    byte[] cookie = pool.stickyCookie(PoolFixture.head(""), backend, false);
    assertThat(cookie == null).isEqualTo(balancing.stickyCookie() == null);
    if (cookie != null) {
      String text = new String(cookie, StandardCharsets.US_ASCII);
      var pinned = PoolFixture.head("", "cookie", text.substring(0, text.indexOf(';')));
      var client = PoolFixture.client("2001:db8::1");
      assertThat(pool.select(pinned, client, 0, now, new Tried())).isSameAs(backend);
    }
  }

  /** The rules, without any cleverness. */
  private Collection<Member> allowed() {
    List<Member> weighted = members.values().stream().filter(m -> m.settings.weight() > 0).toList();
    List<Integer> priorities =
        weighted.stream().map(m -> m.settings.priority()).distinct().sorted().toList();
    int enough = Math.max(balancing.panicPercent(), balancing.failoverPercent());
    for (int priority : priorities) {
      List<Member> group =
          weighted.stream().filter(m -> m.settings.priority() == priority).toList();
      List<Member> local = group.stream().filter(m -> m.settings.zone().equals(HERE)).toList();
      if (!balancing.crossZone() && balancing.zone().equals(HERE) && share(local) >= enough) {
        return eligible(local);
      }
      if (share(group) >= enough) {
        return eligible(group);
      }
    }
    if (balancing.panicPercent() > 0 && share(weighted) < balancing.panicPercent()) {
      return weighted.stream().filter(m -> !m.settings.drain()).toList();
    }
    return eligible(weighted);
  }

  private List<Member> eligible(List<Member> group) {
    return group.stream().filter(m -> m.isEligible(now)).toList();
  }

  /** Percentage of those in service that are eligible; -1 for none. */
  private double share(List<Member> group) {
    long inService = group.stream().filter(m -> !m.settings.drain()).count();
    int eligible = eligible(group).size();
    return eligible == 0 ? -1 : 100.0 * eligible / inService;
  }

  private void check() {
    assertThat(pool.backends())
        .isSortedAccordingTo(Comparator.comparing(Backend::name))
        .containsExactlyElementsOf(members.values().stream().map(m -> m.backend).toList());
    members.values().forEach(m -> assertThat(m.backend.state()).isEqualTo(state(m)));
    members.values().forEach(m -> assertThat(m.backend.inFlight()).isEqualTo(m.inFlight));
    assertThat(pool.leaving()).containsExactlyInAnyOrderElementsOf(leaving.keySet());
    leaving.keySet().forEach(b -> assertThat(b.state()).isEqualTo(BackendState.DRAINING));
  }

  private static BackendState state(Member member) {
    if (member.settings.drain()) {
      return BackendState.DRAINING;
    }
    return member.healthy ? BackendState.HEALTHY : BackendState.UNHEALTHY;
  }
}
