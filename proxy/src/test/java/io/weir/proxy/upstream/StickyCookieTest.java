package io.weir.proxy.upstream;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.proxy.http.Head;
import io.weir.proxy.upstream.PoolSettings.Balancing;
import io.weir.proxy.upstream.StickyCookie.SameSite;
import java.util.Map;
import java.util.Objects;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StickyCookieTest {
  private static final SecretKey KEY = key("first");
  private final PoolFixture pools = new PoolFixture(Algorithm.ROUND_ROBIN);

  private static SecretKey key(String text) {
    return new SecretKeySpec(text.getBytes(US_ASCII), "HmacSHA256");
  }

  private static StickyCookie cookie(SecretKey key) {
    return new StickyCookie("WEIR", key, "/", 0, SameSite.LAX);
  }

  private PoolFixture sticky(StickyCookie cookie, int panicPercent) {
    return pools.with(
        new Balancing(
            Algorithm.ROUND_ROBIN,
            HashSource.clientAddress(),
            cookie,
            0,
            panicPercent,
            0,
            true,
            ""));
  }

  @BeforeEach
  void configure() {
    sticky(cookie(KEY), 0).add("a", "b", "c").add("light", 0).add("spare", 1, "", 1).reload();
  }

  private @Nullable String setCookie(String backend, boolean tls) {
    byte[] field = pools.pool.stickyCookie(pools.request(), pools.backend(backend), tls);
    return field == null ? null : new String(field, US_ASCII);
  }

  /** A request whose cookie pins it to this backend. */
  private Head pinnedTo(String backend) {
    pools.request(PoolFixture.head(""));
    String field = Objects.requireNonNull(setCookie(backend, false));
    return PoolFixture.head("", "cookie", "x=1; " + field.substring(0, field.indexOf(';')));
  }

  @Test
  void keepsAClientAtItsBackend() {
    pools.request(pinnedTo("b"));
    assertThat(pools.counts(10)).isEqualTo(Map.of("b", 10));
    assertThat(setCookie("b", false)).isNull();
  }

  @Test
  void isOnlyForTheServerAndForTls() {
    assertThat(setCookie("a", false)).matches("WEIR=[0-9a-f]{16}; Path=/; HttpOnly; SameSite=Lax");
    assertThat(setCookie("a", true))
        .matches("WEIR=[0-9a-f]{16}; Path=/; HttpOnly; SameSite=Lax; Secure");
  }

  @Test
  void lastsAsLongAsConfigured() {
    sticky(new StickyCookie("WEIR", KEY, "/shop", 3600, SameSite.STRICT), 0).reload();
    assertThat(setCookie("a", true))
        .endsWith("; Path=/shop; Max-Age=3600; HttpOnly; SameSite=Strict; Secure");
  }

  @Test
  void meansTheSameOnAnotherInstanceWithTheSameKey() {
    PoolFixture other = new PoolFixture(Algorithm.ROUND_ROBIN, 9).with(pools.balancing());
    other.add("c", "b").reload();
    assertThat(other.request(pinnedTo("b")).counts(5)).isEqualTo(Map.of("b", 5));
  }

  @Test
  void meansNothingUnderAnotherKey() {
    Head pinned = pinnedTo("b");
    sticky(cookie(key("second")), 0).reload();
    assertThat(pools.request(pinned).counts(3)).isEqualTo(Map.of("a", 1, "b", 1, "c", 1));
    assertThat(setCookie("b", false)).isNotNull();
  }

  @Test
  void yieldsWhenTheBackendIsUnhealthyOrDraining() {
    pools.request(pinnedTo("b")).down("b");
    assertThat(pools.counts(4)).isEqualTo(Map.of("a", 2, "c", 2));
    assertThat(setCookie("a", false)).isNotNull();
    pools.up("b").drain("b", true);
    assertThat(pools.counts(4)).isEqualTo(Map.of("a", 2, "c", 2));
  }

  @Test
  void yieldsWhenTheBackendWasTried() {
    pools.request(pinnedTo("b")).tried.add(pools.backend("b"));
    assertThat(pools.counts(4)).containsOnlyKeys("a", "c");
  }

  @Test
  void yieldsWhenTheBackendIsGone() {
    pools.request(pinnedTo("b")).remove("b").reload();
    assertThat(pools.counts(4)).isEqualTo(Map.of("a", 2, "c", 2));
  }

  @Test
  void holdsThroughPanic() {
    sticky(cookie(KEY), 100).reload().down("a", "b", "spare");
    assertThat(pools.request(pinnedTo("b")).counts(3)).isEqualTo(Map.of("b", 3));
  }

  @Test
  void holdsAtABackendOfWeightZeroAndOfAnotherGroup() {
    assertThat(pools.request(pinnedTo("light")).counts(3)).isEqualTo(Map.of("light", 3));
    assertThat(pools.request(pinnedTo("spare")).counts(3)).isEqualTo(Map.of("spare", 3));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "WEIR",
        "WEIR=",
        "WEIR=0000000000000000",
        "WEIR=zzzzzzzzzzzzzzzz",
        "WEIR=b",
        "WEIR=;WEIR=",
        "=;;;",
        "",
        ";",
        "WEIR=0123456789abcdef0123456789abcdef"
      })
  void takesNoNoticeOfWhatItDidNotSet(String cookie) {
    pools.request(PoolFixture.head("", "cookie", cookie));
    assertThat(pools.counts(3)).isEqualTo(Map.of("a", 1, "b", 1, "c", 1));
  }

  @Test
  void refusesWhatWouldBreakTheField() {
    assertThatThrownBy(() -> new StickyCookie("a b", KEY, "/", 0, SameSite.LAX))
        .hasMessage("name: a b (expected: a token)");
    assertThatThrownBy(() -> new StickyCookie("", KEY, "/", 0, SameSite.LAX))
        .hasMessage("name:  (expected: a token)");
    assertThatThrownBy(() -> new StickyCookie("a", KEY, "/; Domain=x", 0, SameSite.LAX))
        .hasMessage("path: /; Domain=x (expected: / and visible ASCII)");
    assertThatThrownBy(() -> new StickyCookie("a", KEY, "/", -1, SameSite.LAX))
        .hasMessage("maxAgeSeconds: -1 (expected: 0 or more)");
  }
}
