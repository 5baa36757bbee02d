package io.weir.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whole files with what must come of them. A new case is a new file: {@code cases/good/x.yaml} must
 * be accepted, {@code cases/bad/x.yaml} must be refused with exactly the text of {@code
 * cases/bad/x.txt}. Run with {@code -Dweir.regenerate=true} to write those texts, then read what
 * changed.
 */
class GoldenCasesTest {
  private static final Path CASES = Path.of("src/test/cases");
  private static final Path EXAMPLES = Path.of("../examples");

  static List<Path> good() {
    return Stream.of(CASES.resolve("good"), EXAMPLES).flatMap(GoldenCasesTest::files).toList();
  }

  static List<Path> bad() {
    return files(CASES.resolve("bad")).toList();
  }

  @ParameterizedTest
  @MethodSource("good")
  void acceptsWhatIsRight(Path file) throws IOException {
    assertThat(problems(file)).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("bad")
  void refusesWhatIsWrongAndSaysAllOfIt(Path file) throws IOException {
    String problems = problems(file);
    Path expected = file.resolveSibling(file.getFileName().toString().replace(".yaml", ".txt"));
    if (Boolean.getBoolean("weir.regenerate")) {
      Files.writeString(expected, problems);
    }
    assertThat(problems).isNotEmpty().isEqualTo(Files.readString(expected));
  }

  private static String problems(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    return switch (ConfigReader.read(bytes, file.getFileName().toString())) {
      case ConfigResult.Accepted accepted -> "";
      case ConfigResult.Refused refused ->
          refused.problems().stream().map(p -> p + "\n").collect(Collectors.joining());
    };
  }

  private static Stream<Path> files(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(f -> f.toString().endsWith(".yaml")).sorted().toList().stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
