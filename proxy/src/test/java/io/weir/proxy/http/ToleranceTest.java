package io.weir.proxy.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ToleranceTest {
  @ParameterizedTest
  @EnumSource
  void isExplainedInTheGuideWithItsClauseAndDefault(Tolerance tolerance) throws IOException {
    String granted =
        !tolerance.isOfRequests()
            ? "always"
            : tolerance.isGrantedByDefault() ? "granted" : "refused";
    assertThat(Files.readAllLines(Path.of("../docs/guide/strictness.md")))
        .anyMatch(line ->
            line.startsWith("| `" + tolerance.name().toLowerCase(Locale.ROOT) + "` |")
                && line.endsWith("| " + tolerance.clause() + " | " + granted + " |"));
  }
}
