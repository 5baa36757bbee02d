package io.weir.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class IpPrefixSetTest {

  private static IpPrefixSet set(String... prefixes) {
    return IpPrefixSet.of(List.of(prefixes).stream().map(IpPrefix::parse).toList());
  }

  @Test
  void anEmptySetHoldsNothing() {
    assertThat(IpPrefixSet.EMPTY.isEmpty()).isTrue();
    assertThat(IpPrefixSet.EMPTY.contains(IpAddress.parse("192.0.2.1"))).isFalse();
    assertThat(IpPrefixSet.EMPTY.contains(IpAddress.parse("::"))).isFalse();
  }

  @Test
  void mergesNetworksThatTouchOrOverlap() {
    assertThat(set("192.0.2.128/25", "192.0.2.0/25", "192.0.2.7", "192.0.3.0/24").ranges())
        .isEqualTo(1);
    assertThat(set("2001:db8::/65", "2001:db8:0:0:8000::/65", "2001:db8:0:1::/64").ranges())
        .isEqualTo(1);
    assertThat(set("192.0.2.0/25", "192.0.2.129").ranges()).isEqualTo(2);
    assertThat(set("10.0.0.0/8", "10.1.0.0/16", "11.0.0.0/8", "10.2.0.0/16").ranges()).isEqualTo(1);
  }

  @Test
  void doesNotMergeAcrossFamilies() {
    IpPrefixSet set = set("255.255.255.255", "::1:0:0:0");
    assertThat(set.ranges()).isEqualTo(2);
    assertThat(set.contains(IpAddress.parse("255.255.255.255"))).isTrue();
    assertThat(set.contains(IpAddress.parse("::1:0:0:0"))).isTrue();
    assertThat(set.contains(IpAddress.parse("::1:0:0:1"))).isFalse();
  }

  @Test
  void holdsTheFirstAndLastAddressOfEachFamily() {
    IpPrefixSet all = set("0.0.0.0/0", "::/0");
    IpPrefixSet edges = set("0.0.0.0", "255.255.255.255", "::", IpAddress.ofIpv6(-1, -1) + "/128");
    for (String edge : List.of("0.0.0.0", "255.255.255.255", "::")) {
      assertThat(all.contains(IpAddress.parse(edge))).isTrue();
      assertThat(edges.contains(IpAddress.parse(edge))).isTrue();
    }
    assertThat(edges.contains(IpAddress.ofIpv6(-1, -1))).isTrue();
    assertThat(edges.contains(IpAddress.parse("128.0.0.0"))).isFalse();
    assertThat(edges.contains(IpAddress.parse("8000::"))).isFalse();
  }

  @Test
  void allOfIpv6HoldsNoIpv4() {
    assertThat(set("::/0").contains(IpAddress.parse("::ffff:192.0.2.1"))).isFalse();
    assertThat(set("0.0.0.0/0").contains(IpAddress.parse("::1"))).isFalse();
  }

  @Test
  void agreesWithAskingEveryNetworkInTurn() {
    Random random = new Random(20260101);
    for (int round = 0; round < 300; round++) {
      List<IpPrefix> prefixes = new ArrayList<>();
      for (int i = random.nextInt(20); i > 0; i--) {
        IpAddress address = address(random);
        int bits = address.width() - random.nextInt(random.nextInt(8) == 0 ? 33 : 6);
        prefixes.add(new IpPrefix(address.prefix(bits), bits));
      }
      IpPrefixSet set = IpPrefixSet.of(prefixes);
      for (int i = 0; i < 200; i++) {
        IpAddress address = address(random);
        assertThat(set.contains(address))
            .as("%s in %s", address, prefixes)
            .isEqualTo(prefixes.stream().anyMatch(prefix -> prefix.contains(address)));
      }
    }
  }

  /** A crowded corner of each family, so that networks overlap and touch. */
  private static IpAddress address(Random random) {
    int corner = random.nextInt(128) - 64;
    return switch (random.nextInt(3)) {
      case 0 -> IpAddress.ofIpv4(corner);
      case 1 -> IpAddress.ofIpv6(random.nextInt(2) - 1L, corner);
      default -> IpAddress.ofIpv6(corner, random.nextInt(4) - 2L);
    };
  }
}
