package io.weir.bench;

import java.io.ByteArrayOutputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** The requests that the benchmarks of the WAF judge: always the same ones. */
final class WafRequests {
  private WafRequests() {}

  @SuppressWarnings("ArrayRecordComponent")
  record Field(byte[] name, byte[] value) {
    Field(String name, String value) {
      this(octets(name), octets(value));
    }
  }

  @SuppressWarnings("ArrayRecordComponent")
  record Request(byte[] method, byte[] uri, List<Field> fields, byte[] body) {
    Request(String method, String uri, List<Field> fields, byte[] body) {
      this(octets(method), octets(uri), fields, body);
    }

    /** As it stands on an HTTP/1.1 connection. */
    byte[] message() {
      ByteArrayOutputStream message = new ByteArrayOutputStream();
      write(message, method, octets(" "), uri, octets(" HTTP/1.1\r\n"));
      for (Field field : fields) {
        write(message, field.name(), octets(": "), field.value(), octets("\r\n"));
      }
      write(message, octets("\r\n"), body);
      return message.toByteArray();
    }

    private static void write(ByteArrayOutputStream out, byte[]... parts) {
      for (byte[] part : parts) {
        out.writeBytes(part);
      }
    }
  }

  static byte[] octets(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Harmless ones, by their names in figures. */
  static Map<String, Request> harmless() {
    Map<String, Request> requests = new LinkedHashMap<>();
    requests.put(
        "get",
        new Request(
            "GET",
            "/index.html",
            List.of(
                new Field("Host", "www.example.com"),
                new Field("User-Agent", "curl/8.5.0"),
                new Field("Accept", "*/*")),
            new byte[0]));
    String query =
        "?q=garden+chairs&page=2&sort=price_asc&color=dark%20green&session=a81bc81b-dead-4e5d";
    requests.put("browser", new Request("GET", "/shop/search" + query, browser(""), new byte[0]));
    Random random = new Random(7);
    requests.put("form500", form(random, 500));
    requests.put("json2k", json(random, 2048));
    requests.put("json64k", json(random, 65536));
    requests.put("form64k", form(random, 65536));
    return requests;
  }

  /** Ones made to be dear. */
  static Map<String, Request> hostile() {
    Map<String, Request> requests = new LinkedHashMap<>();
    Random random = new Random(7);
    String punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ \n";
    for (int size : new int[] {2048, 65536}) {
      requests.put("hostile random octets " + size, hostile(random, size, null));
      requests.put("hostile punctuation " + size, hostile(random, size, punctuation));
      requests.put(
          "hostile shell " + size, hostile(random, size, "abcehilnopstuw$(){}[]'\"\\;|&`?*. /-"));
    }
    for (String near :
        new String[] {
          "' or union sel ",
          "<scrip ",
          ";cat ",
          "$(",
          "../",
          "b'u's'y'b",
          "\\\\u",
          "(((((",
          "a=b;",
          "eval(",
          "%25"
        }) {
      requests.put("hostile repeated " + near.strip(), repeated(near, 8192));
    }
    return requests;
  }

  private static List<Field> browser(String contentType) {
    List<Field> fields = new ArrayList<>();
    fields.add(new Field("Host", "www.example.com"));
    fields.add(
        new Field(
            "User-Agent",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
                + " Chrome/126.0.0.0 Safari/537.36"));
    fields.add(
        new Field(
            "Accept",
            "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"));
    fields.add(new Field("Accept-Language", "en-US,en;q=0.9,de;q=0.8"));
    fields.add(new Field("Accept-Encoding", "gzip, deflate, br"));
    fields.add(new Field("Referer", "https://www.example.com/shop/"));
    fields.add(
        new Field(
            "Cookie", "sid=5f1d7e84c9b24ad2; theme=dark; _ga=GA1.2.1203948756.1700000000; cart=3"));
    fields.add(new Field("Sec-Fetch-Mode", "navigate"));
    fields.add(new Field("Sec-Fetch-Site", "same-origin"));
    fields.add(new Field("Upgrade-Insecure-Requests", "1"));
    if (!contentType.isEmpty()) {
      fields.add(new Field("Content-Type", contentType));
    }
    return fields;
  }

  static Request post(String type, String body) {
    byte[] octets = octets(body);
    List<Field> fields = browser(type);
    fields.add(new Field("Content-Length", Integer.toString(octets.length)));
    return new Request("POST", "/api/items", fields, octets);
  }

  private static final String[] WORDS = {
    "garden", "chair", "wooden", "delivery", "to", "the", "address", "please", "and", "invoice",
        "green",
    "2024", "for", "two", "persons", "Miller", "street", "Berlin", "order", "from", "our", "new"
  };

  private static String words(Random random, int count) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append(i == 0 ? "" : " ").append(WORDS[random.nextInt(WORDS.length)]);
    }
    return text.toString();
  }

  private static Request form(Random random, int size) {
    StringBuilder body = new StringBuilder();
    for (int i = 0; body.length() < size; i++) {
      body.append(i == 0 ? "" : "&").append("field").append(i).append('=');
      body.append(words(random, size > 1000 ? 80 : 7).replace(' ', '+'));
    }
    return post("application/x-www-form-urlencoded", body.toString());
  }

  private static Request json(Random random, int size) {
    StringBuilder body = new StringBuilder("{\"items\":[");
    for (int i = 0; body.length() < size; i++) {
      body.append(i == 0 ? "" : ",");
      body.append("{\"id\":" + random.nextInt(10_000) + ",\"name\":\"" + words(random, 3));
      body.append("\",\"note\":\"" + words(random, 9) + "\",\"price\":19.9,\"ok\":true}");
    }
    return post("application/json", body.append("]}").toString());
  }

  static Request hostile(Random random, int size, @Nullable String alphabet) {
    StringBuilder value = new StringBuilder("q=");
    while (value.length() < size) {
      int octet =
          alphabet == null
              ? random.nextInt(256)
              : alphabet.charAt(random.nextInt(alphabet.length()));
      value.append(
          Character.isLetterOrDigit(octet) && octet < 128
              ? "" + (char) octet
              : String.format("%%%02x", octet));
    }
    return post("application/x-www-form-urlencoded", value.toString());
  }

  private static Request repeated(String text, int size) {
    return post(
        "application/x-www-form-urlencoded",
        "q=" + URLEncoder.encode(text.repeat(size / text.length()), StandardCharsets.ISO_8859_1));
  }
}
