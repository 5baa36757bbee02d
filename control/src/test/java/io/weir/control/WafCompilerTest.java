package io.weir.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.config.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WafCompilerTest {
  private static final String LINES =
      """
      listeners: [{ name: web, address: "127.0.0.1:8080", pool: app }]
      pools: [{ name: app, backends: [{ address: "192.0.2.10:80" }] }]
      """;

  @TempDir private Path folder;

  @Test
  void inheritedExclusionsMayMeanNoRuleOfARoutesOwnRuleSets() throws IOException {
    assertThat(
            problems(
                """
                waf: { rule_sets: [one], exclusions: [{ path: /x, rules: ["1", body_size_limit] }] }
                routes:
                  - { name: two, match: { path: { prefix: /two } }, pool: app, waf: { rule_sets: [two] } }
                """))
        .isEmpty();
  }

  @Test
  void aBlocksOwnExclusionsHaveToMeanARule() throws IOException {
    assertThat(
            problems(
                """
                waf: { rule_sets: [one], exclusions: [{ path: /x, rules: ["1"] }] }
                routes:
                  - name: inherits
                    match: { path: { prefix: /inherits } }
                    pool: app
                    waf: { rule_sets: [two] }
                  - name: own
                    match: { path: { prefix: /own } }
                    pool: app
                    waf: { rule_sets: [two], exclusions: [{ path: /x, rules: ["1"] }] }
                """))
        .containsExactly("routes[1].waf.exclusions[0]");
    assertThat(problems("waf: { rule_sets: [one], exclusions: [{ path: /x, rules: ['2'] }] }"))
        .containsExactly("waf.exclusions[0]");
  }

  private List<String> problems(String waf) throws IOException {
    Path rules = Files.createDirectories(folder.resolve("rules"));
    Files.writeString(rules.resolve("one.conf"), "SecAction \"id:1,phase:1,pass\"\n");
    Files.writeString(rules.resolve("two.conf"), "SecAction \"id:2,phase:1,pass\"\n");
    Path file = Files.writeString(folder.resolve("weir.yaml"), waf.strip() + "\n" + LINES);
    return switch (Compilation.of(file)) {
      case Compilation.Accepted accepted -> {
        accepted.generation().close();
        yield List.of();
      }
      case Compilation.Refused refused -> refused.problems().stream().map(Problem::path).toList();
    };
  }
}
