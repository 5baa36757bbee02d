package io.weir.app.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.app.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class RulesCommandTest {
  private static final String NAME = "owasp_crs_v4";

  @TempDir private Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void installsAFileWithTheRightChecksum() throws IOException {
    Path archive = release("4.1.0");
    assertThat(install(archive)).as(err.toString()).isEqualTo(ExitCode.OK);
    assertThat(out.toString()).startsWith("installed version 4.1.0, digest ");
    assertThat(store().resolve(NAME + "/rules/REQUEST-901.conf")).exists();
    assertThat(store().resolve(NAME + "/crs-setup.conf.example")).exists();
    assertThat(rules("list")).isEqualTo(ExitCode.OK);
    assertThat(out.toString()).containsPattern("owasp_crs_v4 +4\\.1\\.0 +1 ");
  }

  @Test
  void changesNothingIfTheChecksumIsAnother() throws IOException {
    Path archive = release("4.1.0");
    assertThat(rules("install", NAME, "--from", archive.toString(), "--sha256", "0".repeat(64)))
        .isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(err.toString()).contains("SHA-256 of the archive: ", "nothing was changed");
    assertThat(Files.exists(store())).isFalse();
  }

  @Test
  void knowsTheChecksumOfTheVersionItIsTestedWith() throws IOException {
    Path archive = release("4.28.0");
    assertThat(rules("install", NAME, "--from", archive.toString()))
        .isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(err.toString())
        .contains(Archive.sha256(archive), "(expected: " + Release.named(NAME).sha256() + ")");
    assertThat(Files.exists(store())).isFalse();
  }

  @Test
  void wantsAChecksumOfAnyOtherVersion() throws IOException {
    String archive = release("4.1.0").toString();
    assertThat(rules("install", NAME, "--from", archive, "--release", "4.1.0"))
        .isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("--sha256: missing (expected: 64 hexadecimal digits)");
    assertThat(rules("install", NAME, "--sha256", "abc")).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void changesNothingIfTheRulesDoNotCompile() throws IOException {
    Path archive = TarWriter.release("4.1.0", "SecRool\n").tarGz(folder.resolve("release.tar.gz"));
    assertThat(install(archive)).isEqualTo(ExitCode.CONFIGURATION);
    assertThat(err.toString()).contains("REQUEST-901.conf:1: SecRool", "do not compile");
    assertThat(installed()).isEmpty();
  }

  @Test
  void changesNothingIfTheArchiveHoldsNoRules() throws IOException {
    Path archive = new TarWriter().file("x/README", "").tarGz(folder.resolve("release.tar.gz"));
    assertThat(install(archive)).isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(err.toString()).contains("no rules (expected: rules/*.conf or *.conf)");
    assertThat(installed()).isEmpty();
  }

  @Test
  void replacesOnlyWhenToldTo() throws IOException {
    Path archive = release("4.1.0");
    assertThat(update(archive)).isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(err.toString()).contains("is not installed");
    install(archive);
    assertThat(install(archive)).isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(err.toString()).contains("`weir rules update` replaces it");
  }

  @Test
  void keepsThePreviousOneAndBringsItBack() throws IOException {
    install(release("4.1.0"));
    assertThat(rules("update", NAME, "--previous")).isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(err.toString()).contains("there is no previous one");
    update(release("4.2.0"));
    assertThat(version()).isEqualTo("4.2.0");
    assertThat(rules("update", NAME, "--previous")).isEqualTo(ExitCode.OK);
    assertThat(version()).isEqualTo("4.1.0");
    assertThat(rules("update", NAME, "--previous")).isEqualTo(ExitCode.OK);
    assertThat(version()).isEqualTo("4.2.0");
  }

  @Test
  void keepsNoMoreThanThePreviousOne() throws IOException {
    install(release("4.1.0"));
    update(release("4.2.0"));
    update(release("4.3.0"));
    assertThat(version()).isEqualTo("4.3.0");
    try (Stream<Path> releases = Files.list(store().resolve("releases"))) {
      assertThat(releases.map(release -> release.getFileName().toString().substring(0, 18)))
          .containsExactlyInAnyOrder("owasp_crs_v4-4.2.0", "owasp_crs_v4-4.3.0");
    }
  }

  @Test
  void knowsWhatIsInstalledAlready() throws IOException {
    install(release("4.1.0"));
    update(release("4.2.0"));
    assertThat(update(release("4.2.0"))).isEqualTo(ExitCode.OK);
    assertThat(rules("update", NAME, "--previous")).isEqualTo(ExitCode.OK);
    assertThat(version()).isEqualTo("4.1.0");
  }

  @Test
  void refusesNamesItDoesNotKnow() {
    assertThat(rules("install", "owasp_crs_v9", "--sha256", "0".repeat(64)))
        .isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("owasp_crs_v9 (expected: one of [owasp_crs_v4])");
  }

  @Test
  void fetchesOverHttpsOnly() {
    String digits = "0".repeat(64);
    assertThat(rules("install", NAME, "--from", "http://127.0.0.1:1/x", "--sha256", digits))
        .isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(err.toString()).contains("(expected: https://…)");
  }

  @Test
  void listsWhatAConfigurationNames() throws IOException {
    install(release("4.1.0"));
    Files.writeString(Files.createDirectories(folder.resolve("own")).resolve("site.conf"), RULE);
    String config = configuration("[owasp_crs_v4, site]").toString();

    assertThat(rules("list", "--config", config)).as(err.toString()).isEqualTo(ExitCode.OK);
    assertThat(out.toString())
        .containsPattern("owasp_crs_v4 +4\\.1\\.0 +1 ")
        .containsPattern("site +unknown +1 .*/own/site\\.conf");

    configuration("[owasp_crs_v5]");
    assertThat(rules("list", "--config", config)).isEqualTo(ExitCode.CONFIGURATION);
    assertThat(out.toString()).containsPattern("owasp_crs_v5 .* missing");

    Files.writeString(folder.resolve("weir.yaml"), "listeners: 1");
    assertThat(rules("list", "--config", config)).isEqualTo(ExitCode.CONFIGURATION);
    assertThat(err.toString()).contains("weir.yaml:1:");
  }

  @Test
  void runsTheTestsOfWhatAConfigurationNames() throws IOException {
    Path own = folder.resolve("own");
    Path tests = Files.createDirectories(own.resolve("tested/tests"));
    Files.writeString(own.resolve("site.conf"), RULE);
    Files.writeString(own.resolve("tested/rules.conf"), RULE);
    Files.writeString(tests.resolve("1000.yaml"), TESTS);
    String config = configuration("[site, tested]").toString();

    assertThat(rules("test", "--config", config)).as(err.toString()).isEqualTo(ExitCode.OK);
    assertThat(out.toString())
        .contains("site.conf has no tests\n")
        .endsWith("2 passed, 0 failed, 0 skipped\n");

    configuration("[site]");
    assertThat(rules("test", "--config", config)).isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(rules("test", "--config", config, own.toString())).isEqualTo(ExitCode.USAGE);
  }

  // ------------------------------------------------------------------ fixture

  private static final String RULE =
      "SecRule ARGS:q \"@streq attack\" \"id:1000,phase:2,pass,log,msg:'found'\"\n";

  private static final String TESTS =
      """
      rule_id: 1000
      tests:
        - test_id: 1
          stages:
            - input: { dest_addr: 127.0.0.1, method: GET, uri: "/?q=attack", headers: { Host: localhost } }
              output: { log: { expect_ids: [1000] } }
        - test_id: 2
          stages:
            - input: { dest_addr: 127.0.0.1, method: GET, uri: "/?q=x", headers: { Host: localhost } }
              output: { log: { no_expect_ids: [1000] } }
      """;

  private static final String LINES =
      """
      listeners: [{ name: web, address: "127.0.0.1:8080", pool: app }]
      pools: [{ name: app, backends: [{ address: "192.0.2.10:80" }] }]
      """;

  private Path configuration(String sets) throws IOException {
    String waf = "waf: { rules_folder: own, rule_sets: " + sets + " }\n";
    return Files.writeString(folder.resolve("weir.yaml"), waf + LINES);
  }

  private Path release(String version) throws IOException {
    return TarWriter.release(version, TarWriter.RULE).tarGz(folder.resolve("release.tar.gz"));
  }

  private int install(Path archive) throws IOException {
    return rules(
        "install", NAME, "--from", archive.toString(), "--sha256", Archive.sha256(archive));
  }

  private int update(Path archive) throws IOException {
    return rules("update", NAME, "--from", archive.toString(), "--sha256", Archive.sha256(archive));
  }

  private String version() throws IOException {
    return RuleFolder.of(store().resolve(NAME)).version();
  }

  private List<String> installed() throws IOException {
    return new RuleStore(store()).names();
  }

  private Path store() {
    return folder.resolve("store");
  }

  private int rules(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--folder", store().toString()));
    return new CommandLine(new RulesCommand())
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(all.toArray(String[]::new));
  }
}
