package io.weir.waf.injection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.weir.waf.Corpora;
import io.weir.waf.regex.WorkBudget;
import io.weir.waf.transform.Octets;
import io.weir.waf.transform.Transformation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Rates of detection on published corpora, when they stand beside the checkout. */
class InjectionCorporaTest {

  @Test
  void findsInjectedSql() throws Exception {
    assertThat(rate("sqli-", InjectionCorporaTest::isSql)).isGreaterThanOrEqualTo(0.99);
  }

  @Test
  void findsScripts() throws Exception {
    assertThat(rate("xss-", InjectionCorporaTest::isScript)).isGreaterThanOrEqualTo(0.99);
  }

  @Test
  void leavesHarmlessTextAlone() throws Exception {
    assertThat(rate("false_positives", InjectionCorporaTest::isSql)).isLessThanOrEqualTo(0.05);
    assertThat(rate("false_positives", InjectionCorporaTest::isScript)).isLessThanOrEqualTo(0.05);
  }

  private static boolean isSql(byte[] line) {
    return SqlInjection.detects(line, 0, line.length, new WorkBudget());
  }

  private static boolean isScript(byte[] line) {
    Octets out = new Octets(line.length);
    Transformation.REMOVE_NULLS.apply(line, 0, line.length, out);
    return CrossSiteScripting.detects(out.data, 0, out.length, new WorkBudget());
  }

  /** The share of lines that are detected; each file's figures are printed. */
  private static double rate(String prefix, Predicate<byte[]> detector) throws Exception {
    Optional<Path> folder = Corpora.waf();
    assumeTrue(folder.isPresent(), "no folder of corpora");
    long all = 0;
    long found = 0;
    try (Stream<Path> files = Files.list(folder.get().resolve("libinjection/data"))) {
      for (Path file : files.sorted().toList()) {
        if (file.getFileName().toString().startsWith(prefix)) {
          List<byte[]> lines = Lines.read(file);
          long hits = lines.stream().filter(detector).count();
          System.out.printf("%s: %d of %d%n", file.getFileName(), hits, lines.size());
          all += lines.size();
          found += hits;
        }
      }
    }
    return (double) found / all;
  }
}
