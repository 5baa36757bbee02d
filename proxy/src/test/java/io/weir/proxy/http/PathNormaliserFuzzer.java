package io.weir.proxy.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Locale;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Normalising in place against a slow model over strings that says the same rule by rule. */
class PathNormaliserFuzzer {
  private static final Pattern ENCODED = Pattern.compile("%([0-9A-Fa-f]{2})");
  private static final Pattern GRAMMAR =
      Pattern.compile("/([A-Za-z0-9._~!$&'()*+,;=:@/\\[\\]-]|%[0-9A-Fa-f]{2})*");
  private static final Pattern CONTROL = Pattern.compile("%[01].|%7F");
  private static final Pattern OVERLONG =
      Pattern.compile("%C[01]|%E0%[89].|%F0%8.|%F8%8[0-7]|%FC%8[0-3]");
  private static final Pattern ENCODED_SLASH = Pattern.compile("%2F|%5C");
  private static final Pattern PARAMETERS = Pattern.compile(";|%3B");
  private static final Pattern DOTS_DISGUISED =
      Pattern.compile("(^|/|%2F|%5C)\\.{1,2}(;|%3B|%2F|%5C)|(%2F|%5C)\\.{1,2}(/|$)");
  private static final Pattern PARAMETERS_ONLY = Pattern.compile("/;[^/]*/");

  private static @Nullable String model(PathNormaliser rules, String path) {
    if (!GRAMMAR.matcher(path).matches()) {
      return null;
    }
    String decoded = ENCODED.matcher(path).replaceAll(PathNormaliserFuzzer::decode);
    // Parameters go to the end of their segment or to the next encoded slash: dots in them count
    // for nothing.
    String withoutParameters = decoded.replaceAll("(;|%3B)((?!%2F|%5C)[^/])*", "$1");
    if (CONTROL.matcher(decoded).find()
        || OVERLONG.matcher(decoded).find()
        || !rules.encodedSlashes() && ENCODED_SLASH.matcher(decoded).find()
        || !rules.parameters() && PARAMETERS.matcher(decoded).find()
        || DOTS_DISGUISED.matcher(withoutParameters).find()
        || PARAMETERS_ONLY.matcher(decoded).find()) {
      return null;
    }
    return removeDots(rules, decoded.substring(1).split("/", -1));
  }

  private static String decode(MatchResult encoded) {
    char c = (char) Integer.parseInt(encoded.group(1), 16);
    boolean unreserved = Pattern.matches("[A-Za-z0-9._~-]", String.valueOf(c));
    return unreserved ? String.valueOf(c) : encoded.group().toUpperCase(Locale.ROOT);
  }

  private static @Nullable String removeDots(PathNormaliser rules, String[] segments) {
    Deque<String> kept = new ArrayDeque<>();
    for (int i = 0; i < segments.length; i++) {
      boolean last = i == segments.length - 1;
      switch (segments[i]) {
        case ".." -> {
          if (kept.pollLast() == null) {
            return null;
          }
          if (last) {
            kept.add("");
          }
        }
        case "." -> {
          if (last) {
            kept.add("");
          }
        }
        case "" -> {
          if (last || !rules.mergeSlashes()) {
            kept.add("");
          }
        }
        default -> kept.add(segments[i]);
      }
    }
    return "/" + String.join("/", kept);
  }

  private static void check(PathNormaliser rules, String path) {
    byte[] bytes = path.getBytes(StandardCharsets.ISO_8859_1);
    int end = rules.normalise(bytes, 0, bytes.length);
    String normal = end < 0 ? null : Ascii.text(bytes, 0, end);
    assertThat(normal).as("%s of <%s>", rules, path).isEqualTo(model(rules, path));
    if (normal != null) {
      assertThat(end).isLessThanOrEqualTo(path.length());
      assertThat(normal.split("/", -1)).doesNotContain("..", ".");
      byte[] again = Arrays.copyOf(bytes, end);
      assertThat(rules.normalise(again, 0, end)).isEqualTo(end);
      assertThat(Ascii.text(again, 0, end)).isEqualTo(normal);
    }
  }

  private static void checkAllRules(String path) {
    for (int rules = 0; rules < 8; rules++) {
      check(new PathNormaliser((rules & 1) != 0, (rules & 2) != 0, (rules & 4) != 0), path);
    }
  }

  @FuzzTest
  void agreesWithTheModel(byte[] data) {
    checkAllRules(new String(data, StandardCharsets.ISO_8859_1));
    checkAllRules("/" + new String(data, StandardCharsets.ISO_8859_1));
  }

  @Test
  void agreesWithTheModelOnRandomPathsOfTrickyPieces() {
    String[] pieces = {
      "/", "/", ".", "..", ";", "a", "%2e", "%2E", "%2f", "%5C", "%3B", "%41", "%25", "%c0", "%E0",
      "%80", "%A0", "%f0", "%8", "%", "\\", "//", "/../", "/./", "=", "%FC", "%F8", "%88", "%20",
          "\0"
    };
    Random random = new Random(4711);
    for (int n = 0; n < 30_000; n++) {
      StringBuilder path = new StringBuilder("/");
      for (int i = random.nextInt(9); i > 0; i--) {
        path.append(pieces[random.nextInt(pieces.length)]);
      }
      checkAllRules(path.toString());
    }
  }
}
