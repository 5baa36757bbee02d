package io.weir.proxy.http2;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.HeadLimits;
import java.util.List;

/** What we accept, Netty's decoder reads the same; what cannot be read ends the connection. */
class HpackDecoderFuzzer {
  @FuzzTest
  void readsWhatNettyReads(FuzzedDataProvider data) {
    Hpack.Reader reader = new Hpack.Reader();
    DefaultHttp2HeadersDecoder netty = new DefaultHttp2HeadersDecoder(false, 1 << 20);
    while (data.remainingBytes() > 0) {
      byte[] block = data.consumeBytes(data.consumeInt(0, 200));
      List<String> fields = reader.read(block);
      List<String> byNetty;
      try {
        byNetty = Hpack.decodeByNetty(netty, block);
      } catch (Http2Exception | IllegalArgumentException e) {
        // Netty limits less here and more there, so only the other direction is comparable.
        return;
      }
      if (reader.violation != null && reader.violation.isOfConnection()) {
        return;
      }
      if (reader.violation == null) {
        assertThat(fields).containsExactlyInAnyOrderElementsOf(byNetty);
      }
    }
  }

  @FuzzTest
  void staysWithinLimits(byte[] block) {
    Hpack.Reader reader = new Hpack.Reader();
    HeadLimits limits = new HeadLimits(100, 300, 5);
    for (int i = 0; i < 3; i++) {
      List<String> fields = reader.read(block, limits);
      assertThat(fields.size()).isLessThanOrEqualTo(5);
      assertThat(reader.head.length).isLessThanOrEqualTo(300);
      assertThat(Ascii.text(reader.head.bytes, 0, reader.head.length))
          .isEqualTo(fields.isEmpty() ? "" : String.join("\r\n", fields) + "\r\n");
    }
  }
}
