package io.weir.proxy.http2;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;

/** However octets are cut into segments, the same frames come out, and nothing is thrown. */
class FrameReaderFuzzer {
  @FuzzTest
  void readsTheSameFromAnySegments(FuzzedDataProvider data) {
    int cut = data.consumeInt(1, 40);
    byte[] octets = data.consumeRemainingAsBytes();
    ByteBuf in = Unpooled.buffer();
    FrameWriter.settingsAck(in.clear());
    in.clear();
    FrameWriter.settings(in);
    in.writeBytes(octets);

    FrameLog whole = new FrameLog();
    new FrameReader(whole, false, 4096).read(in.duplicate());
    FrameLog pieces = new FrameLog();
    FrameReader reader = new FrameReader(pieces, false, 4096);
    while (in.isReadable()) {
      reader.read(in.readSlice(Math.min(cut, in.readableBytes())));
    }
    assertThat(pieces.announced).isEqualTo(whole.announced);
    assertThat(pieces.violation).isEqualTo(whole.violation);
    assertThat(withoutContent(pieces)).isEqualTo(withoutContent(whole));
  }

  /** Content comes in more pieces where the segments are smaller; its ends stay where they are. */
  private static List<String> withoutContent(FrameLog log) {
    return log.events.stream()
        .filter(e -> !e.startsWith("data") || e.endsWith("true"))
        .map(e -> e.startsWith("data") ? e.replaceAll("(?s)^(data \\d+).*", "$1") : e)
        .toList();
  }
}
