package io.weir.waf;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.util.List;

/**
 * Judges harmless text in the ways in which it comes, so that automata have the states that usual
 * text needs before anybody has to wait for them, or to pay.
 */
final class Rehearsal {
  private static final String SEPARATOR = "part";

  private final Transaction transaction;
  private final String text;
  private final List<String> lines;

  private Rehearsal(RuleSet rules, String text) {
    transaction = rules.newTransaction();
    this.text = text;
    lines = text.lines().filter(line -> !line.isBlank()).toList();
  }

  static void of(RuleSet rules) {
    Rehearsal rehearsal = new Rehearsal(rules, text());
    rehearsal.get();
    rehearsal.post("application/x-www-form-urlencoded", "text=" + encoded(rehearsal.text));
    rehearsal.post("application/json", rehearsal.json());
    rehearsal.post("multipart/form-data; boundary=" + SEPARATOR, rehearsal.multipart());
    rehearsal.post("text/xml", "<a b='c'>" + rehearsal.text.replaceAll("[<&]", " ") + "</a>");
  }

  private static String text() {
    try (InputStream in = Rehearsal.class.getResourceAsStream("harmless.txt")) {
      if (in == null) {
        throw new IllegalStateException("harmless.txt is missing");
      }
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException("harmless.txt cannot be read", e);
    }
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8);
  }

  private void get() {
    StringBuilder target = new StringBuilder("/shop/search/index.html?");
    lines.forEach(line -> target.append("p=").append(encoded(line)).append('&'));
    begin("GET", target.toString());
    end(new byte[0]);
  }

  private void post(String type, String body) {
    byte[] octets = body.getBytes(UTF_8);
    begin("POST", "/api/v1/items/42");
    transaction.requestHeader("Content-Type", type);
    transaction.requestHeader("Content-Length", Integer.toString(octets.length));
    end(octets);
  }

  private String json() {
    StringBuilder body = new StringBuilder("{\"items\":[");
    for (String line : lines) {
      String escaped = line.replace("\\", "\\\\").replace("\"", "\\\"");
      body.append("{\"id\":1,\"note\":\"").append(escaped).append("\",\"ok\":true},");
    }
    return body.append("null]}").toString();
  }

  private String multipart() {
    StringBuilder body = new StringBuilder();
    for (int i = 0; i < lines.size(); i++) {
      body.append("--" + SEPARATOR + "\r\nContent-Disposition: form-data; name=\"field").append(i);
      body.append(i % 2 == 0 ? "\"" : "\"; filename=\"photo.png\"\r\nContent-Type: image/png");
      body.append("\r\n\r\n").append(lines.get(i)).append("\r\n");
    }
    return body.append("--" + SEPARATOR + "--\r\n").toString();
  }

  private void begin(String method, String target) {
    transaction.reset();
    transaction.detectOnly();
    transaction.connection("192.0.2.1", 40000, "192.0.2.2", 443);
    transaction.requestLine(
        method.getBytes(UTF_8), target.getBytes(UTF_8), "HTTP/1.1".getBytes(UTF_8));
    transaction.requestHeader("Host", "www.example.com");
    transaction.requestHeader(
        "Accept", "text/html,application/xhtml+xml;q=0.9,image/webp,*/*;q=0.8");
    transaction.requestHeader("Accept-Language", "en-US,en;q=0.9,de;q=0.8");
    transaction.requestHeader("Accept-Encoding", "gzip, deflate, br, zstd");
    transaction.requestHeader("Referer", "https://www.example.com/shop/?page=2");
    transaction.requestHeader("Origin", "https://www.example.com");
    transaction.requestHeader("Sec-Fetch-Mode", "navigate");
    transaction.requestHeader("Sec-CH-UA", "\"Chromium\";v=\"126\", \"Not A;Brand\";v=\"99\"");
    transaction.requestHeader(
        "User-Agent",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Safari/537.36");
    transaction.requestHeader(
        "Cookie", "sid=5f1d7e84c9b24ad2; theme=dark; _ga=GA1.2.12039487.1700000000");
  }

  private void end(byte[] body) {
    transaction.unbounded();
    transaction.endRequestHeaders();
    transaction.requestBody(body, 0, body.length);
    transaction.endRequestBody();
    transaction.responseLine("HTTP/1.1", 200);
    transaction.responseHeader("Content-Type", "text/html");
    transaction.endResponseHeaders();
    byte[] page = text.getBytes(UTF_8);
    transaction.responseBody(page, 0, page.length);
    transaction.endResponseBody();
    transaction.log();
  }
}
