package io.weir.app.demo;

import java.net.Socket;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** What a backend sees of the client of one request. */
record Sight(String backend, DemoBackend.Request request, Socket connection) {

  /** From what it knows to what it believes. */
  private Map<String, String> rows() {
    Map<String, String> rows = new LinkedHashMap<>();
    String chain = request.field("x-forwarded-for");
    rows.put("backend", backend);
    rows.put("socket", connection.getInetAddress().getHostAddress() + ":" + connection.getPort());
    rows.put("client, as naive code reads it", chain.split(",", 2)[0].strip());
    rows.put("X-Forwarded-For", chain);
    rows.put("X-Real-IP", request.field("x-real-ip"));
    rows.put("Forwarded", request.field("forwarded"));
    rows.put("X-Forwarded-Proto", request.field("x-forwarded-proto"));
    return rows;
  }

  String text() {
    return rows().entrySet().stream()
        .map(row -> String.format("%-32s%s%n", row.getKey(), row.getValue()))
        .collect(Collectors.joining());
  }

  String json() {
    return rows().entrySet().stream()
        .map(row -> quoted(row.getKey()) + ": " + quoted(row.getValue()))
        .collect(Collectors.joining(",\n  ", "{\n  ", "\n}\n"));
  }

  private static String quoted(String text) {
    StringBuilder json = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"', '\\' -> json.append('\\').append(c);
        default -> {
          if (c < ' ') {
            json.append(String.format("\\u%04x", (int) c));
          } else {
            json.append(c);
          }
        }
      }
    }
    return json.append('"').toString();
  }

  String html() {
    String rows =
        rows().entrySet().stream()
            .map(
                row -> "<tr><th>" + escaped(row.getKey()) + "<td>" + escaped(row.getValue()) + "\n")
            .collect(Collectors.joining());
    return """
    <!doctype html>
    <html lang="en">
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>Weir: what the backend sees</title>
    <h1>What the backend sees</h1>
    <table>
    %s</table>
    <p>The socket is Weir's. The client is you, whatever your request claims.
    </html>
    """
        .formatted(rows);
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
  }
}
