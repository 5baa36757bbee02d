package io.weir.waf.body;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.Arrays;

/** Whatever the octets are: no exception, no more than the limit, and nothing behind the end. */
class ContentCodingFuzzer {
  private static final int LIMIT = 1 << 16;

  @FuzzTest
  void undoesAnyGzip(FuzzedDataProvider data) {
    undo("gzip", data.consumeRemainingAsBytes());
  }

  @FuzzTest
  void undoesAnyDeflate(FuzzedDataProvider data) {
    undo("deflate", data.consumeRemainingAsBytes());
  }

  @FuzzTest
  void undoesAnyBrotli(FuzzedDataProvider data) {
    undo("br", data.consumeRemainingAsBytes());
  }

  @FuzzTest
  void undoesAnyZstandard(FuzzedDataProvider data) {
    undo("zstd", data.consumeRemainingAsBytes());
  }

  private static void undo(String coding, byte[] octets) {
    ContentCoding.Decoded decoded = ContentCoding.decode(coding, octets, octets.length, LIMIT);
    if (decoded != null) {
      assertThat(decoded.length()).isLessThanOrEqualTo(LIMIT);
      byte[] longer = Arrays.copyOf(octets, octets.length + 1);
      assertThat(ContentCoding.decode(coding, longer, longer.length, LIMIT)).isNull();
    }
    byte[] coded = Codings.encode(coding, octets);
    ContentCoding.Decoded again = ContentCoding.decode(coding, coded, coded.length, LIMIT);
    assertThat(again == null ? null : Arrays.copyOf(again.octets(), again.length()))
        .isEqualTo(octets);
  }
}
