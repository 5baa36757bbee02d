package io.weir.bench;

import io.weir.bench.WafRequests.Request;
import io.weir.waf.Intervention;
import io.weir.waf.RuleSet;
import io.weir.waf.Transaction;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Looks for requests that cost the WAF most CPU time per octet: classes of hostile text, each time
 * a new one, and a hill climb that changes a text as long as it gets dearer. Arguments: the folder
 * of a Core Rule Set, a folder with texts of attacks, seconds for each class (5), and part of the
 * name of those that are wanted.
 *
 * <p>What the climb found is no attack that can be stored and replayed to the same figure: states
 * that one run built are there for the next. So each run of a text is preceded by others.
 *
 * <p>Machines have phases in which everything takes longer: beside each class stands what a
 * harmless form of 64 KiB costs at that time.
 */
public final class WafWorstCase {
  private static final int[] SIZES = {2048, 16_384, 65_536};
  private static final String[] KINDS = {
    "random octets",
    "random signs",
    "shell signs",
    "attack lines",
    "attack pieces",
    "rule pieces",
    "near misses",
    "evaded words",
    "encodings",
    "in the head",
    "json numbers",
    "json names",
    "many arguments",
    "xml",
    "climbed"
  };
  private static final String SIGNS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ \n";
  private static final String SHELL = "abcehilnopstuw$(){}[]'\"\\;|&`?*. /-";

  /** As in the proxy's Inspection. */
  private static final long LOOP_WORK = 600_000;

  private final Transaction transaction;
  private final Random random = new Random(11);
  private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
  private final List<String> attacks;
  private final List<String> pieces;
  private final long nanosPerClass;
  private int refusedByBudget;
  private double nanos;
  private double units;

  private WafWorstCase(RuleSet rules, Path crs, Path texts, double seconds) throws IOException {
    transaction = rules.newTransaction();
    attacks = lines(texts, ".txt");
    pieces = lines(crs.resolve("rules"), ".data");
    nanosPerClass = (long) (seconds * 1e9);
  }

  /** Searches and tells. */
  public static void main(String[] args) throws Exception {
    if (args.length < 2) {
      System.err.println("usage: bench/run waf-worst CRS ATTACKS [SECONDS [CLASS]]");
      System.err.println("  CRS      folder of a Core Rule Set 4");
      System.err.println("  ATTACKS  folder with lines of attacks in files *.txt");
      System.err.println("  SECONDS  for each class and size; default: 5");
      System.err.println("  CLASS    only classes whose name has this in it");
      System.exit(2);
    }
    Path crs = Path.of(args[0]);
    RuleSet rules = WafBenchmark.compile(crs, "1");
    rules.prepare();
    double seconds = args.length > 2 ? Double.parseDouble(args[2]) : 5;
    WafWorstCase search = new WafWorstCase(rules, crs, Path.of(args[1]), seconds);
    search.warmUp();
    System.out.printf("CPU us per KiB of the whole request; automata %s%n", memory(rules));
    String wanted = args.length > 3 ? args[3] : "";
    for (String kind : KINDS) {
      for (int size : SIZES) {
        if ((kind + " " + size).contains(wanted)) {
          search.measure(kind, size);
        }
      }
    }
    if ("loop".contains(wanted)) {
      search.loop();
    }
    System.out.printf("automata %s%n", memory(rules));
  }

  /** What an event loop judges itself: hostile requests as long as the proxy leaves to it. */
  private void loop() {
    List<Double> costs = new ArrayList<>();
    long until = System.nanoTime() + 4 * nanosPerClass;
    while (System.nanoTime() < until) {
      String kind = KINDS[random.nextInt(KINDS.length - 1)];
      Request request = request(kind, 256 + random.nextInt(2048));
      if (WafBenchmark.allowed(transaction, request) <= LOOP_WORK) {
        costs.add(cost(request) * request.message().length / 1024);
      }
    }
    double[] sorted = costs.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    System.out.printf(
        "on the loop: median %.0f us, p99 %.0f, p99.9 %.0f, worst %.0f of %d%n",
        sorted[sorted.length / 2],
        sorted[(int) (sorted.length * .99)],
        sorted[(int) (sorted.length * .999)],
        sorted[sorted.length - 1],
        sorted.length);
  }

  private static String memory(RuleSet rules) {
    return (rules.automataMemory() >> 10) + " KiB";
  }

  private static List<String> lines(Path folder, String suffix) throws IOException {
    List<String> lines = new ArrayList<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(path -> path.toString().endsWith(suffix)).sorted().toList()) {
        for (String line : Files.readString(file, StandardCharsets.ISO_8859_1).split("\n", -1)) {
          if (!line.isBlank() && !line.startsWith("#")) {
            lines.add(line.strip());
          }
        }
      }
    }
    return lines;
  }

  private void warmUp() {
    long until = System.nanoTime() + 3 * nanosPerClass;
    while (System.nanoTime() < until) {
      for (String kind : KINDS) {
        cost(request(kind, 4096));
      }
      WafRequests.harmless().values().forEach(this::cost);
    }
  }

  private double control() {
    return steady(Objects.requireNonNull(WafRequests.harmless().get("form64k")));
  }

  private void measure(String kind, int size) {
    double control = control();
    List<Double> costs = new ArrayList<>();
    refusedByBudget = 0;
    nanos = 0;
    units = 0;
    long until = System.nanoTime() + nanosPerClass;
    if (kind.equals("climbed")) {
      costs.add(climb(size, until + 4 * nanosPerClass));
    }
    while (System.nanoTime() < until) {
      costs.add(cost(request(kind, size)));
    }
    double[] sorted = costs.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    System.out.printf(
        "%-16s %6d octets: median %6.0f, p90 %6.0f, worst %6.0f of %d; %d refused by the budget, %.2f ns per unit; harmless %.0f%n",
        kind,
        size,
        sorted[sorted.length / 2],
        sorted[sorted.length * 9 / 10],
        sorted[sorted.length - 1],
        sorted.length,
        refusedByBudget,
        nanos / units,
        control);
  }

  /** CPU time in microseconds per KiB. */
  private double cost(Request request) {
    int size = request.message().length;
    long begin = threads.getCurrentThreadCpuTime();
    WafBenchmark.judge(transaction, request);
    double micros = (threads.getCurrentThreadCpuTime() - begin) / 1e3;
    nanos += 1e3 * micros;
    units += WafBenchmark.workDone();
    Intervention decision = transaction.decision();
    if (decision != null && decision.cause() == Intervention.Cause.BUDGET) {
      refusedByBudget++;
    }
    return micros * 1024 / size;
  }

  private Request request(String kind, int size) {
    return switch (kind) {
      case "random octets" -> WafRequests.hostile(random, size, null);
      case "random signs" -> WafRequests.hostile(random, size, SIGNS);
      case "shell signs" -> WafRequests.hostile(random, size, SHELL);
      case "json numbers" -> json("{\"" + "abcdefgh".repeat(4) + "\":[", "1", size);
      case "json names" -> json("{\"" + text(pieces, size / 3) + "\":[", "1", size);
      case "many arguments" -> WafRequests.post(FORM, "a=1&".repeat(size / 4));
      case "xml" -> WafRequests.post("text/xml", "<a>" + "<b x='1'/>y".repeat(size / 11) + "</a>");
      case "attack lines" -> form(text(attacks, size));
      case "near misses" -> form(near(size));
      case "evaded words" -> form(evaded(size));
      case "encodings" -> form(encoded(size));
      case "in the head" -> head(mixed(size / 2), mixed(size / 2));
      case "attack pieces", "climbed" -> form(mixed(size));
      default -> form(text(pieces, size));
    };
  }

  private static final String FORM = "application/x-www-form-urlencoded";

  private static Request json(String head, String element, int size) {
    StringBuilder body = new StringBuilder(head).append(element);
    while (body.length() < size) {
      body.append(',').append(element);
    }
    return WafRequests.post("application/json", body.append("]}").toString());
  }

  /** As it stands but for the octets that a form needs escaped. */
  private static Request form(String value) {
    StringBuilder body = new StringBuilder("q=");
    for (int i = 0; i < value.length(); i++) {
      char octet = value.charAt(i);
      if (octet == '%' || octet == '&' || octet == '+' || octet < ' ') {
        body.append(String.format("%%%02x", (int) octet));
      } else {
        body.append(octet == ' ' ? '+' : octet);
      }
    }
    return WafRequests.post(FORM, body.toString());
  }

  private String text(List<String> parts, int size) {
    StringBuilder text = new StringBuilder();
    while (text.length() < size) {
      text.append(parts.get(random.nextInt(parts.size()))).append(' ');
    }
    return text.substring(0, size).replace('"', '\'').replace('\\', '/');
  }

  /** A part of an attack again and again: as near as it gets to a match without being one. */
  private String near(int size) {
    String line = attacks.get(random.nextInt(attacks.size()));
    String part = line.substring(0, Math.max(1, line.length() * random.nextInt(3, 10) / 10));
    return part.repeat(size / part.length() + 1).substring(0, size);
  }

  /** What rules look for, with the signs between its letters that a shell takes away. */
  private String evaded(int size) {
    String[] between = {"'", "\"", "\\", "$@", "$x", "", "", "[", ")", "||$"};
    StringBuilder text = new StringBuilder();
    while (text.length() < size) {
      text.append(";|&`{=\n $(".charAt(random.nextInt(10)));
      String word = pieces.get(random.nextInt(pieces.size()));
      for (int i = 0; i < Math.min(word.length(), 12); i++) {
        text.append(word.charAt(i)).append(between[random.nextInt(between.length)]);
      }
    }
    return text.substring(0, size);
  }

  /** Attacks of which each octet is written in one of the ways that transformations undo. */
  private String encoded(int size) {
    String[] ways = {
      "%c", "%c", "%%%02x", "%%u%04x", "\\u%04x", "\\x%02x", "\\%x ", "&#%d;", "&#x%x;", "/**/%c"
    };
    StringBuilder text = new StringBuilder();
    while (text.length() < size) {
      for (char octet : attacks.get(random.nextInt(attacks.size())).toCharArray()) {
        String way = ways[random.nextInt(ways.length)];
        text.append(String.format(way, way.contains("c") ? (Object) octet : (int) octet));
      }
    }
    return text.substring(0, size);
  }

  /** A GET with as much in its query as in a cookie and the name of its program. */
  private static Request head(String query, String fields) {
    String clean = fields.replaceAll("[^ -~]", "x");
    return new Request(
        "GET",
        "/?q=" + query.replaceAll("[^!-~]", "+"),
        List.of(
            new WafRequests.Field("Host", "www.example.com"),
            new WafRequests.Field("User-Agent", clean.substring(0, clean.length() / 2)),
            new WafRequests.Field("Cookie", "a=" + clean.substring(clean.length() / 2))),
        new byte[0]);
  }

  /** Short pieces of attacks and of what rules look for, with signs between. */
  private String mixed(int size) {
    StringBuilder text = new StringBuilder();
    while (text.length() < size) {
      text.append(piece());
    }
    return text.substring(0, size);
  }

  private String piece() {
    if (random.nextInt(3) == 0) {
      return "" + SIGNS.charAt(random.nextInt(SIGNS.length()));
    }
    List<String> from = random.nextBoolean() ? attacks : pieces;
    String line = from.get(random.nextInt(from.size()));
    int begin = random.nextInt(line.length());
    return line.substring(begin, Math.min(line.length(), begin + 1 + random.nextInt(12)));
  }

  /** Changes a part of the text at a time and keeps what costs more; returns the dearest. */
  private double climb(int size, long until) {
    String best = mixed(size);
    while (System.nanoTime() < until) {
      char[] next = best.toCharArray();
      String change = random.nextInt(4) == 0 ? piece().repeat(1 + random.nextInt(40)) : piece();
      int at = random.nextInt(size);
      for (int i = 0; i < change.length() && at + i < size; i++) {
        next[at + i] = change.charAt(i);
      }
      if (random.nextInt(8) == 0) { // a part of it once more, elsewhere
        int length = random.nextInt(size / 4);
        System.arraycopy(
            next, random.nextInt(size - length), next, random.nextInt(size - length), length);
      }
      // Both now: a cost of some seconds ago is that of another phase of the machine.
      if (steady(form(new String(next))) > steady(form(best))) {
        best = new String(next);
      }
    }
    System.out.printf("  dearest begins %s%n", best.substring(0, 120).replaceAll("[^ -~]", "?"));
    return steady(form(best));
  }

  /** The least of three runs: what else the machine does only adds. */
  private double steady(Request request) {
    double[] costs = {cost(request), cost(request), cost(request)};
    return Arrays.stream(costs).min().orElse(0);
  }
}
