package io.weir.waf;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What stands in front of an attack changes nothing, in no body type and at no length. */
class PaddedAttackTest {
  private static final int MIB = 1 << 20;
  private static final String ATTACKS =
      "1' union select name from users-- <script>alert(1)</script>";
  private static final RuleSet RULES = rules();

  private static RuleSet rules() {
    String targets = "ARGS|REQUEST_BODY|FILES_TMP_CONTENT|XML:/*";
    try {
      return RuleSet.compiler()
          .baseRules()
          .text(
              """
              SecRule REQUEST_HEADERS:Content-Type "@streq text/plain" \\
                  "id:1,phase:1,pass,nolog,ctl:forceRequestBodyVariable=On"
              SecRule %1$s "@detectSQLi" "id:2,pass,log,t:urlDecodeUni"
              SecRule %1$s "@detectXSS" "id:3,pass,log,t:utf8toUnicode,t:htmlEntityDecode"
              SecRule %1$s "@rx (?i)union\\s+select" "id:4,pass,log,t:lowercase,t:replaceComments"
              SecRule %1$s "@rx [a-z]'\\s*[a-z]{5} [a-z]{6}|[0-9]'.[^ ]" "id:5,pass,log,t:cmdLine"
              SecRule %1$s "@pm <script <iframe" "id:6,pass,log,t:removeNulls"
              """
                  .formatted(targets),
              "test")
          .compile();
    } catch (RuleException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @CsvSource({"form", "multipart", "json", "xml", "raw"})
  void findsAnAttackBehindAnyLengthOfHarmlessText(String type) {
    List<Integer> expected = judge(type, 0);
    assertThat(expected).hasSizeGreaterThanOrEqualTo(3);
    for (int padding : new int[] {1024, 65_537, MIB, 20 * MIB}) {
      assertThat(judge(type, padding)).as("%s behind %d octets", type, padding).isEqualTo(expected);
    }
  }

  private static List<Integer> judge(String type, int padding) {
    byte[] text =
        "The quick brown fox, 12 lazy dogs. ".repeat(padding / 35 + 1).getBytes(ISO_8859_1);
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(before(type).getBytes(ISO_8859_1));
    body.write(text, 0, padding);
    body.writeBytes(attack(type).getBytes(ISO_8859_1));
    body.writeBytes(after(type).getBytes(ISO_8859_1));
    Transaction transaction = RULES.newTransaction();
    transaction.requestHeader("Content-Type", contentType(type));
    assertThat(transaction.endRequestHeaders()).isNull();
    byte[] octets = body.toByteArray();
    for (int at = 0; at < octets.length; at += 64_000) {
      int end = Math.min(octets.length, at + 64_000);
      assertThat(transaction.requestBody(octets, at, end)).isNull();
    }
    assertThat(transaction.endRequestBody()).isNull();
    return transaction.matches().stream().map(Match::ruleId).toList();
  }

  private static String contentType(String type) {
    return switch (type) {
      case "form" -> "application/x-www-form-urlencoded";
      case "multipart" -> "multipart/form-data; boundary=b";
      case "json" -> "application/json";
      case "xml" -> "text/xml";
      default -> "text/plain";
    };
  }

  private static String before(String type) {
    return switch (type) {
      case "form" -> "a=";
      case "multipart" -> "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n";
      case "json" -> "{\"a\":\"";
      case "xml" -> "<a>";
      default -> "";
    };
  }

  private static String attack(String type) {
    return type.equals("xml") ? ATTACKS.replace("<", "&lt;") : ATTACKS;
  }

  private static String after(String type) {
    return switch (type) {
      case "multipart" -> "\r\n--b--\r\n";
      case "json" -> "\"}";
      case "xml" -> "</a>";
      default -> "";
    };
  }
}
