package io.weir.proxy.log;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.weir.net.ClientIdentity;
import io.weir.net.IpAddress;
import io.weir.net.Provenance;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LineRendererTest {
  private static final IpAddress LONGEST = IpAddress.ofIpv6(-1, -1);

  @Test
  void writesAllFieldsInOneOrder() {
    assertThat(new String(Lines.render(full()), UTF_8))
        .isEqualTo(
            """
            {"timestamp":"2026-02-03T04:05:06.789Z","request_id":"r-1",\
            "client_ip":"192.0.2.7","client_port":65535,\
            "server_ip":"2001:db8::1","server_port":443,\
            "method":"GET","host":"example.com","path":"/a","query":"b=c",\
            "protocol":"HTTP/1.1","status_code":200,\
            "request_size_bytes":78,"response_size_bytes":5000000000,\
            "request_time_ms":12.345,"upstream_time_ms":0.007,\
            "ssl_protocol":"TLSv1.3","ssl_cipher":"TLS_AES_256_GCM_SHA384",\
            "user_agent":"curl/8","referer":"https://example.com/","x_forwarded_for":"203.0.113.9",\
            "lb_instance":"weir-1","pool_id":"web","backend_server":"198.51.100.1:8080",\
            "rate_limited":true,"waf_action":"blocked","waf_rules_matched":["942100","949110"],\
            "geo_country":null,"geo_city":null,"asn":null,"connection_reused":true,\
            "compression":"none","listener":"public","route":"all","reason":"served",\
            "client_provenance":"forwarded-header","retries":2,\
            "ja3":"503053a0c5b2bd9b9334bf7f3d3b8852","ja4":null,\
            "waf_score":5,"waf_message":null,"waf_variable":"ARGS:q",\
            "waf_value":null,"waf_transformations":null,"waf_exclusion":null}
            """);
  }

  @Test
  void writesNullForWhatIsUnknown() {
    JsonNode line = Lines.read(new AccessLogEntry());
    assertThat(line.get("path").isNull()).isTrue();
    assertThat(line.get("upstream_time_ms").isNull()).isTrue();
    assertThat(line.get("connection_reused").booleanValue()).isFalse();
    assertThat(line.get("protocol").textValue()).isEqualTo("unknown");
  }

  @Test
  void forgetsTheEntryBefore() {
    assertThat(Lines.render(full().clear())).isEqualTo(Lines.render(new AccessLogEntry()));
  }

  @Test
  void keepsTheFirstOfTwoValues() {
    AccessLogEntry entry = new AccessLogEntry();
    for (int i = 0; i < 100; i++) {
      entry.text(AccessLogField.PATH, ("/" + i).getBytes(UTF_8));
    }
    assertThat(Lines.read(entry).get("path").textValue()).isEqualTo("/0");
  }

  @Test
  void survivesTheLargestRecord() {
    AccessLogEntry entry = new AccessLogEntry();
    for (AccessLogField field : AccessLogField.values()) {
      entry.text(field, new byte[field.cap]);
    }
    entry
        .start(Long.MAX_VALUE)
        .client(new ClientIdentity(LONGEST, 65535, Provenance.FORWARDED_HEADER))
        .server(LONGEST, -1)
        .status(-1)
        .retries(-1);
    entry.sizes(Long.MAX_VALUE, Long.MAX_VALUE).requestTime(Long.MAX_VALUE);
    entry.upstreamTime(Long.MAX_VALUE);
    assertThat(Lines.read(entry).get("path").textValue()).isEqualTo("\0".repeat(2048));
    assertThat(Lines.read(entry).get("response_size_bytes").longValue()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void writesTimesAsTheCalendarHasThem() {
    TimestampText timestamp = new TimestampText();
    for (String time :
        new String[] {
          "1970-01-01T00:00:00.000Z",
          "2024-02-29T23:59:59.999Z",
          "2024-03-01T00:00:00.000Z",
          "2024-02-29T23:59:59.001Z",
          "2026-12-31T12:00:00.010Z",
          "9999-12-31T23:59:59.999Z"
        }) {
      JsonBuffer out = new JsonBuffer(64);
      timestamp.append(out, Instant.parse(time).toEpochMilli() * 1000 + 999);
      assertThat(new String(out.bytes, 0, out.position, UTF_8)).isEqualTo(time);
    }
  }

  @Test
  void escapesWhateverCouldEndALineOrFoolATerminal() {
    String hostile = "a\"b\\c\n\r\t\u0000\u001b[31m\u007f\u0085\u009b\u2028\u2029\u202e\u2066z";
    byte[] line = Lines.render(new AccessLogEntry().text(AccessLogField.HOST, bytes(hostile)));
    assertThat(Lines.read(line).get("host").textValue()).isEqualTo(hostile);
    assertThat(new String(line, UTF_8).strip()).matches("[ -~]+");
  }

  @Test
  void keepsUtf8AsItIs() {
    String text = "grüße 日本語 \uD83D\uDE00 \u00A0\uFFFD\uD7FF\uE000";
    assertThat(Lines.of(AccessLogField.HOST, "host", text)).isEqualTo(text);
    assertThat(
            new String(
                Lines.render(new AccessLogEntry().text(AccessLogField.HOST, bytes(text))), UTF_8))
        .contains(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\u0080",
        "\u00C0\u0080",
        "\u00C1\u00BF",
        "\u00E0\u009F\u00BF",
        "\u00ED\u00A0\u0080",
        "\u00F0\u008F\u00BF\u00BF",
        "\u00F4\u0090\u0080\u0080",
        "\u00F5\u0080\u0080\u0080",
        "\u00C3",
        "\u00E2\u0082",
        "\u00F0\u009F\u0098",
        "\u00FF"
      })
  void replacesEachByteThatIsNotUtf8(String latin1) {
    byte[] broken = latin1.getBytes(ISO_8859_1);
    JsonNode line = Lines.read(new AccessLogEntry().text(AccessLogField.HOST, broken));
    assertThat(line.get("host").textValue()).isEqualTo("\uFFFD".repeat(broken.length));
  }

  @Test
  void rendersEachByteAtEachPlaceOfAWordAlike() {
    for (int value = 0; value < 256; value++) {
      for (int place = 0; place < 17; place++) {
        byte[] text = "0123456789abcdefg".getBytes(UTF_8);
        text[place] = (byte) value;
        String expected = new String(text, UTF_8);
        JsonNode line = Lines.read(new AccessLogEntry().text(AccessLogField.HOST, text));
        assertThat(line.get("host").textValue()).isEqualTo(expected);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "a=1&password=x&b=2, a=1&password=[REDACTED]&b=2",
    "PassWord=x, PassWord=[REDACTED]",
    "access_token=abc, access_token=[REDACTED]",
    "client_secret=a;b=c&d=e, client_secret=[REDACTED]&d=e",
    "api_key=k, api_key=[REDACTED]",
    "apiKEY=k&apiKEY=l, apiKEY=[REDACTED]&apiKEY=[REDACTED]",
    "%70assw%6Frd=x, %70assw%6Frd=[REDACTED]",
    "%54oken=x, %54oken=[REDACTED]",
    "user[password]=x, user[password]=[REDACTED]",
    "a;token=x, a;token=[REDACTED]",
    "x=token=abc, x=token=[REDACTED]",
    "token=a=b, token=[REDACTED]",
    "token=, token=",
    "token, token",
    "q=token, q=token",
    "tok=en&pass=word, tok=en&pass=word",
    "%7=1&%=2&key%=3, %7=1&%=2&key%=[REDACTED]",
    "pin=4111111111111111, pin=[REDACTED]",
  })
  void masksSecretQueryValues(String query, String logged) {
    assertThat(Lines.of(AccessLogField.QUERY, "query", query)).isEqualTo(logged);
  }

  @Test
  void masksSecretsInPathAndReferer() {
    assertThat(Lines.of(AccessLogField.PATH, "path", "/a;token=b"))
        .isEqualTo("/a;token=[REDACTED]");
    assertThat(
            Lines.of(
                AccessLogField.REFERER,
                "referer",
                "https://example.com/?secret=a&b=4111111111111111#access_token=c"))
        .isEqualTo("https://example.com/?secret=[REDACTED]&b=[REDACTED]#access_token=[REDACTED]");
  }

  @ParameterizedTest
  @CsvSource({
    "4111111111111111, [REDACTED]",
    "/pay/4111111111111111/now, /pay/[REDACTED]/now",
    "x4111111111111111y, x[REDACTED]y",
    "4111 1111 1111 1111, [REDACTED]",
    "4111-1111-1111-1111, [REDACTED]",
    "4111+1111%201111%2D1111, [REDACTED]",
    "%34111111111111111, [REDACTED]",
    "4222222222222, [REDACTED]",
    "6304000000000000000, [REDACTED]",
    "378282246310005 and 5555555555554444, [REDACTED] and [REDACTED]",
    "12-4111111111111111, 12-[REDACTED]",
    "2026 4111 1111 1111 1111 99, 2026 [REDACTED] 99",
    "d4111111111111111D, d[REDACTED]D",
    "%D4111111111111111, %D[REDACTED]",
    "4111111111111112, 4111111111111112",
    "41111111111111111111, 41111111111111111111",
    "411111111111, 411111111111",
    "4111.1111.1111.1111, 4111.1111.1111.1111",
  })
  void masksCardNumbersWhereverTextComesFromTheClient(String text, String logged) {
    assertThat(Lines.of(AccessLogField.PATH, "path", text)).isEqualTo(logged);
    assertThat(Lines.of(AccessLogField.QUERY, "query", text)).isEqualTo(logged);
    assertThat(Lines.of(AccessLogField.REFERER, "referer", text)).isEqualTo(logged);
    assertThat(Lines.of(AccessLogField.USER_AGENT, "user_agent", text)).isEqualTo(logged);
    assertThat(Lines.of(AccessLogField.FORWARDED_FOR, "x_forwarded_for", text)).isEqualTo(logged);
  }

  @Test
  void findsACardNumberAtEachPlace() {
    for (int before = 0; before < 60; before++) {
      String text = "/".repeat(before) + "4222222222222" + "/".repeat(60 - before);
      assertThat(Lines.of(AccessLogField.PATH, "path", text))
          .isEqualTo("/".repeat(before) + "[REDACTED]" + "/".repeat(60 - before));
    }
  }

  @Test
  void cutsUserAgentsTo256Characters() {
    assertThat(Lines.of(AccessLogField.USER_AGENT, "user_agent", "é".repeat(1000)))
        .isEqualTo("é".repeat(256));
    assertThat(Lines.of(AccessLogField.USER_AGENT, "user_agent", "x".repeat(1000)))
        .isEqualTo("x".repeat(256));
    assertThat(Lines.of(AccessLogField.USER_AGENT, "user_agent", "x".repeat(256)))
        .isEqualTo("x".repeat(256));
  }

  @Test
  void cutsBeforeACardNumberInsteadOfThroughIt() {
    String card = "4111 1111 1111 1111";
    assertThat(Lines.of(AccessLogField.USER_AGENT, "user_agent", "x".repeat(240) + card))
        .isEqualTo("x".repeat(240));
    assertThat(Lines.of(AccessLogField.PATH, "path", "/".repeat(2040) + card))
        .isEqualTo("/".repeat(2040));
  }

  @Test
  void cutsBetweenCharacters() {
    assertThat(Lines.of(AccessLogField.METHOD, "method", "x".repeat(31) + "日本"))
        .isEqualTo("x".repeat(31));
    assertThat(Lines.of(AccessLogField.METHOD, "method", "x".repeat(29) + "日本"))
        .isEqualTo("x".repeat(29) + "日");
  }

  @ParameterizedTest
  @ValueSource(strings = {"::", "::1", "2001:db8::1:0:0:1", "192.0.2.1", "255.255.255.255"})
  void writesAddressesCanonically(String text) {
    AccessLogEntry entry =
        new AccessLogEntry()
            .client(new ClientIdentity(IpAddress.parse(text), 1, Provenance.SOCKET));
    assertThat(Lines.read(entry).get("client_ip").textValue()).isEqualTo(text);
  }

  private static AccessLogEntry full() {
    return new AccessLogEntry()
        .start(Instant.parse("2026-02-03T04:05:06.789Z").toEpochMilli() * 1000 + 5)
        .client(
            new ClientIdentity(IpAddress.parse("192.0.2.7"), 65535, Provenance.FORWARDED_HEADER))
        .server(IpAddress.parse("2001:db8::1"), 443)
        .protocol(AccessLogProtocol.HTTP_1_1)
        .status(200)
        .retries(2)
        .sizes(78, 5_000_000_000L)
        .requestTime(12_345)
        .upstreamTime(7)
        .connectionReused()
        .rateLimited()
        .waf(WafAction.BLOCKED, 5)
        .text(AccessLogField.WAF_RULES, bytes("942100 949110"))
        .text(AccessLogField.WAF_VARIABLE, bytes("ARGS:q"))
        .text(AccessLogField.REQUEST_ID, bytes("r-1"))
        .text(AccessLogField.METHOD, bytes("xGETx"), 1, 3)
        .text(AccessLogField.HOST, bytes("example.com"))
        .text(AccessLogField.PATH, bytes("/a"))
        .text(AccessLogField.QUERY, bytes("b=c"))
        .text(AccessLogField.TLS_PROTOCOL, bytes("TLSv1.3"))
        .text(AccessLogField.TLS_CIPHER, bytes("TLS_AES_256_GCM_SHA384"))
        .text(AccessLogField.JA3, bytes("503053a0c5b2bd9b9334bf7f3d3b8852"))
        .text(AccessLogField.USER_AGENT, bytes("curl/8"))
        .text(AccessLogField.REFERER, bytes("https://example.com/"))
        .text(AccessLogField.FORWARDED_FOR, bytes("203.0.113.9"))
        .text(AccessLogField.POOL, bytes("web"))
        .text(AccessLogField.BACKEND, bytes("198.51.100.1:8080"))
        .text(AccessLogField.LISTENER, bytes("public"))
        .text(AccessLogField.ROUTE, bytes("all"))
        .text(AccessLogField.REASON, bytes("served"));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
