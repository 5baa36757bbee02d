package io.weir.waf.regex;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PatternCacheTest {
  static final List<String> PATTERNS =
      List.of(
          "(?i)union\\s+select",
          "^a{2,4}$|\\bb\\B",
          "[^\\x00-\\x7f\"']{3}",
          "(?:x|(y))*?z",
          "(?m)^ä$");

  @TempDir Path folder;

  @Test
  void keepsPatternsForTheNextStart() throws Exception {
    Path file = folder.resolve("state").resolve("patterns");
    PatternCache first = fill(PatternCache.in(file));
    PatternCache second = PatternCache.in(file);

    assertThat(first.size()).isZero();
    assertThat(second.size()).isEqualTo(PATTERNS.size());
    for (String pattern : PATTERNS) {
      assertThat(PatternCache.octets(second.pattern(pattern)))
          .as(pattern)
          .isEqualTo(PatternCache.octets(CompiledPattern.of(pattern)));
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(filesBeside(file)).isEqualTo(1);
    Files.delete(file);
    fill(second);
    assertThat(file).doesNotExist(); // nothing was new
  }

  @Test
  void addsWhatIsNewAndKeepsWhatIsThere() throws Exception {
    Path file = folder.resolve("patterns");
    fill(PatternCache.in(file));
    PatternCache more = PatternCache.in(file);
    more.pattern("another");
    more.save();

    PatternCache all = PatternCache.in(file);
    assertThat(all.size()).isEqualTo(PATTERNS.size() + 1);
    assertThat(PatternCache.octets(all.pattern(PATTERNS.getFirst())))
        .isEqualTo(PatternCache.octets(CompiledPattern.of(PATTERNS.getFirst())));
  }

  @Test
  void knowsAFileThatIsDamagedAnywhere() throws Exception {
    byte[] whole = file();
    for (int at = 0; at < whole.length; at++) {
      byte[] damaged = whole.clone();
      damaged[at] ^= (byte) (1 << at % 8);
      byte[] cut = Arrays.copyOf(whole, at);
      assertThatThrownBy(() -> PatternCache.of(damaged, null))
          .as("octet " + at)
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> PatternCache.of(cut, null))
          .as("cut at " + at)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void writesADamagedFileAnew() throws Exception {
    Path file = folder.resolve("patterns");
    byte[] whole = file();
    byte[] damaged = whole.clone();
    damaged[whole.length / 2]++;
    Files.write(file, damaged);
    PatternCache cache = PatternCache.in(file);

    assertThat(cache.size()).isZero();
    fill(cache);
    assertThat(Files.readAllBytes(file)).isEqualTo(whole);
  }

  @Test
  void goesOnWithoutAFileThatCannotBeWritten() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "").resolve("patterns");

    assertThat(fill(PatternCache.in(file)).pattern("a").program().size()).isPositive();
    assertThat(file).doesNotExist();
  }

  @Test
  void keepsNoPatternThatIsRefused() {
    assertThatThrownBy(() -> PatternCache.none().pattern("(?=a)"))
        .isInstanceOf(RegexException.class);
  }

  /** When this fails, {@link PatternCache#FORMAT} has to change with the figure. */
  @Test
  void hasAFormatOfItsOwnForWhatPatternsCompileTo() throws Exception {
    CRC32 sum = new CRC32();
    for (String pattern : PATTERNS) {
      sum.update(PatternCache.octets(CompiledPattern.of(pattern)));
    }
    assertThat(PatternCache.FORMAT + " " + Long.toHexString(sum.getValue()))
        .isEqualTo("1 f3f813ea");
  }

  /** The octets of a file with all of them. */
  static byte[] file() throws IOException, RegexException {
    Path file = Files.createTempFile("patterns", "").toAbsolutePath();
    try {
      Files.delete(file);
      fill(PatternCache.in(file));
      return Files.readAllBytes(file);
    } finally {
      Files.deleteIfExists(file);
    }
  }

  static PatternCache fill(PatternCache cache) throws RegexException {
    for (String pattern : PATTERNS) {
      cache.pattern(pattern);
    }
    cache.save();
    return cache;
  }

  private static long filesBeside(Path file) throws Exception {
    try (Stream<Path> files = Files.list(file.getParent())) {
      return files.count();
    }
  }

  static byte[] text(String text) {
    return text.getBytes(ISO_8859_1);
  }
}
