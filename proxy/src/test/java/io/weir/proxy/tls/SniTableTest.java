package io.weir.proxy.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ObjectAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SniTableTest {
  private static final SniRow API = row("api.example.com", "");
  private static final SniRow STAFF = row("staff.example.com", "staff");
  private static final SniRow WILD = row("*.example.com", "");
  private static final SniRow OTHER = row("Other.Example.NET.", "");
  private static final SniRow DEFAULT = row("default", "");
  private static final SniTable TABLE = SniTable.of(List.of(API, STAFF, WILD, OTHER));

  private static SniRow row(String pattern, String policy) {
    return new SniRow(pattern, null, "pool", policy);
  }

  private static ObjectAssert<SniRow> lookup(SniTable table, String name) {
    byte[] bytes = ("xx" + name + "yy").getBytes(StandardCharsets.ISO_8859_1);
    return assertThat(table.lookup(bytes, 2, bytes.length - 4)).as(name);
  }

  @Test
  void findsExactNamesWhateverTheirCase() {
    lookup(TABLE, "api.example.com").isSameAs(API);
    lookup(TABLE, "API.eXample.COM").isSameAs(API);
    lookup(TABLE, "other.example.net").isSameAs(OTHER);
  }

  @Test
  void ignoresOneTrailingDot() {
    lookup(TABLE, "api.example.com.").isSameAs(API);
    lookup(TABLE, "x.example.com.").isSameAs(WILD);
    lookup(TABLE, "api.example.com..").isNull();
  }

  @Test
  void matchesExactlyOneLabelByWildcard() {
    lookup(TABLE, "x.example.com").isSameAs(WILD);
    lookup(TABLE, "x.y.example.com").isNull();
    lookup(TABLE, "example.com").isNull();
    lookup(TABLE, ".example.com").isNull();
    lookup(TABLE, "*.example.com").isSameAs(WILD);
  }

  @Test
  void refusesUnknownNamesUnlessThereIsADefault() {
    lookup(TABLE, "unknown.example.org").isNull();
    lookup(TABLE, "").isNull();
    lookup(TABLE, ".").isNull();
    SniTable open = SniTable.of(List.of(API, DEFAULT));
    lookup(open, "unknown.example.org").isSameAs(DEFAULT);
    lookup(open, "").isSameAs(DEFAULT);
    lookup(open, ".").isSameAs(DEFAULT);
    lookup(open, "api.example.com").isSameAs(API);
    lookup(SniTable.of(List.of()), "a").isNull();
  }

  @Test
  void agreesWithALinearSearchOnManyNames() {
    List<SniRow> rows = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      rows.add(row("h" + i * 7 + ".example.com", ""));
      rows.add(row("*.d" + i * 3 + ".example.com", ""));
    }
    SniTable table = SniTable.of(rows);
    for (int i = 0; i < 7000; i++) {
      boolean exact = i % 7 == 0;
      boolean wild = i % 3 == 0 && i < 3000;
      String host = "h" + i + ".example.com";
      String sub = "www.d" + i + ".example.com";
      if (exact) {
        lookup(table, host).isSameAs(rows.get(i / 7 * 2));
      } else {
        lookup(table, host).isNull();
      }
      if (wild) {
        lookup(table, sub).isSameAs(rows.get(i / 3 * 2 + 1));
      } else {
        lookup(table, sub).isNull();
      }
    }
  }

  @Test
  void comparesTheClientCertificatePoliciesOfNameAndHost() {
    assertThat(samePolicy(API, "x.example.com")).isTrue();
    assertThat(samePolicy(API, "staff.example.com")).isFalse();
    assertThat(samePolicy(STAFF, "api.example.com")).isFalse();
    assertThat(samePolicy(STAFF, "STAFF.example.com.")).isTrue();
    assertThat(samePolicy(STAFF, "unknown.example.org")).isFalse();
    assertThat(samePolicy(API, "unknown.example.org")).isTrue();
  }

  private static boolean samePolicy(SniRow row, String host) {
    byte[] bytes = host.getBytes(StandardCharsets.US_ASCII);
    return TABLE.samePolicy(row, bytes, 0, bytes.length);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "*",
        "*.",
        "a..b",
        ".a",
        "*.*.a",
        "a.*.b",
        "w*.example.com",
        "b\u00fccher.example.com",
        "a b",
        "a/b",
        "-a.example.com",
        "host:443",
      })
  void refusesPatternsThatAreNotHostNames(String pattern) {
    assertThatThrownBy(() -> SniTable.of(List.of(row(pattern, ""))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("sni: " + pattern + " (expected: ");
  }

  @Test
  void refusesTheSameNameTwice() {
    assertThatThrownBy(() -> SniTable.of(List.of(API, row("API.example.com.", ""))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("each name once");
    assertThatThrownBy(() -> SniTable.of(List.of(DEFAULT, DEFAULT)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
