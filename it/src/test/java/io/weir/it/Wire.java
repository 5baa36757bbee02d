package io.weir.it;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A socket that says exactly what it is told to, and reads HTTP/1.1 messages. */
final class Wire implements AutoCloseable {
  private final Socket socket;
  private final InputStream in;
  private @Nullable Consumer<String> received;
  private @Nullable List<String> heads;

  Wire(Socket socket) throws IOException {
    this.socket = socket;
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(Tools.PATIENCE_SECONDS * 1000);
    in = new BufferedInputStream(socket.getInputStream(), 64 * 1024);
  }

  /** Connects to a port of 127.0.0.1. */
  static Wire to(int port) {
    return to("127.0.0.1", port);
  }

  static Wire to(String address, int port) {
    return between(null, address, port);
  }

  /** Connects from an address of this machine, or from whichever suits. */
  static Wire between(@Nullable String from, String address, int port) {
    try {
      Socket socket = new Socket();
      if (from != null) {
        socket.bind(new InetSocketAddress(InetAddress.ofLiteral(from), 0));
      }
      socket.connect(
          new InetSocketAddress(InetAddress.ofLiteral(address), port),
          Tools.PATIENCE_SECONDS * 1000);
      return new Wire(socket);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /** One request on a connection of its own. */
  static Message ask(int port, String request) {
    try (Wire wire = to(port)) {
      wire.send(request);
      return wire.readResponse();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  void record(Consumer<String> allReceived, List<String> allHeads) {
    received = allReceived;
    heads = allHeads;
  }

  int localPort() {
    return socket.getLocalPort();
  }

  String remoteAddress() {
    return socket.getInetAddress().getHostAddress();
  }

  // ------------------------------------------------------------------ writing

  /** Sends these octets, one for each character. */
  void send(String octets) throws IOException {
    send(octets.getBytes(ISO_8859_1));
  }

  void send(byte[] octets) throws IOException {
    socket.getOutputStream().write(octets);
    socket.getOutputStream().flush();
  }

  /** Sends a response of declared length. */
  void answer(String status, String body, String... fields) throws IOException {
    StringBuilder head = new StringBuilder("HTTP/1.1 ").append(status).append("\r\n");
    for (String field : fields) {
      head.append(field).append("\r\n");
    }
    head.append("Content-Length: ").append(body.length()).append("\r\n\r\n");
    send(head + body);
  }

  /** Says that nothing more will come, and goes on reading. */
  void endOutput() throws IOException {
    socket.shutdownOutput();
  }

  /** Ends the connection with a reset instead of an orderly close. */
  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  // ------------------------------------------------------------------ reading

  /** The next octet, or -1 at the orderly end. */
  int read() throws IOException {
    int octet = in.read();
    if (octet >= 0 && received != null) {
      received.accept(Character.toString(octet));
    }
    return octet;
  }

  /** So many octets, or fewer where the connection ended. */
  byte[] read(int length) throws IOException {
    byte[] octets = in.readNBytes(length);
    if (received != null) {
      received.accept(text(octets));
    }
    return octets;
  }

  private static String text(byte[] octets) {
    return new String(octets, ISO_8859_1);
  }

  private String readLine() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int octet = read(); octet != '\n'; octet = read()) {
      if (octet < 0) {
        throw new EOFException("ended within a line: " + line);
      }
      line.append((char) octet);
    }
    int end = line.length() - 1;
    return end >= 0 && line.charAt(end) == '\r' ? line.substring(0, end) : line.toString();
  }

  /** A head up to its empty line, with CRLF after each line; null where the connection ended. */
  @Nullable String readHead() throws IOException {
    int first = read();
    if (first < 0) {
      return null;
    }
    StringBuilder head = new StringBuilder().append((char) first).append(readLine()).append("\r\n");
    for (String line = readLine(); !line.isEmpty(); line = readLine()) {
      head.append(line).append("\r\n");
    }
    if (heads != null) {
      heads.add(head.toString());
    }
    return head.toString();
  }

  /** A request with its content; null where the connection ended. */
  @Nullable Message readRequest() throws IOException {
    String head = readHead();
    return head == null ? null : readBody(head, false);
  }

  /** The next final response; those before it (1xx) are passed over. */
  Message readResponse() throws IOException {
    return readResponse("GET");
  }

  Message readResponse(String method) throws IOException {
    Message head = readInterim();
    while (head.status() / 100 == 1 && head.status() != 101) {
      head = readInterim();
    }
    boolean none =
        method.equals("HEAD")
            || head.status() == 204
            || head.status() == 304
            || head.status() == 101;
    return none ? head : readBody(head.head(), true);
  }

  /** The next head of a response, also of an interim one. */
  Message readInterim() throws IOException {
    String head = readHead();
    if (head == null) {
      throw new EOFException("closed without an answer");
    }
    return new Message(head, "", true);
  }

  /** The content of a final response whose head has been read. */
  Message readAnswerBody(String head) throws IOException {
    return readBody(head, true);
  }

  /** The content of a request whose head has been read. */
  Message readBody(Message request) throws IOException {
    return readBody(request.head(), false);
  }

  private Message readBody(String head, boolean response) throws IOException {
    Message message = new Message(head, "", true);
    if (!message.fields("Transfer-Encoding").isEmpty()) {
      return readChunks(head);
    }
    String length = message.field("Content-Length");
    if (!length.isEmpty()) {
      byte[] body = read(Integer.parseInt(length));
      return new Message(head, text(body), body.length == Integer.parseInt(length));
    }
    return response ? new Message(head, text(readToEnd()), true) : message;
  }

  private Message readChunks(String head) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    try {
      for (int size = chunkSize(); size > 0; size = chunkSize()) {
        body.write(read(size));
        readLine();
      }
      for (String trailer = readLine(); !trailer.isEmpty(); trailer = readLine()) {
        body.write(("trailer " + trailer).getBytes(ISO_8859_1));
      }
      return new Message(head, text(body.toByteArray()), true);
    } catch (EOFException | SocketException cut) {
      return new Message(head, text(body.toByteArray()), false);
    }
  }

  private int chunkSize() throws IOException {
    return Integer.parseInt(readLine().split(";", 2)[0].strip(), 16);
  }

  byte[] readToEnd() throws IOException {
    return read(Integer.MAX_VALUE);
  }

  /** Waits for the other side to end the connection, orderly or not; fails if more comes. */
  void expectEnd() throws IOException {
    try {
      int octet = read();
      if (octet >= 0) {
        throw new AssertionError("more came: " + (char) octet);
      }
    } catch (SocketException reset) {
      // an end, too
    }
  }
}
