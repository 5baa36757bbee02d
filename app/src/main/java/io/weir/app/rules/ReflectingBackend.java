package io.weir.app.rules;

import io.weir.app.LoopbackServer;
import io.weir.waf.regression.Reflection;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * The backend that a rule set's regression tests want: 200 and nothing, or what a request for
 * /reflect asks for. It stands behind Weir only, so it trusts what it reads. A thread for each
 * connection.
 */
final class ReflectingBackend implements AutoCloseable {
  private final LoopbackServer server;

  /** Starts to listen on a free port of loopback. */
  ReflectingBackend() throws IOException {
    server = new LoopbackServer("reflecting-backend", ReflectingBackend::serve);
  }

  int port() {
    return server.port();
  }

  @Override
  public void close() throws IOException {
    server.close();
  }

  /**
   * A request's head, as far as it matters here.
   *
   * @param length octets of content, -1 where it comes in chunks
   */
  private record Head(String method, String target, long length) {}

  private static void serve(Socket client) {
    try (client) {
      client.setTcpNoDelay(true);
      InputStream in = new BufferedInputStream(client.getInputStream());
      OutputStream out = client.getOutputStream();
      for (Head head = head(in); head != null; head = head(in)) {
        byte[] content = head.length() < 0 ? chunks(in) : in.readNBytes((int) head.length());
        boolean asked = Reflection.isAskedFor(head.target()) && content.length > 0;
        Reflection answer = asked ? Reflection.of(json(content)) : Reflection.plain();
        out.write(octets(answer, head.method().equals("HEAD")));
        out.flush();
      }
    } catch (IOException gone) {
      // Weir closed the connection: the end of a test, or of all.
    }
  }

  private static @Nullable Head head(InputStream in) throws IOException {
    String first = line(in);
    if (first.isEmpty()) {
      return null;
    }
    long length = 0;
    for (String field = line(in); !field.isEmpty(); field = line(in)) {
      String name = field.substring(0, Math.max(0, field.indexOf(':'))).toLowerCase(Locale.ROOT);
      String value = field.substring(name.length() + 1).strip();
      length =
          switch (name) {
            case "content-length" -> Long.parseLong(value);
            case "transfer-encoding" -> -1;
            default -> length;
          };
    }
    String[] parts = first.split(" ", 3);
    return new Head(parts[0], parts[1], length);
  }

  private static byte[] chunks(InputStream in) throws IOException {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    for (int size = chunkSize(in); size > 0; size = chunkSize(in)) {
      content.writeBytes(in.readNBytes(size));
      line(in);
    }
    while (!line(in).isEmpty()) {
      // a trailer
    }
    return content.toByteArray();
  }

  private static int chunkSize(InputStream in) throws IOException {
    return Integer.parseInt(line(in).replaceFirst(";.*", ""), 16);
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    int c = in.read();
    if (c < 0) {
      throw new EOFException();
    }
    for (; c >= 0 && c != '\n'; c = in.read()) {
      line.append((char) c);
    }
    return line.toString().stripTrailing();
  }

  /** JSON is YAML (YAML 1.2, section 1.3), and that is what there is a reader for. */
  private static @Nullable Object json(byte[] content) {
    try {
      String text = new String(content, StandardCharsets.UTF_8);
      return new Load(LoadSettings.builder().build()).loadFromString(text);
    } catch (YamlEngineException notJson) {
      return null;
    }
  }

  private static byte[] octets(Reflection answer, boolean headOnly) {
    StringBuilder head = new StringBuilder("HTTP/1.1 " + answer.status() + " Reflected\r\n");
    answer
        .headers()
        .forEach((name, value) -> {
          if (!name.toLowerCase(Locale.ROOT)
              .matches("content-length|transfer-encoding|connection")) {
            head.append(name).append(": ").append(value).append("\r\n");
          }
        });
    boolean empty = answer.status() < 200 || answer.status() == 204 || answer.status() == 304;
    if (!empty) {
      head.append("Content-Length: ").append(answer.body().length).append("\r\n");
    }
    ByteArrayOutputStream octets = new ByteArrayOutputStream();
    octets.writeBytes(head.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
    if (!empty && !headOnly) {
      octets.writeBytes(answer.body());
    }
    return octets.toByteArray();
  }
}
