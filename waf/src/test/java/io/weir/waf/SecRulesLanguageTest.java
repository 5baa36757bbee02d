package io.weir.waf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.weir.waf.transform.Octets;
import io.weir.waf.transform.Transformation;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Published vectors for transformations and operators, when they stand beside the checkout. */
class SecRulesLanguageTest {
  private static final Pattern ESCAPE = Pattern.compile("\\\\(?:x|u00)([0-9A-Za-z]{2})");

  /** Operators that need what is not there: a geographic database, or files of the vectors. */
  private static final Set<String> WITHOUT_DATA = Set.of("geoLookup", "pmFromFile");

  /**
   * Vectors that lost octets on their way into JSON, or say what is wanted differently here: IPv4
   * addresses are no part of an IPv6 prefix, and a prefix longer than its address is refused.
   */
  private static boolean isLeftOut(JsonNode vector) {
    String argument = vector.path("param").asText("");
    String input = vector.path("input").asText("");
    return argument.equals("0:0::/80")
        || argument.equals("10.0.0.0/100")
        || input.contains("\\0def")
        || input.startsWith("test\\a\\b");
  }

  @Test
  void transformsAsPublished() throws Exception {
    List<String> problems = new ArrayList<>();
    List<JsonNode> vectors = vectors("transformations");
    for (JsonNode vector : vectors) {
      if (isLeftOut(vector)) {
        continue;
      }
      String name = vector.path("name").asText();
      Transformation transformation =
          Transformation.named(name.equals("cmd_line") ? "cmdLine" : name);
      byte[] input = octets(vector.path("input").asText());
      Octets output = new Octets(16);
      if (transformation != null) {
        transformation.apply(input, 0, input.length, output);
      }
      if (!Arrays.equals(output.toArray(), octets(vector.path("output").asText()))) {
        problems.add(vector + " gave " + new String(output.toArray(), StandardCharsets.ISO_8859_1));
      }
    }
    System.out.printf("transformations: %d vectors, %d differ%n", vectors.size(), problems.size());
    assertThat(problems).isEmpty();
  }

  @Test
  void answersAsPublished() throws Exception {
    List<String> problems = new ArrayList<>();
    int answered = 0;
    for (JsonNode vector : vectors("operators")) {
      String name = vector.path("name").asText();
      String argument = vector.path("param").asText("");
      // Look-ahead is refused when rules are compiled; an empty body is no body.
      if (isLeftOut(vector)
          || WITHOUT_DATA.contains(name)
          || argument.contains("(?!")
          || vector.path("input").asText("").isEmpty()) {
        continue;
      }
      answered++;
      String problem = answer(name, argument, vector);
      if (problem != null) {
        problems.add(problem);
      }
    }
    System.out.printf("operators: %d vectors, %d differ%n", answered, problems.size());
    assertThat(problems).isEmpty();
  }

  private static @Nullable String answer(String name, String argument, JsonNode vector) {
    byte[] input = octets(vector.path("input").asText(""));
    String quoted = argument.replace("\"", "\\\"").replace("\n", "\\n");
    try {
      Transaction transaction =
          RuleSet.compiler()
              .text(
                  "SecAction \"id:2,phase:1,pass,nolog,ctl:forceRequestBodyVariable=On\"\n"
                      + "SecRule REQUEST_BODY \"@"
                      + name
                      + " "
                      + quoted
                      + "\" \"id:1,phase:2,log,pass\"",
                  "vector")
              .compile()
              .newTransaction();
      transaction.endRequestHeaders();
      transaction.requestBody(input, 0, input.length);
      transaction.endRequestBody();
      boolean matched = !transaction.matches().isEmpty();
      return matched == (vector.path("ret").asInt() == 1) ? null : vector.toString();
    } catch (RuleException e) {
      // Empty and malformed arguments are refused here; the reference answers something.
      return argument.isBlank() || name.equals("validateByteRange") ? null : vector + ": " + e;
    }
  }

  private static List<JsonNode> vectors(String kind) throws Exception {
    Optional<Path> folder = Corpora.waf();
    assumeTrue(folder.isPresent(), "no folder of vectors");
    List<JsonNode> vectors = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder.get().resolve("secrules-language").resolve(kind))) {
      for (Path file : files.sorted().toList()) {
        new ObjectMapper().readTree(file.toFile()).forEach(vectors::add);
      }
    }
    return vectors;
  }

  /** Octets of a vector's text, which has escapes of its own beside those of JSON. */
  private static byte[] octets(String text) {
    String utf8 = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    Matcher escape = ESCAPE.matcher(utf8);
    return escape
        .replaceAll(match -> {
          String digits = match.group(1) == null ? "0" : match.group(1);
          int value = 0;
          for (int i = 0; i < digits.length() && hex(digits.charAt(i)) >= 0; i++) {
            value = value * 16 + hex(digits.charAt(i));
          }
          return Matcher.quoteReplacement(String.valueOf((char) value));
        })
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  private static int hex(char digit) {
    return Character.digit(digit, 16);
  }
}
