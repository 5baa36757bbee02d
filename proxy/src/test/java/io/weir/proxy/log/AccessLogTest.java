package io.weir.proxy.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccessLogTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir Path folder;

  @Test
  void writesAllThatWasPublishedBeforeClosing() throws IOException {
    Path file = folder.resolve("missing/access.log");
    AccessLog log = open(file, 1 << 30, 3);
    publishAll(log, 0, 2000);
    publish(log, 1, "b", 2000);
    log.close();
    assertThat(numbers(file)).containsExactlyInAnyOrderElementsOf(upTo(2001));
    assertThat(log.written()).isEqualTo(2001);
    assertThat(log.dropped()).isZero();
  }

  @Test
  void writesSoonWithoutBeingClosed() throws Exception {
    Path file = folder.resolve("access.log");
    try (AccessLog log = open(file, 1 << 30, 3)) {
      publish(log, 0, "a", 0);
      await(() -> log.written() == 1);
      assertThat(numbers(file)).containsExactly(0);
    }
  }

  @Test
  void keepsOthersFromReadingIt() throws IOException {
    Path file = folder.resolve("access.log");
    open(file, 1 << 30, 3).close();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .endsWith("---")
        .startsWith("rw-");
  }

  @Test
  void rotatesAndCompressesWithoutLosingALine() throws Exception {
    Path file = folder.resolve("access.log");
    try (AccessLog log = open(file, AccessLogSettings.RotatedFile.MIN_BYTES, 100)) {
      publishAll(log, 0, 20_000);
      await(() -> log.written() == 20_000);
      await(() -> rotated(".log").isEmpty() && rotated("Z").isEmpty() && rotated("tmp").isEmpty());
    }
    List<Integer> found = new ArrayList<>();
    for (Path compressed : rotated(".gz")) {
      found.addAll(numbers(compressed));
    }
    assertThat(rotated(".gz")).hasSizeGreaterThan(4);
    assertThat(Files.size(file)).isLessThanOrEqualTo(AccessLogSettings.RotatedFile.MIN_BYTES);
    found.addAll(numbers(file));
    assertThat(found).isEqualTo(upTo(20_000));
  }

  @Test
  void deletesTheOldestFiles() throws Exception {
    Path file = folder.resolve("access.log");
    Files.writeString(folder.resolve("access.log.20200101T000000.000Z.gz"), "old");
    Files.writeString(folder.resolve("access.log.mine"), "not the log's");
    try (AccessLog log = open(file, AccessLogSettings.RotatedFile.MIN_BYTES, 2)) {
      publishAll(log, 0, 20_000);
      await(() -> log.written() == 20_000);
      await(() -> rotated(".gz").size() == 2 && rotated("Z").isEmpty());
    }
    assertThat(rotated("000.000Z.gz"))
        .doesNotContain(folder.resolve("access.log.20200101T000000.000Z.gz"));
    assertThat(folder.resolve("access.log.mine")).exists();
  }

  @Test
  void compressesWhatAnEarlierProcessLeft() throws Exception {
    Path left = folder.resolve("access.log.20250101T000000.000Z");
    Files.writeString(left, "left over\n");
    Files.writeString(folder.resolve("access.log.20250101T000000.000Z.gz.tmp"), "torn".repeat(100));
    try (AccessLog log = open(folder.resolve("access.log"), 1 << 30, 2)) {
      await(() -> Files.notExists(left));
      assertThat(log.dropped()).isZero();
    }
    assertThat(text(folder.resolve("access.log.20250101T000000.000Z.gz"))).isEqualTo("left over\n");
    assertThat(rotated("tmp")).isEmpty();
  }

  @Test
  void goesOnBehindWhatIsThere() throws IOException {
    Path file = folder.resolve("access.log");
    Files.writeString(file, "{\"whole\":1}\n{\"torn");
    AccessLog log = open(file, 1 << 30, 3);
    publish(log, 0, "a", 0);
    log.close();
    assertThat(text(file)).startsWith("{\"whole\":1}\n{\"torn\n{\"timestamp");
  }

  @Test
  void opensTheFileAnewWhenSomebodyMovesIt() throws Exception {
    Path file = folder.resolve("access.log");
    Path moved = folder.resolve("access.log.1");
    try (AccessLog log = open(file, 1 << 30, 3)) {
      publish(log, 0, "a", 0);
      await(() -> log.written() == 1);
      Files.move(file, moved);
      publish(log, 0, "b", 1);
    }
    assertThat(numbers(moved)).containsExactly(0);
    assertThat(numbers(file)).containsExactly(1);
  }

  @Test
  void dropsAndCountsWhileItCannotWriteAndRecovers() throws Exception {
    Path file = folder.resolve("place/access.log");
    Files.writeString(folder.resolve("place"), "a file where a folder should be");
    try (AccessLog log = open(file, 1 << 30, 3)) {
      int published = 0;
      while (log.dropped() == 0) {
        publish(log, 0, "x", published++);
      }
      assertThat(log.written()).isZero();
      Files.delete(folder.resolve("place"));
      int kept = published - (int) log.dropped();
      await(() -> log.written() == kept);
      publish(log, 0, "x", kept);
      await(() -> log.written() == kept + 1);
      assertThat(numbers(file)).isEqualTo(upTo(kept + 1));
    }
  }

  @Test
  void losesOnlyWhatTheRingCannotHoldWhileTheTargetIsStuck() throws Exception {
    Path pipe = folder.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    // A pipe takes 64 KiB and then makes the writer wait, as a stuck disk does.
    try (FileChannel reader =
            FileChannel.open(pipe, StandardOpenOption.READ, StandardOpenOption.WRITE);
        AccessLog log = open(pipe, 1 << 30, 3)) {
      int published = 0;
      while (log.dropped() == 0) {
        publish(log, 0, "x", published++);
      }
      assertThat(log.dropped()).isEqualTo(1);
      int kept = published - 1;
      StringBuilder text = new StringBuilder();
      ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
      while (text.chars().filter(c -> c == '\n').count() < kept) {
        buffer.clear();
        reader.read(buffer);
        text.append(new String(buffer.array(), 0, buffer.position(), UTF_8));
      }
      assertThat(text.toString().lines().map(AccessLogTest::number).toList()).isEqualTo(upTo(kept));
    }
  }

  @Test
  void writesToStandardOutput() throws Exception {
    Process process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-cp",
                System.getProperty("java.class.path"),
                "-XX:TieredStopAtLevel=1",
                ToStandardOutput.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String out = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).isZero();
    assertThat(out.lines().map(AccessLogTest::number).toList()).isEqualTo(upTo(1000));
  }

  /** A process whose standard output is the log. */
  static final class ToStandardOutput {
    public static void main(String[] args) {
      AccessLog log =
          AccessLog.open(
              new AccessLogSettings("a", 1, 1 << 20, new AccessLogSettings.StandardOutput()));
      publishAll(log, 0, 1000);
      log.close();
    }
  }

  @Test
  void refusesSettingsOutOfRange() {
    AccessLogSettings.Target target = new AccessLogSettings.StandardOutput();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new AccessLogSettings("a", 1, 65537, target))
        .withMessage("ringBytes: 65537 (expected: a power of two, 65536–1073741824)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new AccessLogSettings("", 1, 65536, target));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new AccessLogSettings("a", 0, 65536, target));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new AccessLogSettings.RotatedFile(folder, 1, 1))
        .withMessage("maxBytes: 1 (expected: >= 1048576)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new AccessLogSettings.RotatedFile(folder, 1 << 20, 0));
  }

  private static AccessLog open(Path file, long maxBytes, int keep) {
    return AccessLog.open(
        new AccessLogSettings(
            "weir-1", 2, 1 << 20, new AccessLogSettings.RotatedFile(file, maxBytes, keep)));
  }

  private static void publishAll(AccessLog log, int from, int to) {
    for (int i = from; i < to; i++) {
      while (!publish(log, 0, "/some/path", i)) {
        Thread.onSpinWait();
      }
    }
  }

  private static boolean publish(AccessLog log, int loop, String path, int number) {
    return log.ring(loop)
        .publish(
            new AccessLogEntry().text(AccessLogField.PATH, path.getBytes(UTF_8)).sizes(number, 0));
  }

  private static int number(String line) {
    return Lines.read(line.getBytes(UTF_8)).get("request_size_bytes").intValue();
  }

  private static List<Integer> numbers(Path file) throws IOException {
    return text(file).lines().map(AccessLogTest::number).toList();
  }

  private static String text(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file);
        InputStream plain = file.toString().endsWith(".gz") ? new GZIPInputStream(in) : in) {
      return new String(plain.readAllBytes(), UTF_8);
    }
  }

  private static List<Integer> upTo(int end) {
    return IntStream.range(0, end).boxed().toList();
  }

  private List<Path> rotated(String suffix) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.toString().contains("access.log.2"))
          .filter(file -> file.toString().endsWith(suffix))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("time of giving up").isLessThan(end);
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }
}
