package io.weir.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.weir.proxy.http.Head;
import io.weir.proxy.upstream.PoolSettings.Balancing;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class MaglevTest {
  private static final int KEYS = 5000;
  private final PoolFixture pools = new PoolFixture(Algorithm.MAGLEV);

  /** The backend of each key. */
  private Map<Integer, String> homes() {
    Map<Integer, String> homes = new HashMap<>();
    for (int key = 0; key < KEYS; key++) {
      homes.put(key, pools.from("203.0." + key / 256 + "." + key % 256).selected());
    }
    return homes;
  }

  private static long moved(Map<Integer, String> before, Map<Integer, String> after) {
    return before.keySet().stream()
        .filter(k -> !Objects.equals(before.get(k), after.get(k)))
        .count();
  }

  /** Where, of two assignments, only the keys of one backend differ. */
  private static void assertOnlyMovesKeysOf(
      String backend, Map<Integer, String> before, Map<Integer, String> after) {
    before.forEach((key, home) -> {
      if (home.equals(backend)) {
        assertThat(after.get(key)).isNotEqualTo(backend);
      } else {
        assertThat(after.get(key)).isEqualTo(home);
      }
    });
  }

  private static Map<String, Integer> count(Map<Integer, String> homes) {
    Map<String, Integer> counts = new TreeMap<>();
    homes.values().forEach(home -> counts.merge(home, 1, Integer::sum));
    return counts;
  }

  private static Map<Character, Integer> places(char[] table) {
    Map<Character, Integer> places = new TreeMap<>();
    for (char member : table) {
      places.merge(member, 1, Integer::sum);
    }
    return places;
  }

  private void addTen() {
    for (int i = 0; i < 10; i++) {
      pools.add("backend-" + i, 1);
    }
    pools.reload();
  }

  private char[] table() {
    return Maglev.table(pools.pool.backends().toArray(Backend[]::new));
  }

  @Test
  void givesEqualMembersEqualPlaces() {
    addTen();
    assertThat(places(table()).values()).allMatch(count -> count == 6553 || count == 6554);
  }

  @Test
  void givesPlacesByWeightToWithinAPercent() {
    pools.add("a", 1).add("b", 2).add("c", 7).reload();
    Map<Character, Integer> places = places(table());
    assertThat(places.get((char) 0)).isCloseTo(6554, within(66));
    assertThat(places.get((char) 1)).isCloseTo(13107, within(131));
    assertThat(places.get((char) 2)).isCloseTo(45876, within(459));
  }

  @Test
  void buildsTheSameTableWhateverTheOrderOfTheConfiguration() {
    pools.add("a", "b", "c").reload();
    Map<Integer, String> before = homes();
    pools.remove("a").remove("b").add("b", 1).reload();
    PoolFixture other = new PoolFixture(Algorithm.MAGLEV, 7).add("c", "a", "b").reload();
    for (int key = 0; key < KEYS; key++) {
      assertThat(other.from("203.0." + key / 256 + "." + key % 256).selected())
          .isEqualTo(before.get(key));
    }
  }

  @Test
  void movesFewKeysWhenAMemberIsRemoved() {
    addTen();
    Map<Integer, String> before = homes();
    pools.remove("backend-3").reload();
    long own = before.values().stream().filter("backend-3"::equals).count();
    assertThat(moved(before, homes()) - own).isLessThan(KEYS * 5 / 100);
  }

  @Test
  void movesOnlyTheKeysOfOneThatGoesDown() {
    addTen();
    Map<Integer, String> before = homes();
    pools.down("backend-3");
    assertOnlyMovesKeysOf("backend-3", before, homes());
  }

  @Test
  void bringsTheKeysBackWithTheirBackend() {
    addTen();
    Map<Integer, String> before = homes();
    pools.down("backend-3", "backend-7").up("backend-3").up("backend-7");
    assertThat(homes()).isEqualTo(before);
  }

  @Test
  void spreadsTheKeysOfOneThatIsDownOverAllOthers() {
    addTen();
    Map<Integer, String> before = homes();
    pools.down("backend-3");
    Map<Integer, String> after = homes();
    before.values().removeIf(home -> !home.equals("backend-3"));
    after.keySet().retainAll(before.keySet());
    assertThat(count(after)).hasSize(9);
    int fair = before.size() / 9;
    assertThat(count(after).values()).allMatch(count -> count > fair / 2 && count < fair * 2);
  }

  @Test
  void findsTheOneThatIsUpAmongMany() {
    for (int i = 0; i < 300; i++) {
      pools.add("backend-" + i, 1);
    }
    pools.reload();
    for (int i = 0; i < 300; i++) {
      if (i != 123) {
        pools.down("backend-" + i);
      }
    }
    assertThat(count(homes())).isEqualTo(Map.of("backend-123", KEYS));
  }

  @Test
  void triesAnotherThanTheTried() {
    pools.add("a", "b", "c").reload();
    String home = pools.selected();
    pools.tried.add(pools.backend(home));
    String second = pools.selected();
    assertThat(second).isNotEqualTo(home);
    assertThat(pools.counts(10)).isEqualTo(Map.of(second, 10));
    pools.tried.add(pools.backend(second));
    assertThat(pools.selected()).isNotIn(home, second);
  }

  @Test
  void keepsTheAddressesOfOneIpv6NetworkTogether() {
    addTen();
    String home = pools.from("2001:db8:1:2::1").selected();
    for (int i = 2; i < 50; i++) {
      assertThat(pools.from("2001:db8:1:2:ffff::" + i).selected()).isEqualTo(home);
    }
  }

  @Test
  void spreadsIpv6Networks() {
    addTen();
    Map<String, Integer> counts = new TreeMap<>();
    for (int i = 0; i < 1000; i++) {
      String network = "2001:db8:" + Integer.toHexString(i) + "::1";
      counts.merge(pools.from(network).selected(), 1, Integer::sum);
    }
    assertThat(counts).hasSize(10).allSatisfy((b, count) -> assertThat(count).isBetween(60, 140));
  }

  @Test
  void slowStartTakesEverMoreOfTheSameKeys() {
    Balancing b = pools.balancing();
    pools.with(
        new Balancing(
            b.algorithm(), b.hashSource(), null, TimeUnit.SECONDS.toNanos(100), 0, 0, true, ""));
    addTen();
    Map<Integer, String> before = homes();
    pools.down("backend-3").up("backend-3");
    Set<Integer> taken = Set.of();
    for (int second = 10; second <= 100; second += 10) {
      pools.pass(10);
      Map<Integer, String> now = homes();
      now.values().removeIf(home -> !home.equals("backend-3"));
      assertThat(now.keySet()).containsAll(taken).hasSizeGreaterThan(taken.size());
      taken = now.keySet();
    }
    assertThat(homes()).isEqualTo(before);
  }

  private void hashBy(HashSource source) {
    pools.with(new Balancing(Algorithm.MAGLEV, source, null, 0, 0, 0, true, ""));
    if (pools.pool.backends().isEmpty()) {
      addTen();
    }
    pools.reload();
  }

  private String selectedFor(Head request) {
    return pools.request(request).selected();
  }

  @Test
  void hashesByHeaderInAnyCase() {
    hashBy(HashSource.header("X-User"));
    Map<String, Integer> counts = new TreeMap<>();
    for (int user = 0; user < 500; user++) {
      String home = selectedFor(PoolFixture.head("", "x-user", "u" + user));
      pools.from("192.0.2." + user % 250);
      assertThat(selectedFor(PoolFixture.head("", "X-USER", "u" + user))).isEqualTo(home);
      counts.merge(home, 1, Integer::sum);
    }
    assertThat(counts).hasSize(10);
  }

  @Test
  void hashesByCookieWhereverItStands() {
    hashBy(HashSource.cookie("sid"));
    String home = selectedFor(PoolFixture.head("", "cookie", "sid=42"));
    String other = "";
    for (int i = 0; i < 20 && (other.isEmpty() || other.equals(home)); i++) {
      other = selectedFor(PoolFixture.head("", "cookie", "sid=" + i));
    }
    assertThat(other).isNotEqualTo(home);
    for (int i = 0; i < 20; i++) {
      pools.from("192.0.2." + i);
      assertThat(selectedFor(PoolFixture.head("", "cookie", "a=1; sid=42; b=" + i)))
          .isEqualTo(home);
      assertThat(selectedFor(PoolFixture.head("", "cookie", "xsid=" + i, "cookie", "sid=42")))
          .isEqualTo(home);
    }
  }

  @Test
  void hashesByQueryParameter() {
    hashBy(HashSource.query("tenant"));
    String home = selectedFor(PoolFixture.head("tenant=acme"));
    for (int i = 0; i < 20; i++) {
      pools.from("192.0.2." + i);
      assertThat(selectedFor(PoolFixture.head("x=" + i + "&tenant=acme&tenant=b"))).isEqualTo(home);
    }
  }

  @Test
  void fallsBackToTheClientAddressWhereTheKeyIsAbsentOrEmpty() {
    addTen();
    for (int i = 0; i < 50; i++) {
      pools.from("192.0.2." + i);
      hashBy(HashSource.clientAddress());
      String home = pools.selected();
      hashBy(HashSource.query("tenant"));
      assertThat(selectedFor(PoolFixture.head("tenant=&x"))).isEqualTo(home);
      hashBy(HashSource.cookie("sid"));
      assertThat(selectedFor(PoolFixture.head("", "cookie", "sid; b=1"))).isEqualTo(home);
      hashBy(HashSource.header("x-user"));
      assertThat(selectedFor(PoolFixture.head(""))).isEqualTo(home);
    }
  }
}
