package io.weir.app.demo;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** What there is to try: shown as commands, or run by the program itself. */
public final class Tour implements AutoCloseable {
  /** What a lying client claims to be. */
  private static final String LIE = "198.51.100.66";

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Demo demo;
  private final Consumer<String> out;
  private final HttpClient client;
  private final List<Step> steps = new ArrayList<>();

  private interface Probe {
    boolean succeeds() throws IOException, InterruptedException;
  }

  private record Step(String title, String command, Probe probe) {}

  /** A tour through a demo that is being served. */
  public Tour(Demo demo, Consumer<String> out) throws IOException {
    this.demo = demo;
    this.out = out;
    this.client =
        HttpClient.newBuilder().sslContext(trusting(demo)).connectTimeout(PATIENCE).build();
    addSteps();
  }

  private void addSteps() {
    String web = "http://127.0.0.1:" + demo.http();
    String secure = "https://localhost:" + demo.https();
    String curl = "curl -s --cacert " + demo.certificate() + " ";
    String six = "for i in 1 2 3 4 5 6; do curl -s " + web + "/ | head -n 1; done";
    DemoBackend first = demo.backends().getFirst();
    String switches = "http://127.0.0.1:" + first.port() + "/admin/";

    step("HTTP/1.1, spread over three backends", six, () -> isSpread(web + "/", 2));
    if (demo.hasIpv6()) {
      String ipv6 = "http://[::1]:" + demo.http() + "/";
      step("IPv6", "curl -s '" + ipv6 + "'", () -> shows(get(ipv6), "::1"));
    }
    step(
        "HTTPS, HTTP/2 where the client asks for it",
        curl + "-w '%{http_version}\\n' " + secure + "/",
        () -> isAnsweredBy(HttpClient.Version.HTTP_2, get(secure + "/")));
    step(
        "HTTPS, HTTP/1.1",
        curl + "--http1.1 " + secure + "/",
        () -> isAnsweredBy(HttpClient.Version.HTTP_1_1, get(request(secure + "/"))));
    step(
        "A client that lies about its address: the naive backend still reads the truth",
        "curl -s -H 'X-Forwarded-For: " + LIE + "' " + web + "/",
        () -> isNotFooled(get(request(web + "/").header("X-Forwarded-For", LIE))));
    step(
        "A page for a browser, or JSON",
        curl + "-H 'Accept: application/json' " + web + "/",
        () -> shows(get(request(web + "/").header("Accept", "application/json")), "{"));
    step(
        "An answer of Weir's own",
        "curl -si " + web + "/admin",
        () -> get(web + "/admin").statusCode() == 403);
    String attack = web + "/search?q=1%27%20OR%20%271%27=%271";
    step(
        "An attack, refused by the firewall; the access log says why",
        "curl -si '" + attack + "'",
        () -> get(attack).statusCode() == 403 && get(web + "/search?q=oak").statusCode() == 200);
    step(
        "WebSocket echo (any client)",
        "websocat ws://127.0.0.1:" + demo.http() + "/ws",
        this::echoes);
    step(
        first.name() + " fails: nobody notices, and a second later nobody asks it any more",
        "curl -s -X POST " + switches + "down; " + six + "; curl -s -X POST " + switches + "up",
        () -> survivesWithout(switches, web + "/"));
    step(
        "Metrics",
        "curl -s http://127.0.0.1:" + demo.management() + "/metrics | grep weir_requests_total",
        () -> get("http://127.0.0.1:" + demo.management() + "/metrics").body().contains("trees"));
  }

  private void step(String title, String command, Probe probe) {
    steps.add(new Step(title, command, probe));
  }

  // ------------------------------------------------------------------ shown

  /** Prints what runs and the commands to try. */
  public void show() {
    out.accept("");
    out.accept("Weir stands before three backends, " + names() + ", that say what they see.");
    out.accept("  configuration  " + demo.config());
    out.accept("  access log     tail -f " + demo.accessLog());
    out.accept("  browser        http://127.0.0.1:" + demo.http() + "/");
    out.accept("");
    out.accept("Try in another terminal:");
    for (Step step : steps) {
      out.accept("");
      out.accept("  # " + step.title());
      out.accept("  " + step.command());
    }
    out.accept("");
    out.accept("  # What would become of a request, and why");
    out.accept(
        "  ./weir explain " + demo.config() + " --url http://127.0.0.1:" + demo.http() + "/admin");
    out.accept("");
    out.accept("  # Live rates, latencies and health");
    out.accept("  ./weir top --management 127.0.0.1:" + demo.management());
    out.accept("");
    out.accept("Ctrl-C ends the demo.");
  }

  private String names() {
    return String.join(", ", demo.backends().stream().map(DemoBackend::name).toList());
  }

  // ------------------------------------------------------------------ run

  /**
   * Does all of it and prints what came of it.
   *
   * @return whether all went as it should
   */
  public boolean run() throws InterruptedException {
    int failed = 0;
    for (Step step : steps) {
      out.accept("");
      out.accept("# " + step.title());
      out.accept("$ " + step.command());
      if (!run(step)) {
        failed++;
      }
    }
    out.accept("");
    out.accept(
        failed == 0
            ? "all " + steps.size() + " steps went well"
            : failed + " of " + steps.size() + " steps failed");
    return failed == 0;
  }

  private boolean run(Step step) throws InterruptedException {
    try {
      boolean good = step.probe().succeeds();
      out.accept(good ? "ok" : "FAILED");
      return good;
    } catch (IOException failed) {
      out.accept("FAILED: " + failed);
      return false;
    }
  }

  /**
   * Sends requests of all kinds for a while, and then for as long again beside clients that do not
   * behave.
   *
   * @param patience how long to wait for somebody to serve
   * @return whether all were answered
   */
  public boolean exercise(Duration patience, Duration time) throws InterruptedException {
    String web = "http://127.0.0.1:" + demo.http() + "/";
    String secure = "https://localhost:" + demo.https() + "/";
    long end = System.nanoTime() + patience.toNanos();
    while (!isServed(web) && System.nanoTime() - end < 0) {
      Thread.sleep(20);
    }
    try {
      RoughClients rough = new RoughClients(demo, client.sslContext());
      long begin = System.nanoTime();
      long passed = 0;
      while (passed < 2 * time.toNanos()) {
        get(web);
        get(secure);
        get(request(secure));
        if (passed > time.toNanos()) {
          rough.round();
        }
        passed = System.nanoTime() - begin;
      }
      return true;
    } catch (IOException failed) {
      out.accept(failed.toString());
      return false;
    }
  }

  private boolean isServed(String url) throws InterruptedException {
    try {
      return get(url).statusCode() == 200;
    } catch (IOException notYet) {
      return false;
    }
  }

  private boolean shows(HttpResponse<String> answer, String text) {
    out.accept(answer.body().stripTrailing());
    return answer.statusCode() == 200 && answer.body().contains(text);
  }

  private boolean isAnsweredBy(HttpClient.Version version, HttpResponse<String> answer) {
    out.accept(answer.version() + " " + answer.statusCode());
    return shows(answer, "https") && answer.version() == version;
  }

  private boolean isNotFooled(HttpResponse<String> answer) {
    return shows(answer, "127.0.0.1") && !answer.body().contains(LIE);
  }

  private boolean isSpread(String url, int atLeast) throws IOException, InterruptedException {
    Set<String> backends = new TreeSet<>();
    for (int i = 0; i < 6; i++) {
      HttpResponse<String> answer = get(url);
      if (answer.statusCode() != 200) {
        return false;
      }
      answer.headers().firstValue("X-Backend").ifPresent(backends::add);
    }
    out.accept("answered by " + backends);
    return backends.size() >= atLeast;
  }

  private boolean survivesWithout(String switches, String url)
      throws IOException, InterruptedException {
    client.send(post(switches + "down"), BodyHandlers.ofString());
    try {
      return isSpread(url, 1);
    } finally {
      client.send(post(switches + "up"), BodyHandlers.ofString());
    }
  }

  private boolean echoes() throws IOException, InterruptedException {
    CompletableFuture<String> echo = new CompletableFuture<>();
    WebSocket.Listener listener =
        new WebSocket.Listener() {
          @Override
          @SuppressWarnings("NullAway") // null means: the message is done with
          public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            echo.complete(data.toString());
            return null;
          }

          @Override
          public void onError(WebSocket socket, Throwable error) {
            echo.completeExceptionally(error);
          }
        };
    URI uri = URI.create("ws://127.0.0.1:" + demo.http() + "/ws");
    try {
      WebSocket socket =
          client.newWebSocketBuilder().buildAsync(uri, listener).get(10, TimeUnit.SECONDS);
      socket.sendText("hello", true);
      String answer = echo.get(10, TimeUnit.SECONDS);
      socket.abort();
      out.accept(answer);
      return answer.equals("hello");
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException(e);
    }
  }

  /** HTTP/2 over TLS, HTTP/1.1 else. */
  private HttpResponse<String> get(String url) throws IOException, InterruptedException {
    HttpRequest.Builder request = request(url);
    if (url.startsWith("https:")) {
      request.version(HttpClient.Version.HTTP_2);
    }
    return get(request);
  }

  private HttpResponse<String> get(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return client.send(request.build(), BodyHandlers.ofString());
  }

  private static HttpRequest.Builder request(String url) {
    return HttpRequest.newBuilder(URI.create(url))
        .version(HttpClient.Version.HTTP_1_1)
        .timeout(PATIENCE);
  }

  private static HttpRequest post(String url) {
    return request(url).POST(HttpRequest.BodyPublishers.noBody()).build();
  }

  private static SSLContext trusting(Demo demo) throws IOException {
    try (InputStream file = Files.newInputStream(demo.certificate())) {
      KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
      trusted.load(null, null);
      trusted.setCertificateEntry(
          "demo", CertificateFactory.getInstance("X.509").generateCertificate(file));
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, factory.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException failed) {
      throw new IOException(failed);
    }
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
