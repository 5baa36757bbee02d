package io.weir.it;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.weir.proxy.http1.SecondReader;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * The smuggling corpus against the running program: each case is refused, or forwarded in one
 * canonical reading. A raw socket behind Weir re-reads all that arrives with the second reader.
 *
 * <p>Verdicts:
 *
 * <ul>
 *   <li>{@code refused STATUS REASON}: answered so and closed; no whole request reaches the
 *       backend, and none that was said behind it. {@code goes-on}: the connection stays.
 *   <li>{@code forwarded}: the backend gets just the requests of the other parts, and one more that
 *       is said behind them. {@code closes}: that one is not served.
 *   <li>{@code broken}: the connection ends without an answer (HTTP/2 with GOAWAY).
 *   <li>{@code answer}: the client gets the last part. {@code refused} and {@code cut REASON}: the
 *       client gets Weir's own answer, or one that visibly is not whole. In these the first part is
 *       the request, the second what the backend says. {@code backend-closes}: it then closes.
 * </ul>
 *
 * <p>Each case comes from a client address of its own, by which the backend and the access log know
 * it.
 */
class SmugglingTest {
  private static final int PORT = Tools.freePort();
  private static final int AT_ONCE = 24;

  /** What Weir tells the backend, which is not the corpus's matter. */
  private static final Set<String> OWN_FIELDS =
      Set.of("x-forwarded-for", "x-request-id", "date", "x-real-ip");

  @TempDir private static Path folder;
  private static WeirProcess weir;
  private static Backend backend;
  private static final Map<SmugglingCase, Future<?>> RUNS =
      new TreeMap<>(java.util.Comparator.comparing(SmugglingCase::name));
  private static final Map<SmugglingCase, String> ADDRESSES = new ConcurrentHashMap<>();
  private static List<JsonNode> log = List.of();

  /** Answers every whole request, and keeps what the second reader read, by client. */
  private static final class Backend implements AutoCloseable {
    private final ServerSocket server;
    private final Map<String, List<String>> requests = new ConcurrentHashMap<>();
    private final Map<String, SmugglingCase> answers = new ConcurrentHashMap<>();
    private final List<String> unreadable = new CopyOnWriteArrayList<>();

    Backend() throws IOException {
      server = new ServerSocket(0, 1024, InetAddress.getLoopbackAddress());
      Thread.ofVirtual().start(this::accept);
    }

    private void accept() {
      try {
        while (true) {
          Socket socket = server.accept();
          Thread.ofVirtual().start(() -> serve(socket));
        }
      } catch (IOException closed) {
        // the end
      }
    }

    private void serve(Socket socket) {
      try (socket) {
        SecondReader reader = new SecondReader(new BufferedInputStream(socket.getInputStream()));
        SecondReader.Request request = reader.request();
        while (request != null && answer(socket, request)) {
          request = reader.request();
        }
      } catch (SecondReader.Malformed malformed) {
        unreadable.add(malformed.getMessage());
      } catch (SecondReader.CutShort | IOException gone) {
        // Weir gave up the request: nothing was whole
      }
    }

    private boolean answer(Socket socket, SecondReader.Request request) throws IOException {
      if (!request.canonical().equals(request.octets())) {
        unreadable.add("not canonical: " + request.octets());
      }
      String client = String.join("+", request.values("X-Forwarded-For"));
      requests.computeIfAbsent(client, c -> new CopyOnWriteArrayList<>()).add(text(request));
      SmugglingCase of = answers.get(client);
      boolean scripted = of != null && !request.target().startsWith("/after");
      byte[] answer =
          scripted
              ? of.octets(1)
              : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".getBytes(ISO_8859_1);
      socket.getOutputStream().write(answer);
      return !scripted || !of.says("backend-closes");
    }

    /** Without what Weir tells of itself and the client. */
    private static String text(SecondReader.Request request) {
      return request.method()
          + " "
          + request.target()
          + " "
          + request.version()
          + "\r\n"
          + lines(request.fields())
          + "\r\n"
          + request.body();
    }

    @Override
    public void close() throws IOException {
      server.close();
    }
  }

  private static String lines(List<SecondReader.Field> fields) {
    return fields.stream()
        .filter(field -> !OWN_FIELDS.contains(field.name().toLowerCase(Locale.ROOT)))
        .map(field -> field.name() + ": " + field.value() + "\r\n")
        .collect(Collectors.joining());
  }

  // ------------------------------------------------------------------ one client for each case

  @BeforeAll
  static void runAll() throws IOException, InterruptedException {
    backend = new Backend();
    weir =
        WeirProcess.start(
            folder,
            """
            workers: 2
            limits: { body: 1MiB }
            security_headers: off
            forwarded_headers: { headers: [X-Forwarded-For] }
            listeners: [{ name: web, address: "0.0.0.0:%1$d" }]
            routes:
              - { name: closes, match: { path: { exact: /closes } }, pool: closing, retries: { attempts: 0 } }
              - { name: says, match: { path: { exact: /x } }, pool: saying, retries: { attempts: 0 } }
              - { name: all, pool: app, retries: { attempts: 0 } }
            pools:
              - { name: app, outlier_ejection: off, backends: [{ address: "127.0.0.1:%2$d" }] }
              - { name: saying, outlier_ejection: off, backends: [{ address: "127.0.0.1:%2$d" }] }
              # Nobody shall use a connection that the backend is about to close.
              - { name: closing, outlier_ejection: off, backends: [{ address: "127.0.0.1:%2$d" }], keepalive: { max_idle_per_worker: 0 } }
            """
                .formatted(PORT, backend.server.getLocalPort()));
    try (ExecutorService clients = Executors.newFixedThreadPool(AT_ONCE)) {
      int number = 0;
      for (SmugglingCase each : SmugglingCase.all()) {
        number++;
        String address = "127.77." + number / 200 + "." + (number % 200 + 1);
        ADDRESSES.put(each, address);
        RUNS.put(each, clients.submit(() -> run(each, address)));
      }
    }
    log =
        await()
            .atMost(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS)
            .until(() -> weir.accessLog(), SmugglingTest::isWhole);
  }

  /** Whether there is an entry for each case that has one. */
  private static boolean isWhole(List<JsonNode> entries) {
    Set<String> clients =
        entries.stream().map(entry -> entry.path("client_ip").asText()).collect(Collectors.toSet());
    return ADDRESSES.entrySet().stream()
        .filter(each -> !each.getKey().outcome().equals("broken"))
        .allMatch(each -> clients.contains(each.getValue()));
  }

  @AfterAll
  static void stop() throws IOException {
    weir.close();
    backend.close();
  }

  private static void run(SmugglingCase each, String address) {
    try (Socket socket = new Socket()) {
      socket.bind(new InetSocketAddress(InetAddress.ofLiteral(address), 0));
      socket.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), PORT));
      socket.setSoTimeout(Tools.PATIENCE_SECONDS * 1000);
      socket.setTcpNoDelay(true);
      if (each.isHttp2()) {
        RawFrames.run(each, socket);
      } else if (each.isResponse()) {
        backend.answers.put(address, each);
        runResponse(each, socket);
      } else {
        runRequest(each, socket);
      }
    } catch (IOException failed) {
      throw new AssertionError(each.toString(), failed);
    }
  }

  private static byte[] follower() {
    return "GET /after HTTP/1.1\r\nHost: www.example.com\r\n\r\n".getBytes(ISO_8859_1);
  }

  private static void send(Socket socket, byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    try {
      socket.getOutputStream().write(all.toByteArray());
    } catch (IOException closed) {
      // the answer is there to be read
    }
  }

  private static void runRequest(SmugglingCase each, Socket socket) throws IOException {
    SecondReader answers = reader(socket);
    send(socket, each.octets(0), follower());
    int expected =
        switch (each.outcome()) {
          case "refused" -> each.says("goes-on") ? 2 : 1;
          case "forwarded" -> each.sections().size() - (each.says("closes") ? 1 : 0);
          default -> 0;
        };
    for (int i = 0; i < expected; i++) {
      int status = nextFinal(answers, method(each, i)).status();
      boolean refused = i == 0 && each.outcome().equals("refused");
      assertThat(status).as("%s, answer %d", each, i).isEqualTo(refused ? status(each) : 200);
    }
    if (each.says("goes-on") || each.outcome().equals("forwarded") && !each.says("closes")) {
      return;
    }
    assertThat(answers.isAtEndOrCut()).as("%s: closed", each).isTrue();
  }

  /** Of the i-th request, which decides whether its answer has content. */
  private static String method(SmugglingCase each, int i) {
    boolean forwarded = each.outcome().equals("forwarded") && i + 1 < each.sections().size();
    String text = forwarded ? each.text(i + 1) : each.text(0).stripLeading();
    return text.startsWith("HEAD ") ? "HEAD" : "GET";
  }

  private static int status(SmugglingCase each) {
    return Integer.parseInt(each.verdict().get(1));
  }

  private static SecondReader reader(Socket socket) throws IOException {
    InputStream in = new BufferedInputStream(socket.getInputStream());
    return new SecondReader(in);
  }

  private static SecondReader.Response nextFinal(SecondReader reader, String method) {
    SecondReader.Response response = reader.response(method);
    while (response.status() < 200) {
      response = reader.response(method);
    }
    assertThat(response.canonical()).isEqualTo(response.octets());
    return response;
  }

  private static void runResponse(SmugglingCase each, Socket socket) throws IOException {
    SecondReader answers = reader(socket);
    send(socket, each.octets(0));
    String method = each.text(0).startsWith("HEAD ") ? "HEAD" : "GET";
    SecondReader.Response got;
    try {
      got = nextFinal(answers, method);
    } catch (SecondReader.CutShort cut) {
      assertThat(each.outcome()).as(each.toString()).isEqualTo("cut");
      return;
    }
    if (each.outcome().equals("answer")) {
      String text =
          "HTTP/1.1 " + got.status() + " " + got.phrase() + "\r\n" + lines(got.fields()) + "\r\n";
      assertThat(text + got.body()).as(each.toString()).isEqualTo(each.text(2));
    } else {
      // Where nothing of a cut answer had left yet, there still is a true one to give.
      int status = each.outcome().equals("refused") ? status(each) : 502;
      assertThat(got.status()).as(each.toString()).isEqualTo(status);
    }
    if (!got.values("Connection").contains("close")) {
      send(socket, follower());
      assertThat(nextFinal(answers, "GET").body()).as("%s, the next answer", each).isEqualTo("ok");
    }
  }

  // ------------------------------------------------------------------ verdicts

  @TestFactory
  List<DynamicTest> isRefusedOrForwardedInOneReading() {
    List<DynamicTest> tests = new ArrayList<>();
    RUNS.forEach(
        (each, run) -> tests.add(DynamicTest.dynamicTest(each.toString(), () -> check(each, run))));
    return tests;
  }

  private static void check(SmugglingCase each, Future<?> run) throws InterruptedException {
    try {
      run.get();
    } catch (ExecutionException failed) {
      throw new AssertionError(each.toString(), failed.getCause());
    }
    checkForwarded(each);
    checkReason(each);
  }

  private static void checkForwarded(SmugglingCase each) {
    if (each.isResponse()) {
      return;
    }
    List<String> expected = new ArrayList<>();
    if (each.outcome().equals("forwarded")) {
      for (int i = 1; i < each.sections().size(); i++) {
        expected.add(each.text(i));
      }
    }
    boolean follows =
        each.says("goes-on") || each.outcome().equals("forwarded") && !each.says("closes");
    if (follows && !each.isHttp2()) {
      expected.add("GET /after HTTP/1.1\r\nhost: www.example.com\r\n\r\n");
    }
    String client = ADDRESSES.get(each);
    assertThat(backend.requests.getOrDefault(client, List.of())).isEqualTo(expected);
  }

  private static void checkReason(SmugglingCase each) {
    String reason =
        switch (each.outcome()) {
          case "refused" -> each.verdict().get(2);
          case "cut" -> each.verdict().get(1);
          case "broken" -> "";
          default -> "ok";
        };
    String client = ADDRESSES.get(each);
    List<String> reasons =
        log.stream()
            .filter(entry -> entry.path("client_ip").asText().equals(client))
            .map(entry -> entry.path("reason").asText())
            .toList();
    if (!reason.isEmpty()) {
      assertThat(reasons.getFirst()).isEqualTo(reason);
    }
  }

  @Test
  void backendsReadAllThatArrivesWithoutAChoice() {
    assertThat(backend.unreadable).isEmpty();
  }

  @Test
  void hasManyCasesThatSayWhy() {
    assertThat(RUNS).hasSizeGreaterThanOrEqualTo(400);
    assertThat(RUNS.keySet()).allMatch(each -> each.why().matches(".*(RFC \\d+ section|WHATWG).*"));
  }
}
