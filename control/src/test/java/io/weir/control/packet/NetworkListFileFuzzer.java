package io.weir.control.packet;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.weir.net.IpPrefix;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

class NetworkListFileFuzzer {
  /** Whatever is read can be written and read again; all else is refused by its line. */
  @FuzzTest
  void readsOrRefusesAnything(byte[] content) {
    try {
      List<IpPrefix> networks = NetworkListFile.parse(content);
      String text = networks.stream().map(IpPrefix::toString).collect(Collectors.joining("\n"));
      assertThat(NetworkListFile.parse(text.getBytes(StandardCharsets.US_ASCII)))
          .isEqualTo(networks);
    } catch (IllegalArgumentException refused) {
      assertThat(refused).hasMessageStartingWith("line ").message().hasSizeLessThan(200);
    }
  }
}
