package io.weir.app.rules;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Sends octets, well-formed or not, over a connection of their own, and reads the answer to its
 * end.
 */
final class RawClient implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 2000;
  private static final int MAX_LINE = 64 * 1024;
  private static final int CONTINUE_MAX = 199;

  private final Socket socket = new Socket();

  /** Connects to a port of loopback. */
  RawClient(int port) throws IOException {
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
  }

  /** By which the server knows this connection. */
  int port() {
    return socket.getLocalPort();
  }

  /**
   * The status of the answer; 0 where the connection ended without one.
   *
   * @throws IOException if nothing comes and the connection stays, too
   */
  int ask(byte[] request) throws IOException {
    InputStream in = new BufferedInputStream(socket.getInputStream());
    try {
      socket.getOutputStream().write(request);
      return answer(in, request);
    } catch (SocketTimeoutException waitsForMore) {
      // What was sent is no whole request: the server is told that nothing else comes.
      socket.shutdownOutput();
      return answer(in, request);
    }
  }

  private static int answer(InputStream in, byte[] request) throws IOException {
    try {
      int status;
      do {
        status = status(line(in));
      } while (finish(in, status, request) && status <= CONTINUE_MAX);
      return status;
    } catch (EOFException ended) {
      return 0;
    } catch (java.net.SocketException reset) {
      return 0;
    }
  }

  private static int status(String line) throws IOException {
    if (!line.matches("HTTP/1\\.[01] [1-5][0-9][0-9] .*")) {
      throw new IOException("no answer of HTTP: " + line);
    }
    return Integer.parseInt(line.substring(9, 12));
  }

  /** Reads the rest of a message by its framing (RFC 9112, section 6.3). */
  private static boolean finish(InputStream in, int status, byte[] request) throws IOException {
    long length = -1;
    boolean chunked = false;
    for (String field = line(in); !field.isEmpty(); field = line(in)) {
      String lower = field.toLowerCase(Locale.ROOT);
      if (lower.startsWith("content-length:")) {
        length = Long.parseLong(lower.substring(15).strip());
      }
      chunked |= lower.startsWith("transfer-encoding:");
    }
    if (status <= CONTINUE_MAX || status == 204 || status == 304 || isHead(request)) {
      return true;
    }
    if (chunked) {
      skipChunks(in);
    } else if (length >= 0) {
      in.skipNBytes(length);
    } else {
      in.skipNBytes(Long.MAX_VALUE);
    }
    return true;
  }

  private static boolean isHead(byte[] request) {
    return new String(request, 0, Math.min(5, request.length), StandardCharsets.ISO_8859_1)
        .equals("HEAD ");
  }

  private static void skipChunks(InputStream in) throws IOException {
    while (true) {
      long size = Long.parseLong(line(in).replaceFirst(";.*", ""), 16);
      in.skipNBytes(size);
      if (line(in).isEmpty() && size == 0) {
        return;
      }
    }
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0 || line.length() > MAX_LINE) {
        throw new EOFException();
      }
      line.append((char) c);
    }
    return line.toString().stripTrailing();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
