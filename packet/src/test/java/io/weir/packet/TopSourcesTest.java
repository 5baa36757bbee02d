package io.weir.packet;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.net.IpAddress;
import io.weir.net.IpPrefix;
import io.weir.packet.TopSources.Source;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TopSourcesTest {

  private static Sample from(IpAddress source) {
    return new Sample(Reason.LIST_BLOCKED, source, source, 6, 1, 2, 40);
  }

  @Test
  void countsByNetwork() {
    TopSources sources = new TopSources(10);
    for (String address :
        new String[] {
          "192.0.2.1", "192.0.2.200", "198.51.100.1", "2001:db8::1", "2001:db8::2", "2001:db8::3"
        }) {
      sources.accept(from(IpAddress.parse(address)));
    }
    assertThat(sources.top(2))
        .containsExactly(
            new Source(IpPrefix.parse("2001:db8::/64"), 3),
            new Source(IpPrefix.parse("192.0.2.0/24"), 2));
  }

  @Test
  void findsTheLoudestAmongCountlessForgedOnes() {
    TopSources sources = new TopSources(100);
    Random random = new Random(1);
    for (int i = 0; i < 20_000; i++) {
      boolean loud = i % 20 == 0;
      sources.accept(
          from(loud ? IpAddress.parse("192.0.2.7") : IpAddress.ofIpv4(random.nextInt())));
    }
    Source first = sources.top(1).getFirst();
    assertThat(first.network()).isEqualTo(IpPrefix.parse("192.0.2.0/24"));
    assertThat(first.samples()).isBetween(1000L, 1200L);
  }
}
