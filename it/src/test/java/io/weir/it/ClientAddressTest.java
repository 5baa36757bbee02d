package io.weir.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a backend is told about the client when the client, or a proxy before it, claims all sorts
 * of things. Loopback addresses play the parts: 127.0.0.1 and ::1 are clients, 127.0.0.2 is a
 * trusted proxy.
 */
class ClientAddressTest {
  @TempDir private static Path folder;
  private static final int PORT = Tools.freePort();
  private static final int PRESERVE = Tools.freePort();
  private static final int REMOVE = Tools.freePort();
  private static final int APPEND = Tools.freePort();
  private static RawBackend backend;
  private static WeirProcess weir;

  @BeforeAll
  static void start() {
    backend = RawBackend.echoingHeads();
    weir =
        WeirProcess.start(
            folder,
            """
            trusted_proxies: [127.0.0.2/32, 198.51.100.0/24, "2001:db8:ffff::/48"]
            listeners:
              - { name: web, addresses: ["127.0.0.1:%1$d", "127.0.0.2:%1$d", "[::1]:%1$d"], pool: app }
              - { name: preserve, address: "127.0.0.1:%2$d", pool: app, forwarded_headers: { mode: preserve } }
              - { name: remove, address: "127.0.0.1:%3$d", pool: app, forwarded_headers: { mode: remove } }
              - { name: append, address: "127.0.0.1:%4$d", pool: app, forwarded_headers: { mode: append } }
            pools: [{ name: app, backends: [{ address: "%5$s" }] }]
            """
                .formatted(PORT, PRESERVE, REMOVE, APPEND, backend.address()));
  }

  @AfterAll
  static void stop() {
    weir.close();
    backend.close();
  }

  /** The request's head as the backend got it, when sent from one loopback address to the other. */
  private static Message ask(String from, String to, int port, String... fields)
      throws IOException {
    try (Wire wire = Wire.between(from, to, port)) {
      wire.send(
          "GET / HTTP/1.1\r\nHost: www.example.com\r\n"
              + String.join("", Stream.of(fields).map(f -> f + "\r\n").toList())
              + "\r\n");
      return new Message(wire.readResponse().text(), "", true);
    }
  }

  /** What the backends of the field do: split all lines, take the first. */
  private static String leftmost(Message request) {
    return String.join(",", request.fields("X-Forwarded-For")).split(",", 2)[0].strip();
  }

  /** Lies of a client, one or more fields each. */
  static List<List<String>> lies() {
    return List.of(
        List.of("X-Forwarded-For: 203.0.113.7"),
        List.of("X-Forwarded-For: 203.0.113.7, 198.51.100.1"),
        List.of("X-Forwarded-For: 203.0.113.7", "X-Forwarded-For: 192.0.2.1"),
        List.of("x-forwarded-for:203.0.113.7"),
        List.of("X-Forwarded-For: 2001:db8::7"),
        List.of("X-Forwarded-For: [2001:db8::7]:443"),
        List.of("X-Forwarded-For: unknown"),
        List.of("X-Forwarded-For: _hidden, 127.0.0.2"),
        List.of("X-Forwarded-For:"),
        List.of("X-Forwarded-For: ,,,"),
        List.of("X-Forwarded-For: 203.0.113.7:80\t, garbage;;"),
        List.of("X-Forwarded-For: " + "203.0.113.7, ".repeat(200) + "203.0.113.8"),
        List.of("X-Real-IP: 203.0.113.7"),
        List.of("Forwarded: for=203.0.113.7;proto=https;host=evil.example.com"),
        List.of(
            "Forwarded: for=\"[2001:db8::7]\"",
            "X-Forwarded-For: 203.0.113.7",
            "X-Real-IP: 203.0.113.8"),
        List.of(
            "X-Forwarded-Proto: https",
            "X-Forwarded-Host: evil.example.com",
            "X-Forwarded-Port: 1"));
  }

  @ParameterizedTest
  @MethodSource("lies")
  void tellsTheTruthAboutALyingClient(List<String> lie) throws IOException {
    Message v4 = ask("127.0.0.1", "127.0.0.1", PORT, lie.toArray(String[]::new));
    assertTruth(v4, "127.0.0.1", "127.0.0.1");
    Message v6 = ask("::1", "::1", PORT, lie.toArray(String[]::new));
    assertTruth(v6, "::1", "\"[::1]\"");
  }

  private static void assertTruth(Message request, String address, String node) {
    assertThat(leftmost(request)).isEqualTo(address);
    assertThat(request.fields("X-Forwarded-For")).containsExactly(address);
    assertThat(request.fields("X-Real-IP")).containsExactly(address);
    assertThat(request.fields("X-Forwarded-Proto")).containsExactly("http");
    assertThat(request.fields("X-Forwarded-Host")).containsExactly("www.example.com");
    assertThat(request.fields("X-Forwarded-Port")).containsExactly(Integer.toString(PORT));
    assertThat(request.field("Forwarded"))
        .contains("for=" + node)
        .doesNotContain("evil", "203.0.113", "2001:db8");
    assertThat(request.head()).doesNotContain("203.0.113", "evil");
  }

  @Test
  void believesATrustedProxyAboutTheAddressBeforeIt() throws IOException {
    Message request = ask("127.0.0.2", "127.0.0.2", PORT, "X-Forwarded-For: 203.0.113.7");
    assertThat(request.fields("X-Forwarded-For")).containsExactly("203.0.113.7, 127.0.0.2");
    assertThat(request.field("X-Real-IP")).isEqualTo("203.0.113.7");
  }

  @Test
  void readsTheChainFromTheRightToTheFirstAddressNobodyTrusts() throws IOException {
    Message request =
        ask(
            "127.0.0.2",
            "127.0.0.2",
            PORT,
            "X-Forwarded-For: 192.0.2.66, 203.0.113.7, 198.51.100.1");
    assertThat(request.field("X-Real-IP")).isEqualTo("203.0.113.7");
  }

  @Test
  void readsSeveralLinesAsOneChain() throws IOException {
    Message request =
        ask(
            "127.0.0.2",
            "127.0.0.2",
            PORT,
            "X-Forwarded-For: 192.0.2.66",
            "X-Forwarded-For: 2001:db8:1::7, 2001:db8:ffff::1");
    assertThat(request.field("X-Real-IP")).isEqualTo("2001:db8:1::7");
  }

  @Test
  void believesATrustedProxysForwardedField() throws IOException {
    Message request =
        ask(
            "127.0.0.2",
            "127.0.0.2",
            PORT,
            "Forwarded: for=\"[2001:db8::7]:4711\";proto=https, for=198.51.100.1");
    assertThat(request.field("X-Real-IP")).isEqualTo("2001:db8::7");
  }

  @Test
  void stopsAtWhatATrustedProxyCannotHaveMeant() throws IOException {
    Message request =
        ask("127.0.0.2", "127.0.0.2", PORT, "X-Forwarded-For: 203.0.113.7, unknown, 198.51.100.1");
    assertThat(request.field("X-Real-IP")).isNotEqualTo("203.0.113.7");
  }

  @Test
  void logsWhoTheClientIsAndWhatItClaimed() throws IOException {
    ask("127.0.0.2", "127.0.0.2", PORT, "X-Forwarded-For: 203.0.113.99");
    var trusted = weir.awaitEntry(entry -> entry.path("client_ip").asText().equals("203.0.113.99"));
    assertThat(trusted.path("client_provenance").asText()).isEqualTo("forwarded-header");
    ask("127.0.0.1", "127.0.0.1", PORT, "X-Forwarded-For: 203.0.113.98");
    var lying =
        weir.awaitEntry(entry -> entry.path("x_forwarded_for").asText().equals("203.0.113.98"));
    assertThat(lying.path("client_ip").asText()).isEqualTo("127.0.0.1");
    assertThat(lying.path("client_provenance").asText()).isEqualTo("direct");
  }

  @Test
  void preservesWhatCameWhereToldTo() throws IOException {
    Message request = ask("127.0.0.1", "127.0.0.1", PRESERVE, "X-Forwarded-For: 203.0.113.7");
    assertThat(request.fields("X-Forwarded-For")).containsExactly("203.0.113.7");
    assertThat(ask("127.0.0.1", "127.0.0.1", PRESERVE).fields("X-Forwarded-For")).isEmpty();
  }

  @Test
  void removesEverythingWhereToldTo() throws IOException {
    Message request =
        ask(
            "127.0.0.1",
            "127.0.0.1",
            REMOVE,
            "X-Forwarded-For: 203.0.113.7",
            "Forwarded: for=203.0.113.7",
            "X-Real-IP: 203.0.113.7");
    assertThat(request.head())
        .doesNotContainIgnoringCase("forwarded")
        .doesNotContainIgnoringCase("x-real-ip");
  }

  /**
   * Nothing stands left of the truth that nobody has proven, also where a stranger's claim is not
   * overwritten.
   */
  @Test
  void appendsToProvenAddressesOnly() throws IOException {
    Message stranger = ask("127.0.0.1", "127.0.0.1", APPEND, "X-Forwarded-For: 203.0.113.7");
    assertThat(stranger.fields("X-Forwarded-For")).containsExactly("127.0.0.1");
    Message proxy =
        ask(
            "127.0.0.2",
            "127.0.0.2",
            PORT,
            "X-Forwarded-For: 192.0.2.66, 203.0.113.7, 198.51.100.1");
    assertThat(proxy.fields("X-Forwarded-For"))
        .containsExactly("203.0.113.7, 198.51.100.1, 127.0.0.2");
  }
}
