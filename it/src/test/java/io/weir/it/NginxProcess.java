package io.weir.it;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A real nginx that serves the files of a folder, and a {@code /small} of its own. */
final class NginxProcess implements AutoCloseable {
  private final Path folder;
  private final int port;
  private Process process;

  private NginxProcess(Path folder, int port) {
    this.folder = folder;
    this.port = port;
    start();
  }

  static NginxProcess serving(Path folder) {
    return new NginxProcess(folder, Tools.freePort());
  }

  /** Starts it again on the same port. */
  void start() {
    try {
      Path file = folder.resolve("nginx-" + port + ".conf");
      Files.writeString(file, configuration());
      process =
          new ProcessBuilder(Tools.find("nginx"), "-e", "stderr", "-c", file.toString())
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("nginx-" + port + ".log").toFile())
              .start();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    await().atMost(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS).until(this::accepts);
  }

  private String configuration() {
    return """
    daemon off;
    master_process off;
    pid %1$s/nginx.pid;
    error_log stderr;
    events { worker_connections 4096; }
    http {
      access_log off;
      keepalive_requests 1000000;
      client_body_temp_path %1$s/nginx-body;
      proxy_temp_path %1$s/nginx-proxy;
      fastcgi_temp_path %1$s/nginx-fastcgi;
      uwsgi_temp_path %1$s/nginx-uwsgi;
      scgi_temp_path %1$s/nginx-scgi;
      server {
        listen 127.0.0.1:%2$d backlog=4096;
        root %1$s;
        location = /small { return 200 "small\\n"; }
      }
    }
    """
        .formatted(folder, port);
  }

  private boolean accepts() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
      return true;
    } catch (IOException notYet) {
      return false;
    }
  }

  int port() {
    return port;
  }

  /** Stops it where it stands: connections stay open, nothing answers. */
  void freeze() {
    Tools.run("kill", "-STOP", Long.toString(process.pid())).ok();
  }

  void thaw() {
    Tools.run("kill", "-CONT", Long.toString(process.pid())).ok();
  }

  void kill() {
    process.destroyForcibly();
    try {
      process.waitFor();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }

  @Override
  public void close() {
    kill();
  }
}
