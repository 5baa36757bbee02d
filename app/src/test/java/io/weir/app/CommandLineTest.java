package io.weir.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.app.demo.Demo;
import io.weir.control.Controller;
import io.weir.control.Options;
import io.weir.proxy.ListeningSockets;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands that end by themselves, in this process. */
class CommandLineTest {
  @TempDir private Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void checkPrintsEveryProblemWithItsPlaceAndAHint() throws IOException {
    Path file = write("listenerz: []\npools:\n  - name: a b\n");
    assertThat(weir("check", file.toString())).isEqualTo(ExitCode.CONFIGURATION);
    assertThat(out.toString())
        .contains("weir.yaml:1:1: listenerz")
        .contains("did you mean")
        .contains("weir.yaml:3:")
        .endsWith("problems\n");
  }

  @Test
  void checkSumsUpWhatWouldBeServed() throws IOException {
    assertThat(weir("check", routed().toString())).isEqualTo(ExitCode.OK);
    assertThat(out.toString())
        .contains("weir.yaml: ok")
        .contains("listener web: http on 127.0.0.1:0, [::1]:0")
        .contains("route    old: www.example.com redirected, 308")
        .contains("route    api: any host to pools app (9), next (1)")
        .contains("pool     app: round_robin over 192.0.2.10:80, [2001:db8::10]:80");
  }

  @Test
  void checkSaysThatThereIsNoSuchFile() {
    assertThat(weir("check", "/no/such/file")).isEqualTo(ExitCode.CONFIGURATION);
    assertThat(out.toString()).contains("no such file");
  }

  @Test
  void explainNamesEveryStageOnTheWayToABackend() throws IOException {
    assertThat(explain("--url", "http://api.example.com/v1/../v1/x?y=1", "--from", "192.0.2.7"))
        .isEqualTo(ExitCode.OK);
    assertThat(out.toString())
        .containsSubsequence(
            "request   GET /v1/../v1/x?y=1 for api.example.com",
            "FRAME     the path is /v1/x",
            "IDENTIFY  the client is 192.0.2.7 (direct)",
            "ROUTE     host *: route admin: no",
            "ROUTE     host *: route api: matches",
            "LIMIT     no request budget",
            "SELECT    backend ",
            "FORWARD   would ask for /v1/x?y=1 at ",
            "result    forwarded: route api, pool ");
  }

  @Test
  void explainBelievesATrustedProxyOnly() throws IOException {
    explain(
        "--url",
        "http://a.example/v1/",
        "--from",
        "198.51.100.1",
        "--header",
        "X-Forwarded-For: 203.0.113.9");
    assertThat(out.toString()).contains("the client is 203.0.113.9 (forwarded-header)");
    out.getBuffer().setLength(0);
    explain(
        "--url",
        "http://a.example/v1/",
        "--from",
        "192.0.2.1",
        "--header",
        "X-Forwarded-For: 203.0.113.9");
    assertThat(out.toString()).contains("the client is 192.0.2.1 (direct)");
  }

  @Test
  void explainNamesTheReasonOfARefusal() throws IOException {
    explain("--url", "http://a.example/elsewhere");
    assertThat(out.toString())
        .contains("ROUTE     no route matches")
        .endsWith("result    refused: route.none, status 404\n");
  }

  @Test
  void explainMeetsTheRealParser() throws IOException {
    explain("--url", "http://a.example/v1/", "--header", "Transfer-Encoding: gzip");
    assertThat(out.toString())
        .endsWith("result    refused: frame.coding_unsupported, status 501\n");
  }

  @Test
  void explainKnowsAnswersOfRoutes() throws IOException {
    explain("--url", "http://www.example.com/", "--method", "POST");
    assertThat(out.toString()).contains("route.redirect");
    explain("--url", "http://a.example/admin/x");
    assertThat(out.toString()).endsWith("result    answered by Weir: route.respond\n");
  }

  @Test
  void explainSaysWhatIsWrongWithTheQuestion() throws IOException {
    assertThat(explain("--url", "example.com")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("--url: example.com (expected: http://");
    assertThat(explain("--url", "http://a/", "--from", "nobody")).isEqualTo(ExitCode.USAGE);
    assertThat(explain("--url", "http://a/", "--header", "x")).isEqualTo(ExitCode.USAGE);
    assertThat(explain("--url", "https://a/")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("no listener speaks https");
    assertThat(explain("--url", "http://a/", "--listener", "x")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("--listener: x (expected: one of [web])");
  }

  @Test
  void replayJudgesARecordedRequest() throws IOException {
    String head =
        """
        POST /form HTTP/1.1
        Host: www.example.com
        Content-Type: application/x-www-form-urlencoded
        Content-Length: 11

        """;
    for (String text : new String[] {head, head.replace("\n", "\r\n")}) {
      out.getBuffer().setLength(0);
      assertThat(replay(text + "q=forbidden")).as(err.toString()).isEqualTo(ExitCode.OK);
      assertThat(out.toString())
          .containsSubsequence(
              "request   POST /form for www.example.com",
              "INSPECT   refuses: ",
              "rule 1000",
              "ARGS:q: forbidden",
              "to let just this pass, in waf.exclusions: {path: \"/form\", rules: [\"1000\"],",
              "result    refused: inspect.blocked, status 403");
    }
  }

  @Test
  void replayJudgesEachLineOfAnAccessLog() throws IOException {
    String line =
        "{\"client_ip\":\"192.0.2.9\",\"method\":\"GET\",\"host\":\"www.example.com\",\"path\":\"/a\","
            + "\"query\":QUERY,\"user_agent\":\"test/1\",\"referer\":null,\"ssl_protocol\":null,"
            + "\"listener\":\"web\"}\n";
    String log = line.replace("QUERY", "\"q=forbidden\"") + line.replace("QUERY", "null");
    assertThat(replay(log)).as(err.toString()).isEqualTo(ExitCode.OK);
    assertThat(out.toString())
        .containsSubsequence(
            "request   GET /a?q=forbidden for www.example.com",
            "from 192.0.2.9 to listener web",
            "refused: inspect.blocked",
            "request   GET /a for www.example.com",
            "INSPECT   no rule matches",
            "result    forwarded");
  }

  @Test
  void replaySaysThatItIsNoRequest() throws IOException {
    assertThat(replay("nonsense")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("no request (expected: a head, an empty line");
    assertThat(replay("{\"a\":1}\n")).isEqualTo(ExitCode.USAGE);
    assertThat(replay("{\"a\":\n")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("line 1: no entry of the access log");
    assertThat(replay("")).isEqualTo(ExitCode.USAGE);
    assertThat(weir("waf", "replay", "/no/such/file", "--config", "x"))
        .isEqualTo(ExitCode.UNAVAILABLE);
  }

  private int replay(String recorded) throws IOException {
    Files.writeString(
        folder.resolve("own.conf"),
        "SecRule ARGS \"@contains forbidden\" \"id:1000,phase:2,deny,log,msg:'no such word'\"\n");
    Path config =
        write(
            """
            waf: { rules_folder: ., rule_sets: [own] }
            listeners: [{ name: web, addresses: ["127.0.0.1:0"], pool: app }]
            pools: [{ name: app, backends: [{ address: "192.0.2.10:80" }] }]
            """);
    Path file = Files.writeString(folder.resolve("recorded"), recorded);
    return weir("waf", "replay", file.toString(), "--config", config.toString());
  }

  @Test
  void refusesWhatItDoesNotKnow() {
    assertThat(weir("frobnicate")).isEqualTo(ExitCode.USAGE);
    assertThat(weir()).isEqualTo(ExitCode.USAGE);
    assertThat(weir("run")).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void demoServesWhatItShows() {
    assertThat(weir("demo", "--once")).as(out.toString()).isEqualTo(ExitCode.OK);
    assertThat(out.toString()).contains("steps went well").doesNotContain("FAILED");
  }

  @Test
  void topShowsARunningProcess() throws Exception {
    try (Demo demo = Demo.onFreePorts();
        Controller controller =
            Controller.start(
                demo.config(), ListeningSockets.none(), new Options("test", Duration.ZERO))) {
      int port = Objects.requireNonNull(controller.managementAddress()).getPort();
      assertThat(weir("top", "--once", "--management", "127.0.0.1:" + port)).isEqualTo(ExitCode.OK);
    }
    assertThat(out.toString()).contains("weir demo").contains("pool trees").contains("HEALTHY");
  }

  @Test
  void topSaysThatNobodyAnswers() throws IOException {
    String address = "127.0.0.1:" + unusedPort();
    assertThat(weir("top", "--once", "--management", address)).isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(err.toString()).contains("no status from http://" + address);
    assertThat(weir("top", "--management", "nowhere:x")).isEqualTo(ExitCode.USAGE);
  }

  private static int unusedPort() throws IOException {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    }
  }

  // ------------------------------------------------------------------ fixture

  private int weir(String... arguments) {
    return WeirCommand.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }

  private int explain(String... arguments) throws IOException {
    String[] all = new String[arguments.length + 2];
    all[0] = "explain";
    all[1] = routed().toString();
    System.arraycopy(arguments, 0, all, 2, arguments.length);
    return weir(all);
  }

  private Path routed() throws IOException {
    return write(
        """
        trusted_proxies: ["198.51.100.0/24"]
        listeners:
          - name: web
            addresses: ["127.0.0.1:0", "[::1]:0"]
        routes:
          - name: old
            match: { hosts: [www.example.com] }
            redirect: { scheme: https }
          - name: admin
            match: { path: { prefix: /admin } }
            respond: { status: 403 }
          - name: api
            match: { path: { prefix: /v1 } }
            split: [{ pool: app, weight: 9 }, { pool: next }]
        pools:
          - name: app
            backends: [{ address: "192.0.2.10:80" }, { address: "[2001:db8::10]:80" }]
          - name: next
            backends: [{ address: "192.0.2.11:80" }]
        """);
  }

  private Path write(String text) throws IOException {
    return Files.writeString(folder.resolve("weir.yaml"), text);
  }
}
