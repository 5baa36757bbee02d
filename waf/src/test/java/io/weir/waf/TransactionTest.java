package io.weir.waf;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.waf.body.Codings;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TransactionTest {
  private static final String SQL =
      "SecRule ARGS|ARGS_NAMES \"@detectSQLi\" \"id:942100,phase:2,deny,log,t:none,tag:'attack-sqli',"
          + "msg:'SQL',logdata:'%{MATCHED_VAR_NAME}'\"\n";

  @Test
  void deniesWhatARuleDenies() throws Exception {
    Transaction transaction = get(compile(SQL), "/?q=1+union+select+1");

    assertThat(transaction.decision())
        .isEqualTo(
            new Intervention(Intervention.Action.DENY, 403, "", 942100, Intervention.Cause.RULE));
    Match match = transaction.matches().getFirst();
    assertThat(match.evidence().getFirst().variable()).isEqualTo("ARGS:q");
    assertThat(match.exclusion()).isEqualTo("SecRuleUpdateTargetById 942100 \"!ARGS:q\"");
  }

  @Test
  void letsPassWhatTheExclusionLineExcludes() throws Exception {
    RuleSet rules = compile(SQL + "SecRuleUpdateTargetById 942100 \"!ARGS:q\"");

    assertThat(get(rules, "/?q=1+union+select+1").matches()).isEmpty();
    assertThat(get(rules, "/?r=1+union+select+1").matches()).hasSize(1);
  }

  @Test
  void excludesByCategoryForOneTransaction() throws Exception {
    RuleSet rules = compile(SQL);
    Transaction transaction = rules.newTransaction();
    transaction.exclude(rules.exclusion(List.of("sql_injection"), List.of("ARGS:q")));
    assertThat(run(transaction, "/?q=1+union+select+1").matches()).isEmpty();
    transaction.reset();
    assertThat(run(transaction, "/?q=1+union+select+1").matches()).hasSize(1);

    assertThatThrownBy(() -> rules.exclusion(List.of("nonsense"), List.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void runsChainsCapturesAndCounters() throws Exception {
    RuleSet rules =
        compile(
            """
            SecRule ARGS "@rx ^(\\d+)-(\\d+)$" "id:1,phase:2,pass,log,capture,chain,\\
                setvar:tx.first=%{tx.1}"
              SecRule TX:2 "@gt 10" "setvar:tx.score=+5"
            SecRule TX:score "@eq 5" "id:2,phase:2,log,pass,skipAfter:END"
            SecAction "id:3,phase:2,log,pass"
            SecMarker END
            SecRule TX:first "@eq 7" "id:4,phase:2,log,pass,ctl:ruleRemoveById=5"
            SecAction "id:5,phase:2,log,pass"
            """);

    assertThat(ids(get(rules, "/?a=7-11"))).containsExactly(1, 2, 4);
    assertThat(ids(get(rules, "/?a=7-9"))).containsExactly(3, 4);
    assertThat(get(rules, "/?a=7-11").counter("tx.score")).isEqualTo(5);
  }

  @Test
  void foldsSwitchesThatNoRequestChanges() throws Exception {
    String rules =
        """
        SecAction "id:1,phase:1,nolog,pass,setvar:tx.level=%d"
        SecRule TX:level "@lt 2" "id:2,phase:2,nolog,pass,skipAfter:END"
        SecRule ARGS "@rx x" "id:3,phase:2,log,pass"
        SecMarker END
        """;

    int base = compile("").ruleCount();
    assertThat(compile(rules.formatted(1)).ruleCount()).isEqualTo(base);
    assertThat(compile(rules.formatted(2)).ruleCount()).isEqualTo(base + 1);
    assertThat(ids(get(compile(rules.formatted(2)), "/?a=x"))).containsExactly(3);
  }

  @Test
  void doesNotFoldWhatARequestMayChange() throws Exception {
    RuleSet rules =
        compile(
            """
            SecRule ARGS:strict "@eq 1" "id:1,phase:1,nolog,pass,setvar:tx.level=2"
            SecRule &TX:level "@eq 0" "id:2,phase:1,nolog,pass,setvar:tx.level=1"
            SecRule TX:level "@lt 2" "id:3,phase:2,nolog,pass,skipAfter:END"
            SecRule ARGS "@rx x" "id:4,phase:2,log,pass"
            SecMarker END
            """);

    assertThat(ids(get(rules, "/?a=x"))).isEmpty();
    assertThat(ids(get(rules, "/?a=x&strict=1"))).containsExactly(4);
  }

  @Test
  void onlyNotesWhenDetecting() throws Exception {
    Transaction transaction = compile(SQL).newTransaction();
    transaction.detectOnly();
    transaction.requestLine(octets("GET"), octets("/?q=1+union+select+1"), octets("HTTP/1.1"));
    assertThat(transaction.endRequestHeaders()).isNull();
    assertThat(transaction.endRequestBody()).isNull();
    assertThat(transaction.decision()).isNotNull();
  }

  @Test
  void findsAnAttackBehindPaddingInEachKindOfBody() throws Exception {
    RuleSet rules = compile(SQL);
    String attack = "1 union select 1,2";
    for (int padding : new int[] {0, 1_000, 300_000}) {
      String filler = "a".repeat(padding);
      assertThat(post(rules, "application/x-www-form-urlencoded", "p=" + filler + "&q=" + attack))
          .isNotEmpty();
      assertThat(post(rules, "application/x-www-form-urlencoded", "q=" + filler + " ' or 1=1--"))
          .isNotEmpty();
      assertThat(
              post(
                  rules, "application/json", "{\"p\":\"" + filler + "\",\"q\":\"" + attack + "\"}"))
          .isNotEmpty();
      assertThat(
              post(
                  rules,
                  "multipart/form-data; boundary=b",
                  "--b\r\nContent-Disposition: form-data; name=\"p\"\r\n\r\n"
                      + filler
                      + "\r\n--b\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\n"
                      + attack
                      + "\r\n--b--\r\n"))
          .isNotEmpty();
    }
  }

  @Test
  void refusesABodyBeyondTheLimit() throws Exception {
    Transaction transaction = compile("SecRequestBodyLimit 10").newTransaction();
    transaction.endRequestHeaders();
    assertThat(transaction.requestBody(new byte[10], 0, 10)).isNull();
    assertThat(cause(transaction.requestBody(new byte[1], 0, 1)))
        .isEqualTo(Intervention.Cause.BODY_LIMIT);
  }

  @Test
  void undoesGzipAndRefusesWhatItCannotUndo() throws Exception {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(octets("q=1 union select 1,2"));
    }
    assertThat(cause(coded("gzip", packed.toByteArray()))).isEqualTo(Intervention.Cause.RULE);
    assertThat(cause(coded("gzip", octets("no gzip at all, but long enough"))))
        .isEqualTo(Intervention.Cause.UNDECODABLE);
    assertThat(cause(coded("lzma", packed.toByteArray())))
        .isEqualTo(Intervention.Cause.UNDECODABLE);
  }

  @Test
  void findsAnAttackInEachCoding() throws Exception {
    for (String coding : List.of("gzip", "deflate", "br", "zstd")) {
      byte[] packed = Codings.encode(coding, octets("q=1 union select 1,2"));
      assertThat(cause(coded(coding, packed))).as(coding).isEqualTo(Intervention.Cause.RULE);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "deflate", "zstd"})
  void refusesBombs(String coding) throws Exception {
    assertThat(cause(coded(coding, Codings.encode(coding, new byte[16 << 20]))))
        .isEqualTo(Intervention.Cause.UNDECODABLE);
  }

  @Test
  void refusesBodiesThatAreNotWhatTheySay() throws Exception {
    RuleSet rules = RuleSet.compiler().baseRules().compile();
    assertThat(post(rules, "application/json", "{\"a\":1,}")).contains(190002);
    assertThat(post(rules, "application/xml", "<a>&x;</a>")).contains(190002);
    assertThat(post(rules, "multipart/form-data; boundary=b", "--b\nno header\n")).contains(190002);
    assertThat(post(rules, "application/json", "{\"a\":[1,2]}")).isEmpty();
  }

  @Test
  void removesByTagAndMessageAsTheyStandOrByPattern() throws Exception {
    String rules =
        """
        SecAction "id:1,phase:2,log,pass,tag:'attack-sqli',msg:'SQL'"
        SecAction "id:2,phase:2,log,pass,tag:'attack-xss',msg:'Command (2-3 signs)'"
        SecAction "id:3,phase:2,log,pass,tag:'other',msg:'(('"
        """;

    assertThat(ids(get(compile(rules + "SecRuleRemoveByTag attack-sqli"), "/")))
        .containsExactly(2, 3);
    assertThat(ids(get(compile(rules + "SecRuleRemoveByTag ^attack-"), "/"))).containsExactly(3);
    assertThat(ids(get(compile(rules + "SecRuleRemoveByTag ^sqli"), "/"))).containsExactly(1, 2, 3);
    assertThat(ids(get(compile(rules + "SecRuleRemoveByMsg \"(2-3 signs)\""), "/")))
        .containsExactly(1, 3);
    assertThat(ids(get(compile(rules + "SecRuleRemoveByMsg (("), "/"))).containsExactly(1, 2);
  }

  @Test
  void namesFileLineAndDirectiveOfEachProblem() {
    assertThatThrownBy(() ->
            compile(
                """
                SecRule ARGS "@rx (a" "id:1"
                # a comment

                SecRule NONSENSE "@rx a" "id:2"
                SecNonsense On
                SecRule ARGS "@rx a" "id:3,t:nonsense"
                """))
        .isInstanceOf(RuleException.class)
        .hasMessageContaining("test:1: SecRule: @rx: missing )")
        .hasMessageContaining("test:4: SecRule: unknown variable NONSENSE")
        .hasMessageContaining("test:5: SecNonsense: unknown or unsupported directive")
        .hasMessageContaining("test:6: SecRule: unknown transformation t:nonsense");
  }

  @Test
  void namesFilesThatCannotBe(@TempDir Path folder) throws Exception {
    String rules =
        """
        Include "a\0b"
        Include "/nowhere/[*"
        Include "/nowhere/*.conf"
        SecRule ARGS "@pmFromFile a\0b" "id:1"
        """;
    Path file = Files.writeString(folder.resolve("own.conf"), rules);
    assertThatThrownBy(() -> RuleSet.compiler().file(file).compile())
        .isInstanceOfSatisfying(
            RuleException.class,
            refused ->
                assertThat(refused.problems())
                    .extracting(RuleProblem::line)
                    .containsExactly(1, 2, 3, 4));
  }

  private static RuleSet compile(String rules) throws RuleException {
    return RuleSet.compiler().baseRules().text(rules, "test").compile();
  }

  private static Transaction get(RuleSet rules, String uri) {
    return run(rules.newTransaction(), uri);
  }

  @Test
  void findsWhatRepeatsWhereverItStands() throws Exception {
    RuleSet rules = compile(SQL);
    StringBuilder query = new StringBuilder("/?");
    for (int i = 0; i < 60; i++) {
      String value = i % 3 == 0 ? "1+union+select+1" : i % 3 == 1 ? "harmless" : "" + i;
      query.append(i % 2 == 0 ? "a=" : "b" + i % 4 + "=").append(value).append('&');
    }
    Match all = get(rules, query.toString()).matches().getFirst();
    Match some = get(compile(SQL + WITHOUT_A), query.toString()).matches().getFirst();

    assertThat(all.matches()).isEqualTo(20);
    assertThat(some.matches()).isEqualTo(10);
    assertThat(some.evidence()).allMatch(found -> found.variable().startsWith("ARGS:b"));
  }

  private static final String WITHOUT_A = "SecRuleUpdateTargetById 942100 \"!ARGS:a\"";

  @Test
  void asksOfTheValueThatARuleMeansBehindEqualTransformations() throws Exception {
    RuleSet rules =
        compile(
            """
            SecRule ARGS:a|ARGS:b "@rx one" "id:1,phase:2,pass,log,t:lowercase,t:removeNulls"
            SecRule ARGS:a "@rx two" "id:2,phase:2,pass,log,t:lowercase,t:removeNulls"
            SecRule ARGS:b "@rx ONE" "id:3,phase:2,pass,log"
            SecRule ARGS:b "@rx one" "id:4,phase:2,pass,log,t:lowercase"
            """);

    assertThat(ids(get(rules, "/?a=TWO&b=ONE"))).containsExactly(1, 2, 3, 4);
    assertThat(ids(get(rules, "/?a=ONE&b=TWO"))).containsExactly(1);
  }

  @Test
  void tellsWhatMoreContentMayCost() throws Exception {
    RuleSet rules = compile(SQL);
    assertThat(rules.newTransaction().workLeft(1000)).isEqualTo(Long.MAX_VALUE);
    rules.prepare();
    Transaction transaction = rules.newTransaction();
    long begin = transaction.workLeft();
    transaction.requestHeader("Content-Type", "text/plain");
    long more = transaction.workLeft() - begin;
    transaction.endRequestHeaders();
    long before = transaction.workLeft();

    assertThat(more).isZero(); // what comes counts as 2,000 octets at least
    assertThat(transaction.workLeft(10_022)).isEqualTo(before + (22 + 10_022 - 2_000) * 225);
    transaction.requestHeader("Content-Encoding", "gzip");
    assertThat(transaction.workLeft(1000)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void refusesWhatTakesMoreWorkThanItsLengthAllows() throws Exception {
    StringBuilder rules = new StringBuilder();
    for (int i = 1; i <= 800; i++) {
      rules.append(
          "SecRule ARGS \"@rx abc.*[^a-z0-9]|!!" + i + "\" \"id:" + i + ",phase:2,deny\"\n");
    }
    RuleSet many = compile(rules.toString());
    String hostile = "/?q=" + "abc123456789".repeat(400);

    assertThat(cause(get(many, "/?q=abc").decision())).isNull();
    Transaction transaction = get(many, hostile);
    assertThat(cause(transaction.decision())).isEqualTo(Intervention.Cause.BUDGET);
    assertThat(transaction.workLeft()).isBetween(-100_000L, -1L);
  }

  @Test
  void looksAtNamesInAnArrayWithoutTheirIndex() throws Exception {
    RuleSet rules =
        compile(
            """
            SecRule REQUEST_HEADERS:Content-Type "json" "id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON"
            SecRule ARGS_NAMES "@rx evil" "id:2,phase:2,pass,log"
            SecRule ARGS:json.evil.array_1 "@streq b" "id:3,phase:2,pass,log"
            SecRule ARGS:json.evil.array_0 "@streq b" "id:4,phase:2,pass,log"
            SecRule ARGS "@streq c" "id:5,phase:2,pass,log"
            """);
    Transaction transaction = rules.newTransaction();
    transaction.requestLine(octets("POST"), octets("/"), octets("HTTP/1.1"));
    transaction.requestHeader("Content-Type", "application/json");
    transaction.endRequestHeaders();
    byte[] body = octets("{\"evil\":[\"a\",\"b\",\"c\",1,1,1,1,1,1,1,1,1]}");
    transaction.requestBody(body, 0, body.length);
    transaction.endRequestBody();

    assertThat(ids(transaction)).containsExactly(2, 3, 5);
    assertThat(transaction.matches().getFirst().matches()).isEqualTo(13);
    assertThat(transaction.matches().getLast().evidence().getFirst().variable())
        .isEqualTo("ARGS:json.evil.array_2");
  }

  @Test
  void judgesAlikeWhetherPreparedOrNot() throws Exception {
    RuleSet prepared = compile(SQL);
    prepared.prepare();

    assertThat(ids(get(prepared, "/?q=1%20union%20select%202")))
        .isEqualTo(ids(get(compile(SQL), "/?q=1%20union%20select%202")))
        .isNotEmpty();
  }

  private static Transaction run(Transaction transaction, String uri) {
    transaction.requestLine(octets("GET"), octets(uri), octets("HTTP/1.1"));
    transaction.endRequestHeaders();
    transaction.endRequestBody();
    return transaction;
  }

  private static List<Integer> post(RuleSet rules, String type, String body) {
    Transaction transaction = rules.newTransaction();
    transaction.requestLine(octets("POST"), octets("/"), octets("HTTP/1.1"));
    transaction.requestHeader("Content-Type", type);
    transaction.endRequestHeaders();
    transaction.requestBody(octets(body), 0, body.length());
    transaction.endRequestBody();
    return ids(transaction);
  }

  private static @Nullable Intervention coded(String coding, byte[] body) throws RuleException {
    Transaction transaction = compile(SQL).newTransaction();
    transaction.requestHeader("Content-Type", "application/x-www-form-urlencoded");
    transaction.requestHeader("Content-Encoding", coding);
    transaction.endRequestHeaders();
    transaction.requestBody(body, 0, body.length);
    return transaction.endRequestBody();
  }

  private static Intervention.@Nullable Cause cause(@Nullable Intervention intervention) {
    return intervention == null ? null : intervention.cause();
  }

  private static List<Integer> ids(Transaction transaction) {
    return transaction.matches().stream().map(Match::ruleId).toList();
  }

  private static byte[] octets(String text) {
    return text.getBytes(UTF_8);
  }
}
