package io.weir.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Weir as its users run it: a process of its own that serves a configuration file.
 *
 * <p>The fixture adds {@code management} and {@code access_log}, which it reads, and lets one
 * address open as many connections as it likes, since all the clients of a test have the same.
 */
final class WeirProcess implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private final Path folder;
  private final int management;
  private final List<String> wrapper;
  private final Process process;
  private final List<String> operationalLog = new CopyOnWriteArrayList<>();
  private int revision;

  private WeirProcess(Path folder, int management, List<String> wrapper, List<String> command) {
    this.folder = folder;
    this.management = management;
    this.wrapper = wrapper;
    try {
      ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.environment().put("XDG_RUNTIME_DIR", folder.toString());
      builder.environment().put("STATE_DIRECTORY", folder.toString());
      process = builder.start();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    Thread.ofVirtual().start(this::readOperationalLog);
  }

  /**
   * Starts Weir and waits until it serves.
   *
   * @param folder where its files are put; the configuration's relative names start there
   * @param yaml everything but {@code management} and {@code access_log}, which are added
   */
  static WeirProcess start(Path folder, String yaml) {
    return start(folder, yaml, List.of());
  }

  /** The same with words before the command, such as {@code ip netns exec NAME}. */
  static WeirProcess start(Path folder, String yaml, List<String> wrapper) {
    int management = Tools.freePort();
    write(folder, 0, management, yaml);
    return launch(folder, management, wrapper, "run");
  }

  /** What {@code weir check} says of a configuration, run with those words before it. */
  static Tools.Output check(Path folder, String yaml, List<String> wrapper) {
    write(folder, 0, Tools.freePort(), yaml);
    List<String> command = new ArrayList<>(wrapper);
    command.addAll(java());
    command.addAll(List.of("check", folder.resolve("weir.yaml").toString()));
    return Tools.run(command);
  }

  private static WeirProcess launch(
      Path folder, int management, List<String> wrapper, String... words) {
    List<String> command = new ArrayList<>(wrapper);
    command.addAll(java());
    command.addAll(List.of(words));
    command.add(folder.resolve("weir.yaml").toString());
    WeirProcess weir = new WeirProcess(folder, management, wrapper, command);
    try {
      weir.awaitLine("serving generation");
    } catch (AssertionError | RuntimeException notServing) {
      weir.close();
      throw notServing;
    }
    return weir;
  }

  /** The program without arguments. */
  static List<String> java() {
    return new ArrayList<>(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseCompactObjectHeaders",
            "-Xmx256m",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Dio.netty.leakDetection.samplingInterval=1",
            "-cp",
            System.getProperty("java.class.path"),
            "io.weir.app.Main"));
  }

  private static String header(int revision, int management) {
    return """
    # revision %d
    management: { address: "127.0.0.1:%d" }
    access_log: { path: access.log }
    slowloris_protection:
      max_connections_per_ip: 0
      max_new_connections_per_ip_per_second: 0
    """
        .formatted(revision, management);
  }

  /** Writes the configuration in one step; the digest by which Weir speaks of it. */
  private static String write(Path folder, int revision, int management, String yaml) {
    try {
      String text = header(revision, management) + yaml;
      Path next = Files.writeString(folder.resolve("next.yaml"), text);
      Files.move(next, folder.resolve("weir.yaml"), StandardCopyOption.ATOMIC_MOVE);
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
      return HexFormat.of().formatHex(digest, 0, 6);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    } catch (GeneralSecurityException impossible) {
      throw new AssertionError(impossible);
    }
  }

  // ------------------------------------------------------------------ life

  /** A new process takes the listening sockets over; this one drains and ends by itself. */
  WeirProcess takeOver() {
    return launch(folder, management, wrapper, "run", "--takeover");
  }

  /** Changes the configuration, and waits until Weir serves it. */
  void reload(String yaml) {
    String digest = write(folder, ++revision, management, yaml);
    signal("HUP");
    awaitLine("configuration " + digest + ": serving generation");
  }

  /** Writes a configuration that Weir should refuse, and waits until it has. */
  void reloadRefused(String yaml) {
    long before = refusals();
    write(folder, ++revision, management, yaml);
    signal("HUP");
    await().atMost(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS).until(() -> refusals() > before);
  }

  private long refusals() {
    return operationalLog.stream().filter(line -> line.contains("configuration refused")).count();
  }

  void signal(String name) {
    Tools.run("kill", "-" + name, Long.toString(process.pid())).ok();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  long pid() {
    return process.pid();
  }

  /** Waits for the end of the process; its exit code. */
  int awaitExit() {
    try {
      assertThat(process.waitFor(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS)).as("ended").isTrue();
      return process.exitValue();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }

  /** Kills the process; what it told of failures of its own fails the test. */
  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
    assertThat(operationalLog)
        .noneMatch(line -> line.contains("LEAK:") || line.contains("Exception"));
  }

  // ------------------------------------------------------------------ what it says

  private void readOperationalLog() {
    try (BufferedReader lines = process.inputReader()) {
      lines.lines().forEach(operationalLog::add);
    } catch (IOException | UncheckedIOException closed) {
      operationalLog.add("(log ended: " + closed.getMessage() + ")");
    }
  }

  List<String> operationalLog() {
    return operationalLog;
  }

  /** Waits for a line of the operational log; fails if the process ends without it. */
  void awaitLine(String part) {
    await()
        .atMost(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS)
        .until(() -> said(part) || !process.isAlive());
    // The last words of a process that has ended may still be on their way.
    if (!said(part)) {
      await()
          .atMost(5, TimeUnit.SECONDS)
          .untilAsserted(() -> assertThat(said(part)).as("%s", operationalLog).isTrue());
    }
  }

  private boolean said(String part) {
    return operationalLog.stream().anyMatch(line -> line.contains(part));
  }

  /** The access log so far. */
  List<JsonNode> accessLog() {
    Path log = folder.resolve("access.log");
    try (Stream<String> lines = Files.exists(log) ? Files.lines(log) : Stream.empty()) {
      return lines.map(WeirProcess::json).toList();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private static JsonNode json(String line) {
    try {
      return JSON.readTree(line);
    } catch (IOException notJson) {
      throw new AssertionError("not JSON: " + line, notJson);
    }
  }

  /** The access log's entry for a path, when it is written. */
  JsonNode awaitEntry(String path) {
    return awaitEntry(entry -> entry.path("path").asText().equals(path));
  }

  JsonNode awaitEntry(Predicate<JsonNode> wanted) {
    return await()
        .atMost(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS)
        .until(
            () -> accessLog().stream().filter(wanted).findFirst().orElse(null),
            entry -> entry != null);
  }

  /** What the management listener answers. */
  String management(String path) {
    if (!wrapper.isEmpty()) {
      return command("curl", "-sS", "http://127.0.0.1:" + management + path).ok();
    }
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + management + path)).build();
    try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
    } catch (IOException failed) {
      throw new AssertionError("nobody listens for the management", failed);
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }

  /** Runs a program where Weir runs. */
  private Tools.Output command(String program, String... arguments) {
    List<String> words = new ArrayList<>(wrapper);
    words.add(Tools.find(program));
    words.addAll(List.of(arguments));
    return Tools.run(words);
  }

  /** What {@code weir packet} with those words prints, where Weir runs. */
  Tools.Output packet(String... words) {
    List<String> command = new ArrayList<>(wrapper);
    command.addAll(java());
    command.add("packet");
    command.addAll(List.of(words));
    command.addAll(List.of("--management", "127.0.0.1:" + management));
    return Tools.run(command);
  }

  /** The sum of a metric over all series that carry these labels, each such as {@code pool="a"}. */
  double metric(String name, String... labels) {
    return management("/metrics")
        .lines()
        .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
        .filter(line -> Stream.of(labels).allMatch(line::contains))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }
}
