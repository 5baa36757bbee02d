package io.weir.proxy.tls;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.List;

class PemFuzzer {
  @FuzzTest(maxDuration = "10s")
  void whatIsReadWritesBackToTheSame(byte[] text) {
    List<Pem.Block> blocks = Pem.parse(new String(text, StandardCharsets.ISO_8859_1));
    if (blocks == null) {
      return;
    }
    StringBuilder again = new StringBuilder();
    blocks.forEach(block -> again.append(TestPki.pem(block.label(), block.der())));
    List<Pem.Block> second = requireNonNull(Pem.parse(again.toString()));
    assertThat(second).hasSameSizeAs(blocks);
    for (int i = 0; i < blocks.size(); i++) {
      assertThat(second.get(i).label()).isEqualTo(blocks.get(i).label());
      assertThat(second.get(i).der()).isEqualTo(blocks.get(i).der());
    }
  }
}
