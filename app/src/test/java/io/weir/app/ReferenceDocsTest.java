package io.weir.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.proxy.stage.Reason;
import io.weir.proxy.stage.Stage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/**
 * docs/reference says what the program says. Run with {@code -Dweir.regenerate=true} to write it.
 */
class ReferenceDocsTest {
  private static final Path REFERENCE = Path.of("../docs/reference");

  @Test
  void reasonsAreThoseOfTheProgram() throws IOException {
    StringBuilder page = new StringBuilder();
    page.append(
        """
        # Reasons

        Every request ends with one of these names. It is the field `reason` of the access log and the label `reason` of
        the metrics, and it never changes once released. Status is that of Weir's own answer; without one, the answer is
        a backend's or the connection is closed.

        This page is generated from the enum `Reason`; do not edit it.
        """);
    for (Stage stage : Stage.values()) {
      List<Reason> reasons =
          Arrays.stream(Reason.values()).filter(reason -> reason.stage() == stage).toList();
      if (!reasons.isEmpty()) {
        page.append("\n## ")
            .append(stage)
            .append("\n\n| reason | status | meaning |\n|---|---|---|\n");
        reasons.forEach(reason -> page.append(row(reason)));
      }
    }
    assertCommitted("reasons.md", page.toString());
  }

  private static String row(Reason reason) {
    String status = reason.status() == 0 ? "" : Integer.toString(reason.status());
    return "| `" + reason.text() + "` | " + status + " | " + reason.meaning() + " |\n";
  }

  @Test
  void commandsAreThoseOfTheProgram() throws IOException {
    StringBuilder page = new StringBuilder();
    page.append(
        """
        # Command line

        From a source tree the program is `./weir`. The operational log goes to stderr, one line per entry, with the time
        in UTC.

        This page is generated from the program's own help; do not edit it.
        """);
    CommandLine weir = WeirCommand.commandLine();
    sections(page, weir);
    assertCommitted("cli.md", page.toString());
  }

  private static void sections(StringBuilder page, CommandLine command) {
    section(page, command);
    command
        .getSubcommands()
        .forEach((name, each) -> {
          if (!each.getCommandSpec().usageMessage().hidden() && !name.equals("help")) {
            sections(page, each);
          }
        });
  }

  private static void section(StringBuilder page, CommandLine command) {
    page.append("\n## `")
        .append(command.getCommandSpec().qualifiedName())
        .append("`\n\n```\n")
        .append(command.getUsageMessage(Ansi.OFF))
        .append("```\n");
  }

  private static void assertCommitted(String name, String text) throws IOException {
    Path file = REFERENCE.resolve(name);
    if (Boolean.getBoolean("weir.regenerate")) {
      Files.writeString(file, text);
    }
    assertThat(Files.readString(file)).isEqualTo(text);
  }
}
