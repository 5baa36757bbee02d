package io.weir.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The program in a process of its own. */
final class WeirProcess implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 60;

  private final Process process;
  private final Path log;

  private WeirProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /** Starts it with these arguments; its log goes to a file in the folder. */
  static WeirProcess start(Path folder, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            "io.weir.app.Main"));
    command.addAll(List.of(arguments));
    Path log = Files.createTempFile(folder, "weir", ".log");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("XDG_RUNTIME_DIR", folder.toString());
    builder.redirectErrorStream(true).redirectOutput(log.toFile());
    return new WeirProcess(builder.start(), log);
  }

  String log() throws IOException {
    return Files.readString(log);
  }

  /** Waits until the log has a line that matches, and returns the first group, or all. */
  String await(String regex) throws IOException, InterruptedException {
    Pattern pattern = Pattern.compile(regex);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (System.nanoTime() - end < 0) {
      Matcher matcher = pattern.matcher(log());
      if (matcher.find()) {
        return matcher.group(Math.min(1, matcher.groupCount()));
      }
      assertThat(process.isAlive() || pattern.matcher(log()).find()).as(log()).isTrue();
      Thread.sleep(20);
    }
    throw new AssertionError("no " + regex + " in: " + log());
  }

  /** Waits for {@code weir run} to serve, and returns the port of its first IPv4 address. */
  int awaitPort() throws IOException, InterruptedException {
    await("serving generation");
    return Integer.parseInt(await("listening on 127\\.0\\.0\\.1:([0-9]+)"));
  }

  void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
  }

  int exitCode() throws IOException, InterruptedException {
    assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).as(log()).isTrue();
    return process.exitValue();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
