package io.weir.proxy.http1;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.weir.proxy.http.Ascii;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Holds the chunked reader against a slow and obvious one, and against itself in pieces. */
class ChunkedReaderFuzzer {
  private static final Pattern SIZE = Pattern.compile("([0-9A-Fa-f]{1,15})(;[ -~]*)?\r\n");

  @FuzzTest
  void agreesWithTheModel(byte[] input) {
    String content = ChunkedReaderTest.read(input, input.length);
    assertThat(ChunkedReaderTest.read(input, 1)).isEqualTo(content);
    if (content != null) {
      assertThat(content).isEqualTo(model(Ascii.text(input, 0, input.length)));
    }
  }

  private static String model(String text) {
    StringBuilder content = new StringBuilder();
    int at = 0;
    while (true) {
      Matcher size = SIZE.matcher(text).region(at, text.length());
      assertThat(size.lookingAt()).as("a chunk size at %d", at).isTrue();
      int length = Integer.parseInt(size.group(1), 16);
      at = size.end();
      if (length == 0) {
        return content.toString();
      }
      content.append(text, at, at + length);
      at += length;
      assertThat(text.startsWith("\r\n", at)).isTrue();
      at += 2;
    }
  }
}
