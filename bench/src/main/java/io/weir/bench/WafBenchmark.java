package io.weir.bench;

import io.weir.bench.WafRequests.Field;
import io.weir.bench.WafRequests.Request;
import io.weir.waf.RuleException;
import io.weir.waf.RuleSet;
import io.weir.waf.Transaction;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * CPU time and allocation for one transaction's request phases, for requests of several sizes,
 * harmless and hostile. Arguments: the folder of a Core Rule Set, the paranoia level (1 if
 * missing), seconds for each request (2), and part of the names of those that are wanted. With
 * {@code --write FOLDER} the harmless requests are written to files instead; with {@code --start
 * FOLDER FILE} rules are compiled once, patterns taken from the file and kept there.
 */
public final class WafBenchmark {
  private static final byte[] PROTOCOL = WafRequests.octets("HTTP/1.1");

  private final Transaction transaction;
  private final long nanosPerCase;
  private final com.sun.management.ThreadMXBean threads =
      (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

  private WafBenchmark(RuleSet rules, double seconds) {
    nanosPerCase = (long) (seconds * 1e9);
    transaction = rules.newTransaction();
  }

  /** Compiles and measures. */
  public static void main(String[] args) throws Exception {
    if (args[0].equals("--write")) {
      write(Path.of(args[1]));
      return;
    }
    if (args[0].equals("--start")) {
      start(Path.of(args[1]), Path.of(args[2]));
      return;
    }
    long begin = System.nanoTime();
    RuleSet rules = compile(Path.of(args[0]), args.length > 1 ? args[1] : "1");
    rules.prepare();
    System.out.printf("compiled in %d ms%n", (System.nanoTime() - begin) / 1_000_000);
    double seconds = args.length > 2 ? Double.parseDouble(args[2]) : 2;
    WafBenchmark benchmark = new WafBenchmark(rules, seconds);
    Map<String, Request> requests = new LinkedHashMap<>(WafRequests.harmless());
    requests.putAll(WafRequests.hostile());
    List<String> wanted = args.length > 3 ? List.of(args[3].split(",", -1)) : List.of("");
    requests.forEach((name, request) -> {
      if (wanted.stream().anyMatch(name::contains)) {
        benchmark.measure(name, request);
      }
    });
    System.out.printf("automata: %d KiB%n", rules.automataMemory() >> 10);
  }

  private static void start(Path rules, Path patterns) throws IOException, RuleException {
    Request first = WafRequests.harmless().values().iterator().next();
    long begun = System.nanoTime();
    RuleSet set = compile(rules, "1", RuleSet.compiler().patternCache(patterns));
    long compiled = System.nanoTime();
    Thread.ofPlatform().daemon().start(set::prepare);
    judge(set.newTransaction(), first);
    long judged = System.nanoTime();
    System.out.printf("compiled in %d ms, ", (compiled - begun) / 1_000_000);
    System.out.printf("first request judged after %d ms%n", (judged - begun) / 1_000_000);
  }

  private static void write(Path folder) throws IOException {
    for (Map.Entry<String, Request> entry : WafRequests.harmless().entrySet()) {
      Files.write(folder.resolve(entry.getKey() + ".http"), entry.getValue().message());
    }
  }

  /** The rules of a Core Rule Set at a paranoia level. */
  static RuleSet compile(Path folder, String level) throws IOException, RuleException {
    return compile(folder, level, RuleSet.compiler());
  }

  private static RuleSet compile(Path folder, String level, RuleSet.Compiler begun)
      throws IOException, RuleException {
    RuleSet.Compiler compiler =
        begun
            .baseRules()
            .file(folder.resolve("crs-setup.conf.example"))
            .text(
                "SecAction \"id:1,phase:1,nolog,pass,setvar:tx.blocking_paranoia_level="
                    + level
                    + "\"",
                "level");
    try (Stream<Path> files = Files.list(folder.resolve("rules"))) {
      files.filter(file -> file.toString().endsWith(".conf")).sorted().forEach(compiler::file);
    }
    return compiler.compile();
  }

  private void measure(String name, Request request) {
    long first = System.nanoTime();
    int matches = judge(transaction, request);
    first = System.nanoTime() - first;
    long warmUntil = System.nanoTime() + nanosPerCase;
    int runs = 0;
    while (System.nanoTime() < warmUntil) {
      judge(transaction, request);
      runs++;
    }
    runs = Math.max(5, runs / 2);
    long cpu = threads.getCurrentThreadCpuTime();
    long allocated = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < runs; i++) {
      judge(transaction, request);
    }
    double micros = (threads.getCurrentThreadCpuTime() - cpu) / 1e3 / runs;
    allocated = (threads.getCurrentThreadAllocatedBytes() - allocated) / runs;
    int size = Math.max(request.body().length, request.uri().length);
    System.out.printf(
        "%-28s %10.1f us %8.1f us/KiB %8d B allocated, %d rules matched, first %d us, %d units, left %d%n",
        name,
        micros,
        micros * 1024 / size,
        allocated,
        matches,
        first / 1000,
        workDone(),
        transaction.workLeft());
  }

  private static long granted;
  private static long left;

  /** Units of work that the last request took. */
  static long workDone() {
    return granted - left;
  }

  /** Units of work that the request may take. */
  static long allowed(Transaction transaction, Request request) {
    begin(transaction, request);
    return transaction.workLeft(request.body().length);
  }

  private static void begin(Transaction transaction, Request request) {
    transaction.reset();
    transaction.connection("192.0.2.7", 40000, "198.51.100.1", 443);
    transaction.requestLine(request.method(), request.uri(), PROTOCOL);
    for (Field field : request.fields()) {
      byte[] name = field.name();
      byte[] value = field.value();
      transaction.requestHeader(name, 0, name.length, value, 0, value.length);
    }
  }

  /** Judges the request; returns how many rules matched. */
  static int judge(Transaction transaction, Request request) {
    begin(transaction, request);
    granted = transaction.workLeft();
    if (transaction.endRequestHeaders() == null) {
      granted += transaction.workLeft(request.body().length) - transaction.workLeft();
      transaction.requestBody(request.body(), 0, request.body().length);
      transaction.endRequestBody();
    }
    left = transaction.workLeft();
    return transaction.matches().size();
  }
}
