package io.weir.app.rules;

import io.netty.channel.Channel;
import io.weir.control.ConfigRefusedException;
import io.weir.control.Controller;
import io.weir.control.Options;
import io.weir.control.RuleFolders;
import io.weir.proxy.ListenerSettings;
import io.weir.proxy.ListeningSockets;
import io.weir.proxy.inspect.Rules;
import io.weir.proxy.route.Route;
import io.weir.waf.Match;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * A Weir in this process that inspects requests by the rules under test, and lets all of them pass
 * to a {@link ReflectingBackend}. It listens on loopback, and its files are in a folder of their
 * own, which goes with it.
 */
final class TestBed implements AutoCloseable {
  private static final String VERSION = "test";

  /** What the tests' own instructions ask to be set. */
  private static final String SETTINGS =
      """

      SecAction \\
        "id:900005,phase:1,nolog,pass,t:none,\\
        setvar:tx.crs_validate_utf8_encoding=1,\\
        setvar:tx.arg_name_length=100,setvar:tx.arg_length=400,setvar:tx.total_arg_length=64000,\\
        setvar:tx.max_num_args=255,setvar:tx.max_file_size=64100,\\
        setvar:tx.combined_file_sizes=65535"
      """;

  private static final Duration MOST_PREPARING = Duration.ofSeconds(30);

  private final Path folder = Files.createTempDirectory("weir-rules-test-");
  private final ReflectingBackend backend = new ReflectingBackend();
  private final Map<String, List<Match>> matches = new ConcurrentHashMap<>();
  private final Controller controller;
  private boolean ended;

  /**
   * @param rules the rule set, as published
   * @param paranoia 1 to 4
   * @throws ConfigRefusedException if the rules do not compile
   */
  TestBed(Path rules, int paranoia) throws IOException, ConfigRefusedException {
    try {
      place(rules.toAbsolutePath());
      Path config = Files.writeString(folder.resolve("weir.yaml"), config(paranoia));
      Options options = new Options(VERSION, Duration.ZERO);
      controller = Controller.start(config, ListeningSockets.none(), options);
      rules().observe(matches::put);
      awaitPrepared();
    } catch (IOException | ConfigRefusedException failed) {
      removeFiles();
      throw failed;
    }
  }

  /** Until then a head is judged together with its content, which some tests never send whole. */
  private void awaitPrepared() throws IOException {
    long end = System.nanoTime() + MOST_PREPARING.toNanos();
    while (!rules().set().isPrepared()) {
      if (System.nanoTime() - end > 0) {
        throw new IOException(
            "the rules are not prepared after " + MOST_PREPARING.toSeconds() + " s");
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  private Rules rules() {
    ListenerSettings listener = controller.generation().snapshot().listener("test");
    Route route = Objects.requireNonNull(listener).routes().routes().getFirst();
    return Objects.requireNonNull(route.protection()).rules();
  }

  /** The rule set with the tests' settings, beside its own files. */
  private void place(Path rules) throws IOException {
    Path set = Files.createDirectories(folder.resolve("sets/under_test"));
    Optional<Path> setup = RuleFolders.in(rules).setup();
    String settings = setup.isPresent() ? Files.readString(setup.get()) : "";
    Files.writeString(set.resolve("crs-setup.conf"), settings + SETTINGS);
    Path inside = rules.resolve("rules");
    Files.createSymbolicLink(set.resolve("rules"), Files.isDirectory(inside) ? inside : rules);
  }

  private String config(int paranoia) {
    return """
    instance: test
    management: off
    access_log: { path: access.log, queue_size: 65536, rotate_size: 1GiB }
    slowloris_protection: { max_connections_per_ip: 0, max_new_connections_per_ip_per_second: 0 }
    tolerate:
      - empty_line
      - unencoded_query
      - unencoded_target
      - path_parameters
      - empty_segments
      - encoded_slashes
    limits: { header_bytes: 1MiB, request_line_bytes: 64KiB, headers: 10000 }
    waf:
      mode: DETECT
      rules_folder: sets
      rule_sets: [under_test]
      paranoia_level: %d
      inspect_responses: true
    listeners:
      - name: test
        addresses: ["127.0.0.1:0"]
        pool: backend
    pools:
      - name: backend
        backends: [{ address: "127.0.0.1:%d" }]
    """
        .formatted(paranoia, backend.port());
  }

  /** Where requests are to be sent, on 127.0.0.1. */
  int port() {
    Channel channel = controller.proxy().listeningSockets().values().iterator().next().getFirst();
    return ((InetSocketAddress) channel.localAddress()).getPort();
  }

  /** Ends Weir, with all requests done and recorded; what is known of them. */
  Findings end() throws IOException, InterruptedException {
    controller.drain(Duration.ofSeconds(10));
    endWeir();
    return Findings.read(folder.resolve("access.log"), matches);
  }

  @Override
  public void close() throws IOException {
    endWeir();
    removeFiles();
  }

  private void endWeir() {
    if (!ended) {
      ended = true;
      controller.close();
    }
  }

  private void removeFiles() throws IOException {
    backend.close();
    RuleStore.delete(folder);
  }
}
