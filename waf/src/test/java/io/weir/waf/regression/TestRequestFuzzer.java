package io.weir.waf.regression;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Recorded requests are whatever somebody saved. */
class TestRequestFuzzer {
  private static final String CHUNKED = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";

  @FuzzTest
  void readsAnythingOrSaysThatItIsNoChunk(byte[] octets) {
    read(octets);
    byte[] head = CHUNKED.getBytes(StandardCharsets.ISO_8859_1);
    byte[] chunked = java.util.Arrays.copyOf(head, head.length + octets.length);
    System.arraycopy(octets, 0, chunked, head.length, octets.length);
    read(chunked);
  }

  private static void read(byte[] octets) {
    try {
      TestRequest request = TestRequest.ofOctets(octets);
      assertThat(request.octets()).isEqualTo(octets);
      assertThat(request.body().length).isLessThanOrEqualTo(octets.length);
    } catch (NumberFormatException noChunk) {
      assertThat(noChunk).isNotNull();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"3\r\nabc\r\n0\r\n\r\n", "3\r\nabc\r\n-5\r\nx", "3\r\nabc", "7fffffff\r\nabc"})
  void joinsChunksAsFarAsTheyGo(String body) {
    byte[] octets = (CHUNKED + body).getBytes(StandardCharsets.ISO_8859_1);
    assertThat(TestRequest.ofOctets(octets).body()).asString().isEqualTo("abc");
  }
}
