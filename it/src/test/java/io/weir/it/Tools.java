package io.weir.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Programs of the system that tests drive, free ports, and the two together. */
final class Tools {
  /** Longer than anything takes, also on a machine with too much to do. */
  static final int PATIENCE_SECONDS = 60;

  private static final int FIRST_PORT = 10_000;
  private static final int PORTS = 22_000;

  private Tools() {}

  /** What a program printed, and how it ended. */
  record Output(int exit, String text) {
    /** The text of a run that succeeded. */
    String ok() {
      assertThat(exit).as(text).isZero();
      return text;
    }
  }

  /** The full name of a program. */
  static String find(String program) {
    return Stream.concat(
            Stream.of(System.getenv("PATH").split(":")), Stream.of("/usr/sbin", "/sbin"))
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(
            () -> new AssertionError("this test needs " + program + "; ./weir test installs it"))
        .toString();
  }

  /** Runs a program to its end; its output and error together. */
  static Output run(String program, String... arguments) {
    return run(Stream.concat(Stream.of(find(program)), Stream.of(arguments)).toList());
  }

  static Output run(List<String> command) {
    try {
      Path out = Files.createTempFile("weir-it", ".out");
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectInput(Path.of("/dev/null").toFile())
              .redirectOutput(out.toFile())
              .start();
      boolean ended = process.waitFor(2L * PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (!ended) {
        process.destroyForcibly();
      }
      String text = Files.readString(out, StandardCharsets.ISO_8859_1);
      Files.delete(out);
      assertThat(ended).as("%s did not end: %s", command, text).isTrue();
      return new Output(process.exitValue(), text);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }

  /**
   * A port on which nobody listens. Below those that the kernel gives to outgoing connections, so
   * that none of these takes it before it is bound.
   */
  static int freePort() {
    while (true) {
      int port = FIRST_PORT + ThreadLocalRandom.current().nextInt(PORTS);
      try (ServerSocket socket = new ServerSocket()) {
        socket.setReuseAddress(false);
        socket.bind(new InetSocketAddress(port));
        return port;
      } catch (IOException taken) {
        // another one
      }
    }
  }

  /** A self-signed certificate for these names: {@code NAME.pem} and {@code NAME.key}. */
  static void certificate(Path folder, String name, String... hosts) {
    String names = String.join(",", Stream.of(hosts).map(host -> "DNS:" + host).toList());
    run(
            "openssl",
            "req",
            "-x509",
            "-nodes",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-days",
            "2",
            "-subj",
            "/CN=" + hosts[0],
            "-addext",
            "subjectAltName=" + names,
            "-keyout",
            folder.resolve(name + ".key").toString(),
            "-out",
            folder.resolve(name + ".pem").toString())
        .ok();
  }
}
