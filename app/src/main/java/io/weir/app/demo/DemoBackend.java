package io.weir.app.demo;

import io.weir.app.LoopbackServer;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * A backend that shows what it sees of the client (IP-7): what its socket says, and what the fields
 * of the request say, read as naively as backends do. A thread for each connection.
 *
 * <p>{@code /} is the page, {@code /slow} the same after three seconds, {@code /ws} echoes over
 * WebSocket, {@code /health} is for Weir. {@code POST /admin/down} makes it fail until {@code POST
 * /admin/up}.
 */
final class DemoBackend implements AutoCloseable {
  private static final int MAX_LINE = 16 * 1024;
  private static final int MAX_FIELDS = 200;
  private static final long SLOW_MILLIS = 3000;

  private final String name;
  private final LoopbackServer server;
  private volatile boolean down;

  /** Starts to listen on a free port of IPv4 loopback. */
  DemoBackend(String name) throws IOException {
    this.name = name;
    server = new LoopbackServer("demo-" + name, this::serve);
  }

  String name() {
    return name;
  }

  int port() {
    return server.port();
  }

  @Override
  public void close() throws IOException {
    server.close();
  }

  // ------------------------------------------------------------------ requests

  /**
   * @param fields by lower-case name; several of one name joined by commas
   */
  record Request(String method, String path, Map<String, String> fields) {
    String field(String name) {
      return fields.getOrDefault(name, "");
    }

    boolean accepts(String type) {
      return field("accept").contains(type);
    }
  }

  private record Answer(int status, String type, String body) {}

  private void serve(Socket client) {
    try (client) {
      client.setTcpNoDelay(true);
      InputStream in = new BufferedInputStream(client.getInputStream());
      OutputStream out = client.getOutputStream();
      for (String line = line(in); !line.isEmpty(); line = line(in)) {
        Request request = request(line, in);
        if (request.path().equals("/ws")
            && request.field("upgrade").equalsIgnoreCase("websocket")) {
          EchoSocket.run(request.field("sec-websocket-key"), in, out);
          return;
        }
        skipContent(request, in);
        boolean last = !request.field("transfer-encoding").isEmpty();
        write(out, request, answer(request, client), last);
        if (last) {
          return;
        }
      }
    } catch (IOException gone) {
      // Demo clients come and go.
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static Request request(String line, InputStream in) throws IOException {
    String[] parts = line.split(" ", 3);
    if (parts.length != 3) {
      throw new IOException("not a request line");
    }
    Map<String, String> fields = new LinkedHashMap<>();
    for (String field = line(in); !field.isEmpty(); field = line(in)) {
      int colon = field.indexOf(':');
      if (colon < 1 || fields.size() > MAX_FIELDS) {
        throw new IOException("not a field");
      }
      String name = field.substring(0, colon).toLowerCase(Locale.ROOT);
      fields.merge(name, field.substring(colon + 1).strip(), (a, b) -> a + ", " + b);
    }
    return new Request(parts[0], parts[1].replaceFirst("\\?.*", ""), fields);
  }

  /** A line without its end; empty at the end of the stream too. */
  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
      if (line.length() > MAX_LINE) {
        throw new IOException("line too long");
      }
      line.append((char) c);
    }
    return line.toString().stripTrailing();
  }

  private static void skipContent(Request request, InputStream in) throws IOException {
    String length = request.field("content-length");
    if (length.matches("[0-9]{1,15}")) {
      try {
        in.skipNBytes(Long.parseLong(length));
      } catch (EOFException gone) {
        throw new IOException(gone);
      }
    }
  }

  private Answer answer(Request request, Socket client) throws InterruptedException {
    switch (request.method() + " " + request.path()) {
      case "POST /admin/down" -> down = true;
      case "POST /admin/up" -> down = false;
      default -> {
        if (down) {
          return new Answer(503, "text/plain", name + " is down\n");
        }
        if (request.path().equals("/health")) {
          return new Answer(200, "text/plain", "ok\n");
        }
        if (request.path().equals("/slow")) {
          Thread.sleep(SLOW_MILLIS);
        }
        return page(new Sight(name, request, client));
      }
    }
    return new Answer(200, "text/plain", name + " is " + (down ? "down" : "up") + "\n");
  }

  private static Answer page(Sight sight) {
    if (sight.request().accepts("text/html")) {
      return new Answer(200, "text/html; charset=utf-8", sight.html());
    }
    return sight.request().accepts("application/json")
        ? new Answer(200, "application/json", sight.json())
        : new Answer(200, "text/plain; charset=utf-8", sight.text());
  }

  private void write(OutputStream out, Request request, Answer answer, boolean last)
      throws IOException {
    byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
    String head =
        "HTTP/1.1 "
            + (answer.status() == 200 ? "200 OK" : "503 Service Unavailable")
            + "\r\nContent-Type: "
            + answer.type()
            + "\r\nContent-Length: "
            + body.length
            + "\r\nX-Backend: "
            + name
            + (last ? "\r\nConnection: close" : "")
            + "\r\n\r\n";
    byte[] octets = head.getBytes(StandardCharsets.US_ASCII);
    if (!request.method().equals("HEAD")) {
      int start = octets.length;
      octets = java.util.Arrays.copyOf(octets, start + body.length);
      System.arraycopy(body, 0, octets, start, body.length);
    }
    out.write(octets);
    out.flush();
  }
}
