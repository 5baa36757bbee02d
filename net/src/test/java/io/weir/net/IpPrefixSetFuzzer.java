package io.weir.net;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.ArrayList;
import java.util.List;

/** Holds the set against asking every network in turn. */
class IpPrefixSetFuzzer {

  @FuzzTest
  void agreesWithAskingEveryNetworkInTurn(FuzzedDataProvider data) {
    List<IpPrefix> prefixes = new ArrayList<>();
    for (int i = data.consumeInt(0, 12); i > 0; i--) {
      IpAddress address = address(data);
      int bits = data.consumeInt(0, address.width());
      prefixes.add(new IpPrefix(address.prefix(bits), bits));
    }
    IpPrefixSet set = IpPrefixSet.of(prefixes);
    while (data.remainingBytes() > 0) {
      IpAddress address = address(data);
      assertThat(set.contains(address))
          .as("%s in %s", address, prefixes)
          .isEqualTo(prefixes.stream().anyMatch(prefix -> prefix.contains(address)));
    }
    for (IpPrefix prefix : prefixes) {
      assertThat(set.contains(prefix.address())).isTrue();
      assertThat(set.contains(prefix.last())).isTrue();
      assertThat(IpPrefix.parse(prefix.toString())).isEqualTo(prefix);
    }
  }

  private static IpAddress address(FuzzedDataProvider data) {
    return data.consumeBoolean()
        ? IpAddress.ofIpv4(data.consumeInt())
        : IpAddress.ofIpv6(data.consumeLong(), data.consumeLong());
  }
}
