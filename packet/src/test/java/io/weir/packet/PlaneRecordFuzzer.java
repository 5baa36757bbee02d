package io.weir.packet;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.util.List;

/** Whatever is in the file: refused, or parts that a plane may go on with. */
class PlaneRecordFuzzer {

  @FuzzTest
  void readsOnlyWhatIsWhole(byte[] content) {
    List<String> lines;
    try {
      lines = PlaneRecord.parse("record", content);
    } catch (IOException damaged) {
      assertThat(damaged).hasMessageContaining("expected");
      return;
    }
    for (String line : lines.subList(3, lines.size())) {
      assertThat(new Handover.Part(line, -1).words()).isEqualTo(line);
    }
  }
}
