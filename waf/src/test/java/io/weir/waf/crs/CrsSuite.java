package io.weir.waf.crs;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.weir.waf.RuleException;
import io.weir.waf.RuleSet;
import io.weir.waf.Transaction;
import io.weir.waf.regression.Reflection;
import io.weir.waf.regression.RegressionTest;
import io.weir.waf.regression.Stage;
import io.weir.waf.regression.TestRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** Runs the Core Rule Set's own regression tests against the engine, without a network. */
final class CrsSuite {
  private final RuleSet rules;

  CrsSuite(RuleSet rules) {
    this.rules = rules;
  }

  /** The setup that the regression tests of version 4 ask for. */
  static final String TEST_SETUP =
      """
      SecAction "id:900005,phase:1,nolog,pass,ctl:ruleEngine=DetectionOnly,\\
        setvar:tx.blocking_paranoia_level=4,setvar:tx.crs_validate_utf8_encoding=1,\\
        setvar:tx.arg_name_length=100,setvar:tx.arg_length=400,setvar:tx.total_arg_length=64000,\\
        setvar:tx.max_num_args=255,setvar:tx.max_file_size=64100,\\
        setvar:tx.combined_file_sizes=65535"
      """;

  /** Compiles a folder that has crs-setup.conf.example and rules, after rules of the caller's. */
  static RuleSet compile(Path folder, String setup) throws IOException, RuleException {
    RuleSet.Compiler compiler = RuleSet.compiler().baseRules();
    Path example = folder.resolve("crs-setup.conf.example");
    if (Files.exists(example)) {
      compiler.file(example);
    } else {
      compiler.tolerant(); // Debian's package has version 3
    }
    compiler.text(setup, "setup");
    try (Stream<Path> files = Files.list(folder.resolve("rules"))) {
      files.filter(file -> file.toString().endsWith(".conf")).sorted().forEach(compiler::file);
    }
    return compiler.compile();
  }

  /** The tests below a folder, in the order of their files. */
  static List<RegressionTest> readAll(Path folder) throws IOException {
    Load load = new Load(LoadSettings.builder().setCodePointLimit(64 << 20).build());
    List<RegressionTest> tests = new ArrayList<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(f -> f.toString().matches(".*\\.ya?ml")).sorted().toList()) {
        tests.addAll(RegressionTest.of(load.loadFromString(Files.readString(file))));
      }
    }
    return tests;
  }

  /** Returns what is wrong, or null. */
  @Nullable String run(RegressionTest test) {
    for (Stage stage : test.stages()) {
      String problem = run(stage);
      if (problem != null) {
        return test.name() + ": " + problem;
      }
    }
    return null;
  }

  private @Nullable String run(Stage stage) {
    if (stage.expectation().isRefusal() && FrontDoor.refuses(stage.request())) {
      return null;
    }
    return stage.expectation().problem(judge(stage.request()).matches());
  }

  Transaction judge(TestRequest request) {
    Transaction transaction = rules.newTransaction();
    transaction.connection("127.0.0.1", 40000, "127.0.0.1", 80);
    transaction.uniqueId("test");
    transaction.requestLine(
        octets(request.method()), octets(request.uri()), octets(request.version()));
    request.headers().forEach(h -> transaction.requestHeader(h.getKey(), h.getValue()));
    transaction.endRequestHeaders();
    if (request.header("Content-Length") != null || request.header("Transfer-Encoding") != null) {
      transaction.requestBody(request.body(), 0, request.body().length);
    }
    transaction.endRequestBody();
    respond(request, transaction);
    transaction.log();
    return transaction;
  }

  private static byte[] octets(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void respond(TestRequest request, Transaction transaction) {
    Reflection answer = answer(request);
    transaction.responseLine("HTTP/1.1", answer.status());
    answer.headers().forEach(transaction::responseHeader);
    transaction.endResponseHeaders();
    transaction.responseBody(answer.body(), 0, answer.body().length);
    transaction.endResponseBody();
  }

  private static Reflection answer(TestRequest request) {
    if (!Reflection.isAskedFor(request.uri()) || request.body().length == 0) {
      return Reflection.plain();
    }
    try {
      return Reflection.of(new ObjectMapper().readValue(request.body(), Map.class));
    } catch (IOException notJson) {
      return Reflection.of(null);
    }
  }
}
