package io.weir.app.rules;

import io.weir.waf.regression.Expectation;
import io.weir.waf.regression.RegressionTest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Tests that expect what only another engine or server does, each with the reason. The format is
 * that of the overrides which the Core Rule Set has for engines it knows: a list {@code
 * test_overrides} of {@code rule_id}, {@code test_ids}, {@code reason} and {@code output}, which
 * then is what the test expects. Without {@code output} the test is skipped.
 */
final class Overrides {
  /**
   * @param reason why the test's own expectation does not hold
   * @param expectation what is expected instead; null where the test is not to be run
   */
  record Instead(String reason, @Nullable Expectation expectation) {}

  private final Map<String, Instead> byTest = new HashMap<>();

  private Overrides() {}

  /**
   * Those that Weir has for a version of the Core Rule Set; none for other rules.
   *
   * @param version as the rules say it
   */
  static Overrides shipped(String version) throws IOException {
    String name = "crs-" + version + "-overrides.yaml";
    try (InputStream in = Overrides.class.getResourceAsStream(name)) {
      return in == null
          ? new Overrides()
          : of(name, new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  /**
   * @throws IOException if the file cannot be read, or is not as it should be
   */
  static Overrides read(Path file) throws IOException {
    return of(file.toString(), Files.readString(file));
  }

  private static Overrides of(String name, String text) throws IOException {
    try {
      return of(new Load(LoadSettings.builder().build()).loadFromString(text));
    } catch (YamlEngineException | IllegalArgumentException | ClassCastException wrong) {
      throw new IOException(name + ": " + wrong.getMessage(), wrong);
    }
  }

  private static Overrides of(@Nullable Object document) {
    Overrides overrides = new Overrides();
    if (!(document instanceof Map<?, ?> file)
        || !(file.get("test_overrides") instanceof List<?> all)) {
      throw new IllegalArgumentException("test_overrides: missing (expected: a list)");
    }
    for (Object each : all) {
      overrides.add((Map<?, ?>) each);
    }
    return overrides;
  }

  private void add(Map<?, ?> fields) {
    String reason = String.valueOf(fields.get("reason"));
    if (fields.get("reason") == null || !(fields.get("test_ids") instanceof List<?> ids)) {
      throw new IllegalArgumentException(fields + " (expected: rule_id, test_ids and reason)");
    }
    Expectation instead =
        fields.get("output") instanceof Map<?, ?> output ? Expectation.of(output) : null;
    ids.forEach(id -> byTest.put(fields.get("rule_id") + "-" + id, new Instead(reason, instead)));
  }

  @Nullable Instead of(RegressionTest test) {
    return byTest.get(test.name());
  }

  int size() {
    return byTest.size();
  }
}
