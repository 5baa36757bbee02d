package io.weir.bench;

import io.weir.waf.RuleSet;
import io.weir.waf.Transaction;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * CPU time and allocation for one transaction's request phases, for requests of several sizes,
 * harmless and hostile. Arguments: the folder of a Core Rule Set, the paranoia level (1 if
 * missing).
 */
public final class WafBenchmark {
  private static final int SECONDS_PER_CASE = 2;

  private final RuleSet rules;
  private final Transaction transaction;
  private final com.sun.management.ThreadMXBean threads =
      (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

  private WafBenchmark(RuleSet rules) {
    this.rules = rules;
    transaction = rules.newTransaction();
  }

  private record Field(String name, String value) {}

  @SuppressWarnings("ArrayRecordComponent")
  private record Request(String method, String uri, List<Field> fields, byte[] body) {}

  /** Compiles and measures. */
  public static void main(String[] args) throws Exception {
    String level = args.length > 1 ? args[1] : "1";
    long begin = System.nanoTime();
    WafBenchmark benchmark = new WafBenchmark(compile(Path.of(args[0]), level));
    System.out.printf("compiled in %d ms%n", (System.nanoTime() - begin) / 1_000_000);
    for (Map.Entry<String, Request> entry : requests().entrySet()) {
      if (args.length < 3 || entry.getKey().contains(args[2])) {
        benchmark.measure(entry.getKey(), entry.getValue());
      }
    }
    System.out.printf("automata: %d KiB%n", benchmark.rules.automataMemory() >> 10);
  }

  private static RuleSet compile(Path folder, String level) throws Exception {
    RuleSet.Compiler compiler =
        RuleSet.compiler()
            .baseRules()
            .file(folder.resolve("crs-setup.conf.example"))
            .text(
                "SecAction \"id:1,phase:1,nolog,pass,setvar:tx.blocking_paranoia_level="
                    + level
                    + "\"",
                "level");
    try (Stream<Path> files = Files.list(folder.resolve("rules"))) {
      files.filter(file -> file.toString().endsWith(".conf")).sorted().forEach(compiler::file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return compiler.compile();
  }

  private void measure(String name, Request request) {
    long warmUntil = System.nanoTime() + SECONDS_PER_CASE * 1_000_000_000L;
    int runs = 0;
    int matches = 0;
    long first = System.nanoTime();
    judge(request);
    first = System.nanoTime() - first;
    while (System.nanoTime() < warmUntil) {
      matches = judge(request);
      runs++;
    }
    runs = Math.max(5, runs / 2);
    long cpu = threads.getCurrentThreadCpuTime();
    long allocated = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < runs; i++) {
      judge(request);
    }
    double micros = (threads.getCurrentThreadCpuTime() - cpu) / 1e3 / runs;
    allocated = (threads.getCurrentThreadAllocatedBytes() - allocated) / runs;
    int size = Math.max(request.body().length, request.uri().length());
    System.out.printf(
        "%-28s %10.1f us %8.1f us/KiB %8d B allocated, %d rules matched, first %d us%n",
        name, micros, micros * 1024 / size, allocated, matches, first / 1000);
  }

  private int judge(Request request) {
    transaction.reset();
    transaction.connection("192.0.2.7", 40000, "198.51.100.1", 443);
    transaction.requestLine(octets(request.method()), octets(request.uri()), octets("HTTP/1.1"));
    for (Field field : request.fields()) {
      transaction.requestHeader(field.name(), field.value());
    }
    if (transaction.endRequestHeaders() == null) {
      transaction.requestBody(request.body(), 0, request.body().length);
      transaction.endRequestBody();
    }
    return transaction.matches().size();
  }

  private static byte[] octets(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static Map<String, Request> requests() {
    Map<String, Request> requests = new LinkedHashMap<>();
    requests.put(
        "GET simple",
        new Request(
            "GET",
            "/index.html",
            List.of(
                new Field("Host", "www.example.com"),
                new Field("User-Agent", "curl/8.5.0"),
                new Field("Accept", "*/*")),
            new byte[0]));
    String query =
        "?q=garden+chairs&page=2&sort=price_asc&color=dark%20green&session=a81bc81b-dead-4e5d";
    requests.put(
        "GET browser, 5 arguments",
        new Request("GET", "/shop/search" + query, browser(""), new byte[0]));
    Random random = new Random(7);
    requests.put("form 500 B", form(random, 500));
    requests.put("JSON 2 KiB", json(random, 2048));
    requests.put("JSON 64 KiB", json(random, 65536));
    requests.put("form 64 KiB", form(random, 65536));
    String punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ \n";
    for (int size : new int[] {2048, 65536}) {
      requests.put("hostile random octets " + size, hostile(random, size, null));
      requests.put("hostile punctuation " + size, hostile(random, size, punctuation));
      requests.put(
          "hostile shell " + size, hostile(random, size, "abcehilnopstuw$(){}[]'\"\\;|&`?*. /-"));
    }
    for (String near :
        new String[] {
          "' or union sel ",
          "<scrip ",
          ";cat ",
          "$(",
          "../",
          "b'u's'y'b",
          "\\\\u",
          "(((((",
          "a=b;",
          "eval(",
          "%25"
        }) {
      requests.put("hostile repeated " + near.strip(), repeated(near, 8192));
    }
    return requests;
  }

  private static List<Field> browser(String contentType) {
    List<Field> fields = new ArrayList<>();
    fields.add(new Field("Host", "www.example.com"));
    fields.add(
        new Field(
            "User-Agent",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
                + " Chrome/126.0.0.0 Safari/537.36"));
    fields.add(
        new Field(
            "Accept",
            "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"));
    fields.add(new Field("Accept-Language", "en-US,en;q=0.9,de;q=0.8"));
    fields.add(new Field("Accept-Encoding", "gzip, deflate, br"));
    fields.add(new Field("Referer", "https://www.example.com/shop/"));
    fields.add(
        new Field(
            "Cookie", "sid=5f1d7e84c9b24ad2; theme=dark; _ga=GA1.2.1203948756.1700000000; cart=3"));
    fields.add(new Field("Sec-Fetch-Mode", "navigate"));
    fields.add(new Field("Sec-Fetch-Site", "same-origin"));
    fields.add(new Field("Upgrade-Insecure-Requests", "1"));
    if (!contentType.isEmpty()) {
      fields.add(new Field("Content-Type", contentType));
    }
    return fields;
  }

  private static Request post(String type, String body) {
    byte[] octets = octets(body);
    List<Field> fields = browser(type);
    fields.add(new Field("Content-Length", Integer.toString(octets.length)));
    return new Request("POST", "/api/items", fields, octets);
  }

  private static final String[] WORDS = {
    "garden", "chair", "wooden", "delivery", "to", "the", "address", "please", "and", "invoice",
        "green",
    "2024", "for", "two", "persons", "Miller", "street", "Berlin", "order", "from", "our", "new"
  };

  private static String words(Random random, int count) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append(i == 0 ? "" : " ").append(WORDS[random.nextInt(WORDS.length)]);
    }
    return text.toString();
  }

  private static Request form(Random random, int size) {
    StringBuilder body = new StringBuilder();
    for (int i = 0; body.length() < size; i++) {
      body.append(i == 0 ? "" : "&").append("field").append(i).append('=');
      body.append(words(random, size > 1000 ? 80 : 7).replace(' ', '+'));
    }
    return post("application/x-www-form-urlencoded", body.toString());
  }

  private static Request json(Random random, int size) {
    StringBuilder body = new StringBuilder("{\"items\":[");
    for (int i = 0; body.length() < size; i++) {
      body.append(i == 0 ? "" : ",");
      body.append("{\"id\":" + random.nextInt(10_000) + ",\"name\":\"" + words(random, 3));
      body.append("\",\"note\":\"" + words(random, 9) + "\",\"price\":19.9,\"ok\":true}");
    }
    return post("application/json", body.append("]}").toString());
  }

  private static Request hostile(Random random, int size, @Nullable String alphabet) {
    StringBuilder value = new StringBuilder("q=");
    while (value.length() < size) {
      int octet =
          alphabet == null
              ? random.nextInt(256)
              : alphabet.charAt(random.nextInt(alphabet.length()));
      value.append(
          Character.isLetterOrDigit(octet) && octet < 128
              ? "" + (char) octet
              : String.format("%%%02x", octet));
    }
    return post("application/x-www-form-urlencoded", value.toString());
  }

  private static Request repeated(String text, int size) {
    return post(
        "application/x-www-form-urlencoded",
        "q=" + URLEncoder.encode(text.repeat(size / text.length()), StandardCharsets.ISO_8859_1));
  }
}
