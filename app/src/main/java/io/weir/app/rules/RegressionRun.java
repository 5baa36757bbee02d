package io.weir.app.rules;

import io.weir.waf.regression.Expectation;
import io.weir.waf.regression.RegressionTest;
import io.weir.waf.regression.Stage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Sends the requests of all tests through a {@link TestBed}, and afterwards compares what the
 * access log says of each with what its test expects. A request is found in the log by the port of
 * its client, so no port serves twice.
 */
final class RegressionRun {
  private static final int CLIENTS = 8;

  /**
   * What became of a test.
   *
   * @param problem null where it passed
   * @param skipped whether it was not run
   * @param refused whether Weir refused a request of it before any rule saw it
   * @param override the reason why its expectation was replaced, or it was not run; null for none
   */
  record Result(
      RegressionSuite.Case of,
      @Nullable String problem,
      boolean skipped,
      boolean refused,
      @Nullable String override) {
    boolean passed() {
      return problem == null && !skipped;
    }
  }

  /** A request that was sent: where from, and the answer's status, or what went wrong. */
  private record Sent(Stage stage, int port, int status, @Nullable String failure) {}

  private record Run(RegressionSuite.Case of, @Nullable String override, List<Sent> sent) {}

  private final Overrides overrides;
  private final Set<Integer> ports = ConcurrentHashMap.newKeySet();

  RegressionRun(Overrides overrides) {
    this.overrides = overrides;
  }

  /** Runs all; results are in the order of the tests. */
  List<Result> run(List<RegressionSuite.Case> cases, TestBed bed)
      throws IOException, InterruptedException {
    List<Run> runs = new ArrayList<>();
    int port = bed.port();
    try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
      List<Future<Run>> futures =
          cases.stream().map(each -> clients.submit(() -> send(each, port))).toList();
      for (Future<Run> future : futures) {
        runs.add(future.get());
      }
    } catch (ExecutionException failed) {
      throw new IOException(failed.getCause());
    }
    Findings findings = bed.end();
    return runs.stream().map(run -> judge(run, findings)).toList();
  }

  private Run send(RegressionSuite.Case each, int port) {
    Overrides.Instead override = overrides.of(each.test());
    RegressionTest test = each.test();
    if (override != null && override.expectation() == null) {
      return new Run(each, override.reason(), List.of());
    }
    if (override != null && override.expectation() != null) {
      test = test.expecting(override.expectation());
    }
    List<Sent> sent = test.stages().stream().map(stage -> send(stage, port)).toList();
    return new Run(each, override == null ? null : override.reason(), sent);
  }

  private Sent send(Stage stage, int port) {
    try (RawClient client = connect(port)) {
      try {
        return new Sent(stage, client.port(), client.ask(stage.request().octets()), null);
      } catch (IOException failed) {
        return new Sent(stage, client.port(), 0, failed.toString());
      }
    } catch (IOException noConnection) {
      return new Sent(stage, 0, 0, noConnection.toString());
    }
  }

  private RawClient connect(int port) throws IOException {
    RawClient client = new RawClient(port);
    while (!ports.add(client.port())) {
      client.close();
      client = new RawClient(port);
    }
    return client;
  }

  private static Result judge(Run run, Findings findings) {
    if (run.sent().isEmpty()) {
      return new Result(run.of(), null, true, false, run.override());
    }
    String problem = null;
    boolean refused = false;
    for (Sent sent : run.sent()) {
      Findings.Entry entry = findings.of(sent.port());
      refused |= entry != null && entry.matches() == null;
      String found = problem(sent, entry);
      problem = problem == null ? found : problem;
    }
    return new Result(run.of(), problem, false, refused, run.override());
  }

  private static @Nullable String problem(Sent sent, Findings.@Nullable Entry entry) {
    if (sent.failure() != null) {
      return "no answer: " + sent.failure();
    }
    if (entry == null) {
      return "the request is not in the access log";
    }
    Expectation expected = sent.stage().expectation();
    return entry.matches() == null
        ? expected.problemOfRefusal(sent.status(), entry.reason())
        : expected.problem(entry.matches());
  }
}
