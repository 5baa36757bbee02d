package io.weir.proxy.http1;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.Head;
import io.weir.proxy.http.HeadLimits;
import io.weir.proxy.stage.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Holds the parser against a slow and obvious second reading of RFC 9112, and against itself with
 * the input cut into pieces.
 */
class HeadParserFuzzer {
  private static final Pattern REQUEST_LINE =
      Pattern.compile(
          "([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([!$%&'()*+,./0-9:;=?@A-Z\\[\\]_a-z~-]+) HTTP/1\\.([01])");
  private static final Pattern FIELD =
      Pattern.compile("([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*((?:[^\0-\u001f\u007f]|\t)*?)[ \t]*");

  @FuzzTest
  void agreesWithTheModel(byte[] input) {
    Head head = parse(input, input.length);
    if (head == null || !head.complete) {
      return;
    }
    List<String> lines =
        Objects.requireNonNull(model(input), "what is accepted follows the grammar");
    assertThat(head.count()).isEqualTo(lines.size() - 1);
    for (int i = 0; i < head.count(); i++) {
      Matcher field = FIELD.matcher(lines.get(i + 1));
      assertThat(field.matches()).isTrue();
      assertThat(Ascii.text(head.bytes, head.nameStart(i), head.nameEnd(i)))
          .isEqualTo(field.group(1));
      assertThat(Ascii.text(head.bytes, head.valueStart(i), head.valueEnd(i)))
          .isEqualTo(field.group(2));
    }
    assertThat(framingFields(lines)).as("fields that frame the content").isLessThanOrEqualTo(1);
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

  private static @Nullable List<String> model(byte[] input) {
    String text = Ascii.text(input, 0, input.length);
    if (text.startsWith("\r\n")) {
      text = text.substring(2);
    }
    int end = text.indexOf("\r\n\r\n");
    List<String> lines = new ArrayList<>(List.of(text.substring(0, end).split("\r\n", -1)));
    if (!REQUEST_LINE.matcher(lines.get(0)).matches()) {
      return null;
    }
    for (String line : lines.subList(1, lines.size())) {
      if (!FIELD.matcher(line).matches()) {
        return null;
      }
    }
    return lines;
  }

  private static long framingFields(List<String> lines) {
    return lines.stream()
        .map(line -> line.toLowerCase(Locale.ROOT))
        .filter(line -> line.startsWith("content-length:") || line.startsWith("transfer-encoding:"))
        .count();
  }
}
