package io.weir.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class OperationalLogTest {
  @Test
  void writesTimeLevelAndSource() {
    assertThat(line(Level.INFO, "serving {0}", null, "it"))
        .isEqualTo("2026-01-02T03:04:05.678Z INFO Controller: serving it\n");
  }

  @Test
  void keepsForeignTextOnItsLine() {
    String line = line(Level.SEVERE, "no: {0}", null, "a\n2026 INFO Fake: b\r\u001b[2J");
    assertThat(line).endsWith("ERROR Controller: no: a\\n2026 INFO Fake: b??[2J\n");
    assertThat(line.indexOf('\n')).isEqualTo(line.length() - 1);
  }

  @Test
  void showsACauseOnTheSameLine() {
    String line = line(Level.WARNING, "failed", new IllegalStateException("why"));
    assertThat(line)
        .contains("failed: java.lang.IllegalStateException: why\\n at ")
        .hasLineCount(1);
  }

  private static String line(
      Level level, String message, @Nullable Throwable thrown, Object... parameters) {
    LogRecord entry = new LogRecord(level, message);
    entry.setInstant(Instant.parse("2026-01-02T03:04:05.678912Z"));
    entry.setLoggerName("io.weir.control.Controller");
    entry.setThrown(thrown);
    entry.setParameters(parameters);
    return new OperationalLog().format(entry);
  }
}
