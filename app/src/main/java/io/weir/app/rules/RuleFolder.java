package io.weir.app.rules;

import io.weir.waf.RuleException;
import io.weir.waf.RuleSet;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A folder with a rule set as it is published: rules and the data they read in {@code rules}, or
 * beside each other, and with the Core Rule Set an example of its settings. Or one file of rules.
 *
 * @param path the folder or file
 * @param files rules and data, in the order of their names
 */
record RuleFolder(Path path, List<Path> files) {
  private static final String RULES = "rules";
  private static final String SETTINGS = "crs-setup.conf";
  private static final String EXAMPLE = SETTINGS + ".example";
  private static final Pattern VERSION = Pattern.compile("ver:'[A-Za-z_]+/([0-9A-Za-z.-]{1,32})'");

  /**
   * @throws IOException if there are no rules
   */
  static RuleFolder of(Path path) throws IOException {
    if (Files.isRegularFile(path)) {
      return new RuleFolder(path, List.of(path));
    }
    Path rules = Files.isDirectory(path.resolve(RULES)) ? path.resolve(RULES) : path;
    try (Stream<Path> files = Files.list(rules)) {
      List<Path> found =
          files.filter(file -> file.toString().matches(".*\\.(conf|data)")).sorted().toList();
      if (found.stream().noneMatch(RuleFolder::isRules)) {
        throw new IOException(path + ": no rules (expected: rules/*.conf or *.conf)");
      }
      return new RuleFolder(path, found);
    }
  }

  private static boolean isRules(Path file) {
    return file.toString().endsWith(".conf");
  }

  /** As the rules say it themselves, or "unknown". */
  String version() throws IOException {
    for (Path file : files) {
      Matcher version = VERSION.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
      if (isRules(file) && version.find()) {
        return version.group(1);
      }
    }
    return "unknown";
  }

  /** The SHA-256 over names and contents of rules and data, in hexadecimal digits. */
  String digest() throws IOException {
    MessageDigest digest = Archive.sha256();
    for (Path file : files) {
      String line = Archive.sha256(file) + "  " + file.getFileName() + "\n";
      digest.update(line.getBytes(StandardCharsets.UTF_8));
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /**
   * Compiles the rules, without the engine's own before them.
   *
   * @throws RuleException with all problems
   */
  RuleSet compile() throws RuleException {
    return compile(RuleSet.compiler());
  }

  /** How many rules there are that the engine can run. */
  String ruleCount() {
    try {
      return Integer.toString(compile(RuleSet.compiler().tolerant()).ruleCount());
    } catch (RuleException refused) {
      return "broken";
    }
  }

  private RuleSet compile(RuleSet.Compiler compiler) throws RuleException {
    Path settings = path.resolve(SETTINGS);
    Path example = path.resolve(EXAMPLE);
    if (Files.exists(settings)) {
      compiler.file(settings);
    } else if (Files.exists(example)) {
      compiler.file(example);
    }
    files.stream().filter(RuleFolder::isRules).forEach(compiler::file);
    return compiler.compile();
  }
}
