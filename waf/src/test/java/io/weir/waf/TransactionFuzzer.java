package io.weir.waf;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Throws garbage at the reader of rules and at each body processor: neither may throw anything
 * else.
 */
class TransactionFuzzer {
  private static final String[] TYPES = {
    "application/json",
    "text/xml",
    "multipart/form-data; boundary=b",
    "application/x-www-form-urlencoded"
  };

  private static final RuleSet RULES = rules();

  private static RuleSet rules() {
    try {
      return RuleSet.compiler()
          .baseRules()
          .text(
              """
              SecRule ARGS|ARGS_NAMES|FILES|XML:/*|XML://@*|MULTIPART_PART_HEADERS "@rx a" \
                "id:1,log,pass,t:lowercase"
              SecRule ARGS "@detectSQLi" "id:2,log,pass"
              SecRule ARGS "@detectXSS" "id:3,log,pass"
              """,
              "test")
          .compile();
    } catch (RuleException e) {
      throw new AssertionError(e);
    }
  }

  @FuzzTest
  void readsAnyJson(FuzzedDataProvider data) {
    judge(TYPES[0], data.consumeRemainingAsBytes());
  }

  @FuzzTest
  void readsAnyXml(FuzzedDataProvider data) {
    judge(TYPES[1], data.consumeRemainingAsBytes());
  }

  @FuzzTest
  void readsAnyMultipart(FuzzedDataProvider data) {
    judge(TYPES[2], data.consumeRemainingAsBytes());
  }

  @FuzzTest
  void readsAnyForm(FuzzedDataProvider data) {
    judge(TYPES[3], data.consumeRemainingAsBytes());
  }

  @FuzzTest
  void compilesOrRefusesAnyRules(FuzzedDataProvider data) {
    compile(data.consumeRemainingAsAsciiString());
  }

  @Test
  void readsBodiesMadeOfPieces() {
    Random random = new Random(3);
    String[] pieces = {
      "{",
      "}",
      "[",
      "]",
      "\"a\"",
      ":",
      ",",
      "1",
      "null",
      "\\u00e4",
      "<a>",
      "</a>",
      "<b x='1'/>",
      "&amp;",
      "&x;",
      "<!--",
      "-->",
      "<![CDATA[",
      "]]>",
      "--b",
      "\r\n",
      "--",
      "\n",
      " ",
      "=",
      "Content-Disposition: form-data; name=\"a\"; filename=\"x\"",
      "a",
      "&",
      "%41",
      "%4",
      "'",
      " or 1=1"
    };
    for (int round = 0; round < 40_000; round++) {
      StringBuilder body = new StringBuilder();
      for (int i = random.nextInt(14); i >= 0; i--) {
        body.append(pieces[random.nextInt(pieces.length)]);
      }
      judge(TYPES[round % TYPES.length], body.toString().getBytes(ISO_8859_1));
    }
  }

  @Test
  void compilesOrRefusesRulesMadeOfPieces() {
    Random random = new Random(6);
    String[] pieces = {
      "SecRule ",
      "SecAction ",
      "SecMarker ",
      "ARGS",
      "|",
      "!",
      "&",
      "TX:a",
      ":/x/",
      "\"",
      "'",
      "@rx ",
      "@pm ",
      "id:1",
      ",",
      "phase:2",
      "chain",
      "t:lowercase",
      "setvar:tx.a=+1",
      "\n",
      "\\\n",
      " ",
      "ctl:ruleRemoveById=1",
      "%{tx.a}",
      "skipAfter:x",
      "@within ",
      "@eq 1",
      "#",
      "SecRuleRemoveById 1",
      "SecDefaultAction "
    };
    for (int round = 0; round < 20_000; round++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(20); i >= 0; i--) {
        text.append(pieces[random.nextInt(pieces.length)]);
      }
      compile(text.toString());
    }
  }

  private static void judge(String type, byte[] body) {
    Transaction whole = start(type);
    whole.requestBody(body, 0, body.length);
    whole.endRequestBody();
    Transaction pieces = start(type);
    for (int i = 0; i < body.length; i++) {
      pieces.requestBody(body, i, i + 1);
    }
    pieces.endRequestBody();
    assertThat(pieces.matches()).isEqualTo(whole.matches());
  }

  private static Transaction start(String type) {
    Transaction transaction = RULES.newTransaction();
    transaction.requestHeader("Content-Type", type);
    transaction.endRequestHeaders();
    return transaction;
  }

  private static void compile(String text) {
    try {
      Transaction transaction = RuleSet.compiler().text(text, "fuzz").compile().newTransaction();
      transaction.endRequestHeaders();
      transaction.endRequestBody();
      transaction.log();
    } catch (RuleException e) {
      assertThat(e.problems()).isNotEmpty();
    }
  }
}
