package io.weir.waf.injection;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Learns the weights of {@link SqlInjection}: a perceptron whose examples are whole lines and whose
 * updates go to the run of tokens that decided, or should have.
 *
 * <p>Arguments: the file to write; a folder with {@code sqli-*.txt} and {@code
 * false_positives.txt}, one URL-encoded value a line; then files and folders of harmless text.
 */
final class SqlTrainer {
  private static final int MARGIN = 40;
  private static final int ROUNDS = 60;

  /** Small attacks that every reading has to know; the corpora have few of them. */
  private static final String[] ATTACKS = {
    "1234 OR 1=1",
    "-1839' or '1'='1",
    "-1839\" or \"1\"=\"2",
    "2010-01-01'+sleep(20.to_i)+'",
    "x' and 526=527",
    "foo') UNION ALL select NULL --",
    "foo')waitfor delay'5:0:20'--",
    "JKGHUKGDI8 ' and sleep(12) --",
    "sleep(20)",
    "me@example.com\" sleep(10.to_i) \"",
    "\"me@example.com\"')) and (select*from(select(sleep(5)))x) --",
    "1 or 1=1",
    "1' or '1'='1",
    "' or ''='",
    "admin'--",
    "admin' #",
    "1; drop table users",
    "1;drop table users--",
    "1 and 1=2",
    "1 and sleep(5)",
    "1 union select 1",
    "' union select null,null--",
    "1' order by 10--",
    "1 order by 10--",
    "') or ('1'='1",
    "1) or (1=1",
    "' or 1=1#",
    "1 || 1=1",
    "1' && '1'='1",
    "benchmark(1000000,md5(1))",
    "1; exec xp_cmdshell 'dir'",
    "'; exec master..xp_cmdshell 'ping 192.0.2.1'--",
    "1 procedure analyse()",
    "1 and (select 1 from dual)=1",
    "1' and extractvalue(1,concat(0x7e,version()))--",
    "1'||(select extractvalue(xmltype('<?xml version=\"1.0\"?>",
    "pg_sleep(5)--",
    "1 and ascii(substr(user(),1,1))>64",
    "1 like 1",
    "1' like '1",
    "1 or true",
    "' or true--",
    "a' or 1 in (1)--",
    "1 having 1=1--",
    "' group by x having 1=1--",
    "1 into outfile '/x'",
  };

  private final byte[] weights = new byte[SqlInjection.TABLE];

  /** One reading of a line. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Reading(SqlToken[] tokens) {}

  /** All the readings of a line: one has to be high for an attack, all low for harmless text. */
  private record Example(boolean attack, List<Reading> readings) {}

  public static void main(String[] args) throws IOException {
    SqlTrainer trainer = new SqlTrainer();
    List<Example> examples = new ArrayList<>();
    Path corpus = Path.of(args[1]);
    try (Stream<Path> files = Files.list(corpus)) {
      for (Path file : files.filter(f -> f.getFileName().toString().startsWith("sqli-")).toList()) {
        for (byte[] line : Lines.read(file)) {
          examples.add(example(true, line));
        }
      }
    }
    // Few against many: small files count as much as the large one.
    for (int copy = 0; copy < 30; copy++) {
      for (String attack : ATTACKS) {
        examples.add(example(true, attack.getBytes(StandardCharsets.ISO_8859_1)));
      }
    }
    for (int copy = 0; copy < 25; copy++) {
      for (byte[] line : Lines.read(corpus.resolve("false_positives.txt"))) {
        examples.add(example(false, line));
      }
    }
    for (String line : HarmlessText.lines(20_000)) {
      examples.add(example(false, line.getBytes(StandardCharsets.UTF_8)));
    }
    for (int i = 2; i < args.length; i++) {
      for (byte[] line : Lines.plain(Path.of(args[i]), 40_000)) {
        examples.add(example(false, line));
      }
    }
    trainer.learn(examples);
    Files.write(Path.of(args[0]), trainer.weights);
    report(trainer, corpus);
  }

  private static Example example(boolean attack, byte[] line) {
    List<Reading> readings = new ArrayList<>();
    SqlTokenizer tokenizer = new SqlTokenizer();
    for (int quote : new int[] {0, '\'', '"'}) {
      if (tokenizer.read(line, 0, line.length, quote)) {
        tokenizer.fill(Integer.MAX_VALUE);
        readings.add(new Reading(Arrays.copyOf(tokenizer.tokens(), tokenizer.count())));
      }
    }
    return new Example(attack, readings);
  }

  private static int score(SqlToken[] tokens, byte[] weights) {
    int sum = 0;
    int best = 0;
    int before = 0;
    int last = 0;
    for (SqlToken each : tokens) {
      int token = each.ordinal() + 1;
      sum = Math.max(0, sum + SqlInjection.weight(before, last, token, weights));
      best = Math.max(best, sum);
      before = last;
      last = token;
    }
    return best;
  }

  private void learn(List<Example> examples) {
    Random random = new Random(4);
    List<Example> shuffled = new ArrayList<>(examples);
    for (int round = 0; round < ROUNDS; round++) {
      Collections.shuffle(shuffled, random);
      int updates = 0;
      for (Example example : shuffled) {
        if (example.attack()) {
          updates += raise(example, round) ? 1 : 0;
        } else {
          for (Reading reading : example.readings()) {
            updates += lower(reading, round) ? 1 : 0;
          }
        }
      }
      System.out.println("round " + round + ": " + updates + " updates of " + shuffled.size());
      if (updates == 0) {
        return;
      }
    }
  }

  private boolean raise(Example example, int round) {
    Reading best = example.readings().getFirst();
    int bestScore = -1;
    for (Reading reading : example.readings()) {
      int score = score(reading.tokens(), weights);
      if (score > bestScore || score == bestScore && reading != example.readings().getFirst()) {
        bestScore = score;
        best = reading;
      }
    }
    if (bestScore >= SqlInjection.THRESHOLD + MARGIN) {
      return false;
    }
    adjust(best, step(round));
    return true;
  }

  private boolean lower(Reading reading, int round) {
    int score = score(reading.tokens(), weights);
    if (score < SqlInjection.THRESHOLD - MARGIN) {
      return false;
    }
    adjust(reading, -step(round));
    return true;
  }

  private static int step(int round) {
    return round < 20 ? 3 : round < 40 ? 2 : 1;
  }

  /** Changes the weights of the run with the largest sum, or of the whole when there is none. */
  private void adjust(Reading reading, int change) {
    SqlToken[] tokens = reading.tokens();
    int sum = 0;
    int best = 0;
    int begin = 0;
    int bestBegin = 0;
    int bestEnd = tokens.length;
    for (int i = 0; i < tokens.length; i++) {
      sum += weight(tokens, i);
      if (sum <= 0) {
        sum = 0;
        begin = i + 1;
      }
      if (sum > best) {
        best = sum;
        bestBegin = begin;
        bestEnd = i + 1;
      }
    }
    if (change > 0) {
      bestEnd = Math.min(tokens.length, bestEnd + 2);
      bestBegin = Math.max(0, bestBegin - 1);
    }
    for (int i = bestBegin; i < bestEnd; i++) {
      int last = i > 0 ? tokens[i - 1].ordinal() + 1 : 0;
      int before = i > 1 ? tokens[i - 2].ordinal() + 1 : 0;
      int token = tokens[i].ordinal() + 1;
      change(SqlInjection.pair(last, token), change);
      change(SqlInjection.triple(before, last, token), change);
      change(SqlInjection.single(token), Integer.signum(change));
    }
  }

  private int weight(SqlToken[] tokens, int i) {
    int last = i > 0 ? tokens[i - 1].ordinal() + 1 : 0;
    int before = i > 1 ? tokens[i - 2].ordinal() + 1 : 0;
    int token = tokens[i].ordinal() + 1;
    return weights[SqlInjection.single(token)]
        + weights[SqlInjection.pair(last, token)]
        + weights[SqlInjection.triple(before, last, token)];
  }

  private void change(int index, int change) {
    weights[index] = (byte) Math.clamp(weights[index] + change, -120, 120);
  }

  private static void report(SqlTrainer trainer, Path corpus) throws IOException {
    Map<String, int[]> byFile = new LinkedHashMap<>();
    try (Stream<Path> files = Files.list(corpus)) {
      for (Path file : files.sorted().toList()) {
        String name = file.getFileName().toString();
        if (!name.startsWith("sqli-") && !name.startsWith("false")) {
          continue;
        }
        int[] counts = byFile.computeIfAbsent(name, key -> new int[2]);
        for (byte[] line : Lines.read(file)) {
          counts[1]++;
          boolean hit =
              example(true, line).readings().stream()
                  .anyMatch(r -> score(r.tokens(), trainer.weights) >= SqlInjection.THRESHOLD);
          counts[0] += hit ? 1 : 0;
          if (hit == name.startsWith("false")) {
            System.out.println(
                name
                    + ": "
                    + new String(line, StandardCharsets.ISO_8859_1)
                    + Arrays.toString(example(true, line).readings().getFirst().tokens()));
          }
        }
      }
    }
    byFile.forEach((name, c) -> System.out.println(name + ": " + c[0] + " of " + c[1]));
  }
}
