package io.weir.app.rules;

import io.weir.waf.RuleException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** Where a release comes from, and how it is known to be the right one. */
final class SourceOptions {
  private static final Pattern SHA256 = Pattern.compile("[0-9A-Fa-f]{64}");
  private static final Pattern VERSION = Pattern.compile("[0-9]{1,5}\\.[0-9]{1,5}\\.[0-9]{1,5}");

  @Option(
      names = "--sha256",
      paramLabel = "DIGITS",
      description =
          "The SHA-256 of the archive. Default: that of the version that this Weir is tested with; for any other it is"
              + " needed. The project signs its releases but publishes no checksum: take that of an archive whose"
              + " signature you have verified.")
  private Optional<String> sha256 = Optional.empty();

  @Option(
      names = "--release",
      paramLabel = "VERSION",
      description = "Default: the version that this Weir is tested with, 4.28.0.")
  private Optional<String> release = Optional.empty();

  @Option(
      names = "--from",
      paramLabel = "FILE|URL",
      description =
          "An archive (.tar.gz) on this machine, or another https address. Default: the release's"
              + " archive at its publisher's.")
  private Optional<String> from = Optional.empty();

  /**
   * Installs what the options say.
   *
   * @throws IllegalArgumentException if they say something impossible
   */
  RuleFolder install(Release known, Installer installer)
      throws IOException, RuleException, InterruptedException {
    String version = release.orElse(known.version());
    check(VERSION, version, "--release", "such as 4.28.0");
    String digits = sha256.or(() -> known.sha256(version)).orElse("missing");
    check(SHA256, digits, "--sha256", "64 hexadecimal digits");
    String source = from.orElse(known.uri(version).toString());
    return source.contains("://")
        ? installer.install(known.name(), URI.create(source), digits)
        : installer.install(known.name(), Path.of(source), digits);
  }

  private static void check(Pattern form, String value, String option, String expected) {
    if (!form.matcher(value).matches()) {
      throw new IllegalArgumentException(option + ": " + value + " (expected: " + expected + ")");
    }
  }
}
