package io.weir.app.rules;

import io.weir.waf.regression.RegressionTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** The regression tests that stand beside a rule set. */
final class RegressionSuite {
  /** A test, and the file it is in. */
  record Case(Path file, RegressionTest test) {}

  private static final String[] USUAL = {"tests/regression/tests", "tests/regression", "tests"};
  private static final int MAX_FILE = 64 << 20;

  private RegressionSuite() {}

  /**
   * Reads all tests of a rule set, in the order of their files.
   *
   * @throws IOException if there are none, or one cannot be read
   */
  static List<Case> read(Path ruleSet) throws IOException {
    Path folder = folder(ruleSet);
    List<Case> cases = new ArrayList<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(f -> f.toString().matches(".*\\.ya?ml")).sorted().toList()) {
        of(file).forEach(test -> cases.add(new Case(folder.relativize(file), test)));
      }
    }
    if (cases.isEmpty()) {
      throw new IOException(folder + ": no tests (expected: *.yaml in the format of go-ftw)");
    }
    return cases;
  }

  /** Whether a rule set has tests where they usually are. */
  static boolean isIn(Path ruleSet) {
    return !folder(ruleSet).equals(ruleSet);
  }

  private static Path folder(Path ruleSet) {
    for (String usual : USUAL) {
      if (Files.isDirectory(ruleSet.resolve(usual))) {
        return ruleSet.resolve(usual);
      }
    }
    return ruleSet;
  }

  private static List<RegressionTest> of(Path file) throws IOException {
    try {
      LoadSettings settings = LoadSettings.builder().setCodePointLimit(MAX_FILE).build();
      return RegressionTest.of(new Load(settings).loadFromString(Files.readString(file)));
    } catch (YamlEngineException | IllegalArgumentException wrong) {
      throw new IOException(file + ": " + wrong.getMessage(), wrong);
    }
  }
}
