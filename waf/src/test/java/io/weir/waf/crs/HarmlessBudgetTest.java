package io.weir.waf.crs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.weir.waf.Corpora;
import io.weir.waf.Intervention;
import io.weir.waf.RuleSet;
import io.weir.waf.Transaction;
import java.net.URLEncoder;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Harmless messages are not refused for their work, not even the first ones that a rule set sees,
 * nor those that come while it is prepared. Work is counted and not timed, so these are exact.
 */
class HarmlessBudgetTest {
  private static final String FORM = "application/x-www-form-urlencoded";
  private static final String[] WORDS = {
    "garden",
    "chair",
    "Wooden",
    "delivery",
    "to",
    "the",
    "address",
    "please",
    "and",
    "invoice",
    "green",
    "2024",
    "for",
    "two",
    "persons",
    "O'Brien",
    "street",
    "Berlin",
    "order",
    "from",
    "our",
    "new",
    "it's",
    "don't",
    "café",
    "Größe",
    "(optional)",
    "e.g.",
    "price:",
    "19.99",
    "on",
    "Monday",
    "-",
    "why?",
    "great!",
    "\"quoted\"",
    "we",
    "would",
    "like",
    "select",
    "a",
    "table",
    "of",
    "at",
    "windows",
    "find",
    "who",
    "is",
    "there",
    "\r\n",
    "1/2",
    "50",
    "#3",
    "user@example.com",
    "I",
    "am"
  };

  private final Random random = new Random(17);

  @BeforeAll
  static void requiresTheRules() {
    assumeTrue(Corpora.crs4().isPresent(), "no folder of CRS 4");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void judgesHarmlessMessagesWithinTheirBudgetFromTheFirst(int level) throws Exception {
    RuleSet rules = rules(level);
    rules.prepare();
    for (int round = 0; round < 20; round++) {
      everything(rules);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void judgesHarmlessMessagesBeforeItIsPrepared(int level) throws Exception {
    everything(rules(level));
  }

  /** An attacker makes automata forget their states; those of harmless text are kept. */
  @ParameterizedTest
  @CsvSource({"1, 65536", "1, 2048"})
  void judgesHarmlessMessagesBesideHostileOnes(int level, int size) throws Exception {
    RuleSet rules = rules(level);
    rules.prepare();
    byte[] noise = new byte[size];
    for (int round = 0; round < 40; round++) {
      random.nextBytes(noise);
      StringBuilder hostile = new StringBuilder();
      while (hostile.length() < size) {
        String word = WORDS[random.nextInt(WORDS.length)];
        hostile.append(word, 0, random.nextInt(word.length()) + 1);
        hostile.append("$(;|`'\"<\\{[&".charAt(random.nextInt(12)));
      }
      judge(rules, FORM, "q=" + encoded(hostile + new String(noise, UTF_8)));
      everything(rules);
    }
  }

  private void everything(RuleSet rules) {
    assertThat(get(rules, "")).as("GET").isLessThan(100);
    assertThat(get(rules, cookies())).as("GET with cookies of 4 KiB").isLessThan(100);
    for (int size : new int[] {512, 2048, 65_536}) {
      String what = " of " + size + " octets";
      assertThat(judge(rules, FORM, form(size))).as("form" + what).isLessThan(100);
      assertThat(judge(rules, FORM, "text=" + encoded(words(size))))
          .as("text" + what)
          .isLessThan(100);
      assertThat(judge(rules, "application/json", json(size))).as("JSON" + what).isLessThan(100);
      assertThat(judge(rules, "multipart/form-data; boundary=xyz", upload(size)))
          .as("upload" + what)
          .isLessThan(100);
    }
  }

  private static RuleSet rules(int level) throws Exception {
    Optional<Path> folder = Corpora.crs4();
    return CrsSuite.compile(
        folder.orElseThrow(),
        "SecAction \"id:1,phase:1,nolog,pass,setvar:tx.blocking_paranoia_level=" + level + "\"");
  }

  // ---- messages

  private String words(int size) {
    StringBuilder text = new StringBuilder();
    while (text.length() < size) {
      text.append(WORDS[random.nextInt(WORDS.length)]);
      text.append(random.nextInt(9) == 0 ? ", " : random.nextInt(15) == 0 ? ". " : " ");
    }
    return text.toString();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8);
  }

  private String form(int size) {
    StringBuilder body = new StringBuilder();
    for (int i = 0; body.length() < size; i++) {
      body.append("field").append(i).append('=').append(encoded(words(size / 12))).append('&');
    }
    return body.toString();
  }

  private String json(int size) {
    StringBuilder body = new StringBuilder("{\"items\":[");
    while (body.length() < size) {
      String note = words(50).replaceAll("[\"\\r\\n]", "");
      body.append("{\"id\":" + random.nextInt(1000) + ",\"note\":\"" + note + "\",\"ok\":true},");
    }
    return body.append("null]}").toString();
  }

  private String upload(int size) {
    byte[] photo = new byte[size];
    random.nextBytes(photo);
    String head = "--xyz\r\nContent-Disposition: form-data; name=";
    return (head + "\"title\"\r\n\r\n" + words(30).replaceAll("[\r\n]", ""))
        + ("\r\n" + head + "\"photo\"; filename=\"garden.png\"\r\nContent-Type: image/png\r\n\r\n")
        + Base64.getEncoder().encodeToString(photo)
        + "\r\n--xyz--\r\n";
  }

  private String cookies() {
    StringBuilder cookies = new StringBuilder();
    for (int i = 0; cookies.length() < 4096; i++) {
      byte[] value = new byte[60];
      random.nextBytes(value);
      cookies.append("c" + i + "=" + Base64.getUrlEncoder().encodeToString(value) + "; ");
    }
    return cookies.toString();
  }

  // ---- judging

  private int get(RuleSet rules, String cookies) {
    String query = "q=" + encoded(words(20)) + "&page=" + random.nextInt(20) + "&sort=price_asc";
    Transaction transaction = begin(rules, "GET", "/shop/search?" + query);
    if (!cookies.isEmpty()) {
      transaction.requestHeader("Cookie", cookies);
    }
    return share(transaction, "");
  }

  private static int judge(RuleSet rules, String type, String body) {
    Transaction transaction = begin(rules, "POST", "/api/items");
    transaction.requestHeader("Content-Type", type);
    transaction.requestHeader("Content-Length", Integer.toString(body.getBytes(UTF_8).length));
    return share(transaction, body);
  }

  private static Transaction begin(RuleSet rules, String method, String target) {
    Transaction transaction = rules.newTransaction();
    transaction.requestLine(
        method.getBytes(UTF_8), target.getBytes(UTF_8), "HTTP/1.1".getBytes(UTF_8));
    transaction.requestHeader("Host", "www.example.com");
    transaction.requestHeader(
        "User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0");
    transaction.requestHeader("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    transaction.requestHeader("Accept-Language", "fr-CH, fr;q=0.9, en;q=0.8, *;q=0.5");
    transaction.requestHeader("Referer", "https://www.example.com/shop/?page=1");
    return transaction;
  }

  /** Per cent of the budget; 100 and more if that was why it was refused. */
  private static int share(Transaction transaction, String body) {
    byte[] octets = body.getBytes(UTF_8);
    transaction.detectOnly();
    long granted = transaction.workLeft(octets.length);
    transaction.endRequestHeaders();
    transaction.requestBody(octets, 0, octets.length);
    transaction.endRequestBody();
    Intervention decision = transaction.decision();
    if (decision != null && decision.cause() == Intervention.Cause.BUDGET) {
      return 100;
    }
    if (granted == Long.MAX_VALUE) {
      return 0; // not prepared
    }
    return (int) (100 * (granted - transaction.workLeft()) / granted);
  }
}
