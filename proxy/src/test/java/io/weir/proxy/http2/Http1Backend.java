package io.weir.proxy.http2;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** An HTTP/1.1 server on loopback that does what a test tells it, octet by octet. */
final class Http1Backend implements AutoCloseable {
  /** Answers one request; the connection goes on unless it throws. */
  interface Handler {
    void answer(Request request, OutputStream out) throws IOException;
  }

  /** A request with its content, chunks joined; {@code in} is for protocols behind it. */
  record Request(String head, String body, InputStream in) {
    String path() {
      return head.split(" ", 3)[1];
    }

    boolean has(String line) {
      return head.toLowerCase(Locale.ROOT)
          .contains("\r\n" + line.toLowerCase(Locale.ROOT) + "\r\n");
    }
  }

  final BlockingQueue<Request> requests = new LinkedBlockingQueue<>();
  private final ServerSocket server;
  private final Handler handler;

  Http1Backend(Handler handler) throws IOException {
    this.handler = handler;
    server = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    Thread.startVirtualThread(this::accept);
  }

  /** A backend that always says the same. */
  static Http1Backend saying(String response) throws IOException {
    return new Http1Backend(
        (request, out) -> out.write(response.getBytes(StandardCharsets.ISO_8859_1)));
  }

  InetSocketAddress address() {
    return (InetSocketAddress) server.getLocalSocketAddress();
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = server.accept();
        Thread.startVirtualThread(() -> serve(socket));
      }
    } catch (IOException closed) {
      // the test is over
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      InputStream in = new BufferedInputStream(socket.getInputStream());
      OutputStream out = socket.getOutputStream();
      while (true) {
        String head = readTo(in, "\r\n\r\n");
        if (head.isEmpty()) {
          return;
        }
        Request request = new Request(head, body(head.toLowerCase(Locale.ROOT), in), in);
        requests.add(request);
        handler.answer(request, out);
        out.flush();
      }
    } catch (IOException gone) {
      // so is the proxy's side
    }
  }

  private static String body(String head, InputStream in) throws IOException {
    int length = head.indexOf("\r\ncontent-length: ");
    if (length >= 0) {
      String digits = head.substring(length + 18, head.indexOf("\r\n", length + 2));
      return new String(in.readNBytes(Integer.parseInt(digits)), StandardCharsets.ISO_8859_1);
    }
    if (!head.contains("\r\ntransfer-encoding: chunked\r\n")) {
      return "";
    }
    StringBuilder body = new StringBuilder();
    while (true) {
      String line = readTo(in, "\r\n").trim();
      if (line.isEmpty()) {
        throw new IOException("content broken off");
      }
      int size = Integer.parseInt(line, 16);
      body.append(new String(in.readNBytes(size), StandardCharsets.ISO_8859_1));
      if (!readTo(in, "\r\n").equals("\r\n")) {
        throw new IOException("chunk not ended");
      }
      if (size == 0) {
        return body.toString();
      }
    }
  }

  private static String readTo(InputStream in, String end) throws IOException {
    ByteArrayOutputStream read = new ByteArrayOutputStream();
    for (int c = in.read(); c >= 0; c = in.read()) {
      read.write(c);
      if (c == '\n' && read.toString(StandardCharsets.ISO_8859_1).endsWith(end)) {
        return read.toString(StandardCharsets.ISO_8859_1);
      }
    }
    return "";
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
