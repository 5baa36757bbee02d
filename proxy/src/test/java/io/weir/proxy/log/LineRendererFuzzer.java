package io.weir.proxy.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.regex.Pattern;

/** Whatever bytes a client sends: one line of valid JSON, and no secret in it. */
class LineRendererFuzzer {
  private static final Pattern SECRET =
      Pattern.compile(
          "(?i)(^|[?#&;=])[^?#&;=]*(password|token|secret|key)[^?#&;=]*=(?!\\[REDACTED\\]([&#]|$))[^&#]");
  private static final Pattern CARD = Pattern.compile("(?<![\\d%])\\d{13,19}(?!\\d|%3\\d)");

  @FuzzTest
  void writesOneCleanLineWhateverComes(byte[] text) {
    AccessLogEntry entry = new AccessLogEntry();
    for (AccessLogField field : AccessLogField.values()) {
      entry.text(field, text);
    }
    byte[] line = Lines.render(entry);
    JsonNode read = Lines.read(line);

    assertThat(new String(line, UTF_8).indexOf('\n')).isEqualTo(lastOf(line));
    assertThat(read.size()).isEqualTo(45);
    for (String name : new String[] {"path", "query", "referer"}) {
      String url = read.path(name).asText();
      assertThat(SECRET.matcher(url).find()).as(url).isFalse();
    }
    for (String name : new String[] {"path", "query", "referer", "user_agent", "x_forwarded_for"}) {
      CARD.matcher(read.path(name).asText())
          .results()
          .forEach(match -> assertThat(luhn(match.group())).as(match.group()).isFalse());
    }
  }

  private static int lastOf(byte[] line) {
    return new String(line, UTF_8).length() - 1;
  }

  private static boolean luhn(String digits) {
    int sum = 0;
    for (int i = 0; i < digits.length(); i++) {
      int digit = digits.charAt(digits.length() - 1 - i) - '0';
      sum += i % 2 == 0 ? digit : digit * 2 / 10 + digit * 2 % 10;
    }
    return sum % 10 == 0;
  }
}
