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
  void wantsAChecksum() throws IOException {
    Path archive = release("4.1.0");
    assertThat(rules("install", NAME, "--from", archive.toString())).isEqualTo(ExitCode.USAGE);
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

  // ------------------------------------------------------------------ fixture

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
