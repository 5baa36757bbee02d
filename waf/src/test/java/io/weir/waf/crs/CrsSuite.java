package io.weir.waf.crs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.weir.waf.Match;
import io.weir.waf.RuleException;
import io.weir.waf.RuleSet;
import io.weir.waf.Transaction;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

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
    }
    compiler.text(setup, "setup");
    try (Stream<Path> files = Files.list(folder.resolve("rules"))) {
      files.filter(file -> file.toString().endsWith(".conf")).sorted().forEach(compiler::file);
    }
    return compiler.compile();
  }

  /** Returns what is wrong, or null. */
  @Nullable String run(CrsTest test) {
    for (CrsTest.Stage stage : test.stages()) {
      String problem = run(stage);
      if (problem != null) {
        return test.name() + ": " + problem;
      }
    }
    return null;
  }

  private @Nullable String run(CrsTest.Stage stage) {
    boolean refused = FrontDoor.refuses(stage.request());
    if (refused && (stage.status() == 400 || stage.mayFail())) {
      return null;
    }
    Transaction transaction = judge(stage.request());
    List<Integer> ids = transaction.matches().stream().map(Match::ruleId).toList();
    if (stage.status() == 400 && stage.expected().isEmpty()) {
      return ids.stream().anyMatch(id -> id >= 920000 && id < 921000)
          ? null
          : "not refused, and no protocol rule among " + ids;
    }
    for (int expected : stage.expected()) {
      if (!ids.contains(expected)) {
        return "expected " + expected + " among " + ids;
      }
    }
    for (int unexpected : stage.unexpected()) {
      if (ids.contains(unexpected)) {
        return "unexpected "
            + unexpected
            + " "
            + transaction.matches().stream().filter(match -> match.ruleId() == unexpected).toList();
      }
    }
    String log = log(transaction);
    if (stage.pattern() != null && !Pattern.compile(stage.pattern()).matcher(log).find()) {
      return "expected " + stage.pattern() + " in " + log;
    }
    if (stage.noPattern() != null && Pattern.compile(stage.noPattern()).matcher(log).find()) {
      return "unexpected " + stage.noPattern() + " in " + log;
    }
    return null;
  }

  private static String log(Transaction transaction) {
    StringBuilder log = new StringBuilder();
    for (Match match : transaction.matches()) {
      if (match.ruleId() == 980170) {
        continue; // a summary of each transaction, which the reference engines write elsewhere
      }
      log.append("[id \"" + match.ruleId() + "\"] [msg \"" + match.message() + "\"] ");
      log.append("[data \"" + match.logData() + "\"] " + match.evidence() + "\n");
    }
    return log.toString();
  }

  Transaction judge(CrsTest.Request request) {
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

  /** Answers as the tests' backend does: /reflect returns what the body asks for. */
  private static void respond(CrsTest.Request request, Transaction transaction) {
    int status = 200;
    List<Map.Entry<String, String>> headers = new ArrayList<>();
    byte[] body = new byte[0];
    if (request.uri().startsWith("/reflect") && request.body().length > 0) {
      try {
        JsonNode asked = new ObjectMapper().readTree(request.body());
        status = asked.path("status").asInt(200);
        asked
            .path("headers")
            .properties()
            .forEach(h -> headers.add(Map.entry(h.getKey(), h.getValue().asText())));
        body =
            asked.has("encodedBody")
                ? Base64.getDecoder().decode(asked.path("encodedBody").asText())
                : octets(asked.path("body").asText(""));
      } catch (IOException e) {
        status = 400;
      }
    }
    transaction.responseLine("HTTP/1.1", status);
    headers.forEach(h -> transaction.responseHeader(h.getKey(), h.getValue()));
    if (headers.stream().noneMatch(h -> h.getKey().equalsIgnoreCase("content-type"))) {
      transaction.responseHeader("Content-Type", "text/plain");
    }
    transaction.endResponseHeaders();
    transaction.responseBody(body, 0, body.length);
    transaction.endResponseBody();
  }
}
