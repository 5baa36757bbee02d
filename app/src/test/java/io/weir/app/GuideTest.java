package io.weir.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.config.ConfigReader;
import io.weir.config.ConfigResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** What the guide shows is accepted by the program. */
class GuideTest {
  private static final Pattern YAML = Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL);
  private static final Pattern COMMAND = Pattern.compile("(?m)^\\./weir ([^#\n]*)");

  @ParameterizedTest
  @MethodSource("pages")
  void showsConfigurationsThatAreAccepted(Path page) throws IOException {
    for (String yaml : find(YAML, page)) {
      ConfigResult result =
          ConfigReader.read(yaml.getBytes(StandardCharsets.UTF_8), page.toString());
      assertThat(result).as(yaml).isInstanceOf(ConfigResult.Accepted.class);
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void showsCommandsThatAreUnderstood(Path page) throws IOException {
    for (String command : find(COMMAND, page)) {
      String[] words =
          Pattern.compile("'[^']*'|[^ ]+")
              .matcher(command.strip())
              .results()
              .map(word -> word.group().replace("'", ""))
              .toArray(String[]::new);
      CommandLine.ParseResult parsed = WeirCommand.commandLine().parseArgs(words);
      assertThat(parsed.hasSubcommand()).as(command).isTrue();
    }
  }

  private static List<String> find(Pattern pattern, Path page) throws IOException {
    return pattern.matcher(Files.readString(page)).results().map(GuideTest::firstGroup).toList();
  }

  private static String firstGroup(MatchResult match) {
    return match.group(1);
  }

  private static Stream<Path> pages() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("../docs/guide"))) {
      List<Path> pages = files.filter(file -> file.toString().endsWith(".md")).sorted().toList();
      assertThat(pages).isNotEmpty();
      return pages.stream();
    }
  }
}
