package io.weir.packet;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.packet.Reason.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ReasonTest {

  private static String header() throws IOException {
    return Files.readString(Path.of("src/main/bpf/reason.h"));
  }

  @Test
  void namesTheSameReasonsAsThePrograms() throws IOException {
    String list = header().replaceAll("(?s)/\\*.*?\\*/", "");
    List<String> constants =
        Pattern.compile("^  ([A-Z0-9_]+), *$", Pattern.MULTILINE)
            .matcher(list)
            .results()
            .map(MatchResult::group)
            .map(line -> line.strip().replace(",", ""))
            .filter(name -> !name.equals("REASONS"))
            .map(name -> name.equals("UNDECIDED") ? "PASS" : name)
            .toList();
    assertThat(constants).isEqualTo(Arrays.stream(Reason.values()).map(Enum::name).toList());
  }

  @Test
  void dividesThemIntoVerdictsWhereTheProgramsDo() throws IOException {
    assertThat(header()).contains("LAST_PASS = " + last(Verdict.PASS).name() + ",");
    assertThat(header()).contains("LAST_DROP = " + last(Verdict.DROP).name() + ",");
    assertThat(Arrays.stream(Reason.values()).map(Reason::verdict)).isSorted();
  }

  private static Reason last(Verdict verdict) {
    return Arrays.stream(Reason.values())
        .filter(r -> r.verdict() == verdict)
        .reduce((a, b) -> b)
        .orElseThrow();
  }

  @Test
  void givesEachADottedNameOfItsOwn() {
    assertThat(Arrays.stream(Reason.values()).map(Reason::dotted))
        .doesNotHaveDuplicates()
        .allMatch(n -> n.matches("[a-z_.0-9]+"));
  }

  @Test
  void isWrittenInTheReference() throws IOException {
    StringBuilder page =
        new StringBuilder(
            """
            # Reasons of the packet plane

            Generated from `Reason`; `mvn -pl packet test -Dtest=ReasonTest -Dweir.regenerate=true` writes it anew.

            | reason | verdict | meaning |
            |---|---|---|
            """);
    for (Reason reason : Reason.values()) {
      page.append(
          "| `%s` | %s | %s |\n"
              .formatted(
                  reason.dotted(),
                  reason.verdict().name().toLowerCase(Locale.ROOT),
                  reason.meaning()));
    }
    Path file = Path.of("../docs/reference/packet-reasons.md");
    if (Boolean.getBoolean("weir.regenerate")) {
      Files.writeString(file, page);
    }
    assertThat(file).hasContent(page.toString());
  }
}
