package io.weir.proxy.http1;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.Head;
import io.weir.proxy.http.HeadLimits;
import io.weir.proxy.stage.Reason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Holds the parser against the second reader, and against itself with the input cut into pieces.
 */
class HeadParserFuzzer {
  /** Most content made up to follow a head. */
  private static final int MADE_UP = 1 << 16;

  @FuzzTest
  void agreesWithTheSecondReader(byte[] input) {
    Head head = parse(input, input.length);
    if (head == null || !head.complete || head.contentLength > MADE_UP) {
      return;
    }
    SecondReader.Request second = read(Arrays.copyOf(input, head.scanned), head);
    assertThat(Ascii.text(head.bytes, head.methodStart, head.methodEnd)).isEqualTo(second.method());
    assertThat(second.target())
        .endsWith(head.path() + (head.hasQuery ? "?" + head.query() : ""))
        .contains(head.authority().equals(host(second)) ? "" : head.authority());
    assertThat(second.version()).endsWith("." + head.minorVersion);
    List<SecondReader.Field> fields = new ArrayList<>();
    for (int i = 0; i < head.count(); i++) {
      fields.add(
          new SecondReader.Field(
              Ascii.text(head.bytes, head.nameStart(i), head.nameEnd(i)),
              Ascii.text(head.bytes, head.valueStart(i), head.valueEnd(i))));
    }
    assertThat(second.fields()).isEqualTo(fields);
    assertThat(second.body().length()).isEqualTo((int) Math.max(0, head.contentLength));
    assertThat(second.chunks() != null).isEqualTo(head.chunked);
  }

  /** The head with content as long as it says; empty where it is chunked. */
  private static SecondReader.Request read(byte[] octets, Head head) {
    int content = head.chunked ? 5 : (int) Math.max(0, head.contentLength);
    byte[] message = Arrays.copyOf(octets, octets.length + content);
    if (head.chunked) {
      System.arraycopy(Ascii.bytes("0\r\n\r\n"), 0, message, octets.length, 5);
    }
    SecondReader reader = new SecondReader(message);
    SecondReader.Request request = Objects.requireNonNull(reader.request());
    assertThat(reader.isAtEnd()).isTrue();
    return request;
  }

  private static String host(SecondReader.Request request) {
    return request.values("Host").stream().findFirst().orElse("");
  }

  @FuzzTest
  void readsPiecesLikeTheWhole(byte[] input) {
    Head whole = parse(input, input.length);
    Head pieces = parse(input, 1);
    assertThat(pieces == null).isEqualTo(whole == null);
    if (whole != null && pieces != null) {
      assertThat(pieces.complete).isEqualTo(whole.complete);
      assertThat(pieces.count()).isEqualTo(whole.count());
      assertThat(pieces.contentLength).isEqualTo(whole.contentLength);
    }
  }

  private static @Nullable Head parse(byte[] input, int step) {
    Head head = new Head();
    for (int at = 0; at < input.length && !head.complete; at += step) {
      head.append(input, at, Math.min(step, input.length - at));
      Reason refused = HeadParser.request(head, HeadLimits.DEFAULT);
      if (refused != null) {
        return null;
      }
    }
    return head;
  }
}
