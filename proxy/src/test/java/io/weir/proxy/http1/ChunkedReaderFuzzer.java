package io.weir.proxy.http1;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.weir.proxy.http.Ascii;
import java.util.Objects;

/** Holds the chunked reader against the second reader, and against itself in pieces. */
class ChunkedReaderFuzzer {
  private static final byte[] HEAD =
      Ascii.bytes("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");

  @FuzzTest
  void agreesWithTheSecondReader(byte[] input) {
    String content = ChunkedReaderTest.read(input, input.length);
    assertThat(ChunkedReaderTest.read(input, 1)).isEqualTo(content);
    if (content != null) {
      byte[] message = new byte[HEAD.length + input.length];
      System.arraycopy(HEAD, 0, message, 0, HEAD.length);
      System.arraycopy(input, 0, message, HEAD.length, input.length);
      SecondReader.Request request = Objects.requireNonNull(new SecondReader(message).request());
      assertThat(request.body()).isEqualTo(content);
    }
  }
}
