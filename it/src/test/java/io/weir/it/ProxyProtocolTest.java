package io.weir.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The PROXY protocol between Weir and programs that others wrote: HAProxy announces the client to
 * Weir, Weir announces it to HAProxy and nginx. Loopback addresses play the parts: clients are
 * 127.0.0.7 and ::1, HAProxy in front speaks from 127.0.0.3.
 */
class ProxyProtocolTest {
  @TempDir private static Path folder;
  private static final int PLAIN = Tools.freePort();
  private static final int SECURE = Tools.freePort();
  private static final int PASS = Tools.freePort();
  private static final int FRONT_V1 = Tools.freePort();
  private static final int FRONT_V2 = Tools.freePort();
  private static final int FRONT_TLS = Tools.freePort();
  private static final int FRONT_PASS = Tools.freePort();
  private static final int HAPROXY = Tools.freePort();
  private static final int HAPROXY_TLS = Tools.freePort();
  private static final int NGINX = Tools.freePort();
  private static Process haproxy;
  private static Process nginx;
  private static WeirProcess weir;

  @BeforeAll
  static void start() throws IOException {
    Tools.certificate(folder, "www", "www.example.com");
    Files.writeString(
        folder.resolve("both.pem"),
        Files.readString(folder.resolve("www.pem")) + Files.readString(folder.resolve("www.key")));
    haproxy = run("haproxy", haproxyConfiguration(), "haproxy", "-db", "-f");
    nginx = run("nginx", nginxConfiguration(), "nginx", "-e", "stderr", "-c");
    weir = WeirProcess.start(folder, configuration());
    for (int port : new int[] {FRONT_V1, HAPROXY, NGINX}) {
      await().atMost(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS).until(() -> accepts(port));
    }
  }

  private static Process run(String name, String configuration, String program, String... words)
      throws IOException {
    Path file = Files.writeString(folder.resolve(name + ".conf"), configuration);
    ProcessBuilder builder = new ProcessBuilder(Tools.find(program));
    builder.command().addAll(List.of(words));
    builder.command().add(file.toString());
    return builder
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve(name + ".log").toFile())
        .start();
  }

  private static boolean accepts(int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
      return true;
    } catch (IOException notYet) {
      return false;
    }
  }

  /** Four ways to Weir, and two servers behind it that tell what they were told. */
  private static String haproxyConfiguration() {
    String fronts =
        front("v1", FRONT_V1, PLAIN, "send-proxy")
            + front("v2", FRONT_V2, PLAIN, "send-proxy-v2 proxy-v2-options crc32c,unique-id")
            + front("tls", FRONT_TLS, SECURE, "send-proxy-v2 proxy-v2-options crc32c")
            + front("pass", FRONT_PASS, PASS, "send-proxy-v2");
    return """
    defaults
      mode tcp
      timeout connect 10s
      timeout client 30s
      timeout server 30s
    %s
    frontend told
      mode http
      bind 127.0.0.1:%d accept-proxy
      bind 127.0.0.1:%d accept-proxy ssl crt %s
      http-request return status 200 content-type text/plain lf-string "%%[src] %%[dst_port] %%[fc_pp_authority] %%[fc_pp_unique_id,length]"
    """
        .formatted(fronts, HAPROXY, HAPROXY_TLS, folder.resolve("both.pem"));
  }

  private static String front(String name, int port, int to, String how) {
    return """
    listen %1$s
      bind 127.0.0.1:%2$d
      bind [::1]:%2$d
      server weir 127.0.0.1:%3$d source 127.0.0.3 %4$s
    """
        .formatted(name, port, to, how);
  }

  private static String nginxConfiguration() {
    return """
    daemon off;
    master_process off;
    pid %1$s/nginx.pid;
    error_log stderr;
    events { }
    http {
      access_log off;
      client_body_temp_path %1$s/n1; proxy_temp_path %1$s/n2; fastcgi_temp_path %1$s/n3; uwsgi_temp_path %1$s/n4; scgi_temp_path %1$s/n5;
      server {
        listen 127.0.0.1:%2$d proxy_protocol;
        location / { return 200 "$proxy_protocol_addr $proxy_protocol_server_port"; }
      }
    }
    """
        .formatted(folder, NGINX);
  }

  private static String configuration() {
    return """
    certificates: [{ name: www, certificate: www.pem, key: www.key }]
    proxy_protocol: [{ networks: [127.0.0.3/32], mode: required }]
    listeners:
      - { name: plain, addresses: ["127.0.0.1:%1$d"] }
      - { name: secure, addresses: ["127.0.0.1:%2$d"], protocol: https, certificates: [www] }
      - { name: pass, addresses: ["127.0.0.1:%3$d"], protocol: tls_passthrough, sni_routing: [{ sni: www.example.com, pool: tls }] }
    routes:
      - { name: v1, match: { path: { prefix: /nginx-v1 } }, pool: nginx-v1 }
      - { name: nginx, match: { path: { prefix: /nginx-v2 } }, pool: nginx-v2 }
      - { name: tls, match: { path: { prefix: /tls } }, pool: tls-ended }
      - { name: haproxy, pool: haproxy }
    pools:
      - name: nginx-v1
        send_proxy_protocol: { version: 1 }
        health_check: { interval: 100ms, timeout: 100ms, rise: 1 }
        backends: [{ address: "127.0.0.1:%4$d" }]
      - name: nginx-v2
        send_proxy_protocol: {}
        health_check: { interval: 100ms, timeout: 100ms, rise: 1 }
        backends: [{ address: "127.0.0.1:%4$d" }]
      - name: haproxy
        send_proxy_protocol: { tlvs: [alpn, authority, ssl, unique_id, crc32c] }
        health_check: { interval: 100ms, timeout: 100ms, rise: 1 }
        backends: [{ address: "127.0.0.1:%5$d" }]
      - name: tls-ended
        send_proxy_protocol: { tlvs: [alpn, authority, ssl, unique_id, crc32c] }
        backend_tls: { verify_certificate: false }
        health_check: { interval: 100ms, timeout: 100ms, rise: 1 }
        backends: [{ address: "127.0.0.1:%6$d" }]
      - name: tls
        send_proxy_protocol: { tlvs: [authority, unique_id, crc32c] }
        backends: [{ address: "127.0.0.1:%6$d" }]
    """
        .formatted(PLAIN, SECURE, PASS, NGINX, HAPROXY, HAPROXY_TLS);
  }

  @AfterAll
  static void stop() throws InterruptedException {
    if (weir != null) {
      weir.close();
    }
    for (Process process : new Process[] {haproxy, nginx}) {
      if (process != null) {
        process.destroyForcibly().waitFor();
      }
    }
  }

  private static String curl(String from, String scheme, int port, String path) {
    String host = "www.example.com:" + port;
    String at = from.contains(":") ? "[::1]" : "127.0.0.1";
    return Tools.run(
            "curl",
            "-sSk",
            "--max-time",
            "20",
            "--interface",
            from,
            "--resolve",
            host + ":" + at,
            scheme + "://" + host + path)
        .ok()
        .strip();
  }

  /** Client to HAProxy to Weir to a server: what the last one is told is the client's address. */
  @ParameterizedTest
  @CsvSource({"127.0.0.7", "::1"})
  void tellsTheLastServerOfAChainWhoTheClientIs(String client) {
    for (int front : new int[] {FRONT_V1, FRONT_V2}) {
      assertThat(curl(client, "http", front, "/nginx-v1")).isEqualTo(client + " " + front);
      assertThat(curl(client, "http", front, "/nginx-v2")).isEqualTo(client + " " + front);
      assertThat(curl(client, "http", front, "/")).isEqualTo(client + " " + front + "  32");
      assertThat(curl(client, "http", front, "/tls")).isEqualTo(client + " " + front + "  32");
    }
  }

  @ParameterizedTest
  @CsvSource({"127.0.0.7", "::1"})
  void readsTheHeaderBeforeTls(String client) {
    assertThat(curl(client, "https", FRONT_TLS, "/"))
        .isEqualTo(client + " " + FRONT_TLS + " www.example.com 32");
    assertThat(curl(client, "https", FRONT_TLS, "/nginx-v2")).isEqualTo(client + " " + FRONT_TLS);
  }

  @ParameterizedTest
  @CsvSource({"127.0.0.7", "::1"})
  void announcesTheClientOfAConnectionThatIsPassedThrough(String client) {
    assertThat(curl(client, "https", FRONT_PASS, "/"))
        .isEqualTo(client + " " + FRONT_PASS + " www.example.com 32");
  }

  /** The checks began with LOCAL or UNKNOWN: a server that wants a header answered them. */
  @Test
  void keepsServersHealthyThatWantAHeader() {
    String name = "weir_backend_healthy";
    assertThat(weir.management("/metrics")).contains(name);
    for (String pool : new String[] {"nginx-v1", "nginx-v2", "haproxy", "tls-ended"}) {
      await()
          .atMost(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS)
          .until(() -> weir.metric(name, "pool=\"" + pool + "\"") == 1);
    }
  }

  @Test
  void takesAClientThatNobodyAnnouncesForItself() {
    assertThat(curl("127.0.0.7", "http", PLAIN, "/nginx-v2")).isEqualTo("127.0.0.7 " + PLAIN);
  }

  @Test
  void logsHowTheAddressWasEstablished() {
    curl("127.0.0.7", "http", FRONT_V2, "/logged");
    assertThat(weir.awaitEntry("/logged").path("client_provenance").asText())
        .isEqualTo("proxy-protocol");
    assertThat(weir.awaitEntry("/logged").path("client_ip").asText()).isEqualTo("127.0.0.7");
  }
}
