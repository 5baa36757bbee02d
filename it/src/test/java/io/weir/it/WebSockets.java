package io.weir.it;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.CertificateFactory;
import java.util.Base64;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A WebSocket server that echoes (RFC 6455), and the JDK's client. */
final class WebSockets {
  private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";
  private static final String ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  private static final int CLOSE = 8;

  private WebSockets() {}

  // ------------------------------------------------------------------ server

  /**
   * Echoes every frame unmasked, {@code /late} only after a while; {@code /forbidden} is refused,
   * {@code /hang-up} is closed at once.
   */
  static RawBackend echoServer() {
    return RawBackend.of(WebSockets::serve);
  }

  private static void serve(Wire wire) throws IOException {
    Message request = wire.readRequest();
    if (request == null) {
      return;
    }
    if (request.startLine().contains("/forbidden")) {
      wire.answer("403 Forbidden", "no");
      return;
    }
    wire.send(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: "
            + accept(request.field("Sec-WebSocket-Key"))
            + "\r\n\r\n");
    if (request.startLine().contains("/late")) {
      pause();
    }
    if (!request.startLine().contains("/hang-up")) {
      echoFrames(wire);
    }
  }

  /** Long enough for every buffer on the way to fill. */
  private static void pause() throws IOException {
    try {
      Thread.sleep(1000);
    } catch (InterruptedException over) {
      throw new IOException(over);
    }
  }

  private static String accept(String key) {
    try {
      byte[] sha1 =
          MessageDigest.getInstance("SHA-1").digest((key + ACCEPT_SUFFIX).getBytes(UTF_8));
      return Base64.getEncoder().encodeToString(sha1);
    } catch (GeneralSecurityException impossible) {
      throw new AssertionError(impossible);
    }
  }

  private static void echoFrames(Wire wire) throws IOException {
    for (int first = wire.read(); first >= 0; first = wire.read()) {
      byte[] payload = readPayload(wire);
      wire.send(frame(first, payload));
      if ((first & 0xf) == CLOSE) {
        return;
      }
    }
  }

  private static byte[] readPayload(Wire wire) throws IOException {
    int length = wire.read() & 0x7f;
    if (length == 126) {
      length = ByteBuffer.wrap(wire.read(2)).getShort() & 0xffff;
    } else if (length == 127) {
      length = Math.toIntExact(ByteBuffer.wrap(wire.read(8)).getLong());
    }
    byte[] mask = wire.read(4);
    byte[] payload = wire.read(length);
    for (int i = 0; i < payload.length; i++) {
      payload[i] ^= mask[i & 3];
    }
    return payload;
  }

  private static byte[] frame(int first, byte[] payload) {
    ByteBuffer frame = ByteBuffer.allocate(payload.length + 10).put((byte) first);
    if (payload.length < 126) {
      frame.put((byte) payload.length);
    } else if (payload.length < 65_536) {
      frame.put((byte) 126).putShort((short) payload.length);
    } else {
      frame.put((byte) 127).putLong(payload.length);
    }
    frame.put(payload).flip();
    byte[] octets = new byte[frame.remaining()];
    frame.get(octets);
    return octets;
  }

  /** A short text frame as clients send it, masked with zeros. */
  static byte[] maskedText(String text) {
    byte[] payload = text.getBytes(UTF_8);
    return ByteBuffer.allocate(6 + payload.length)
        .put((byte) 0x81)
        .put((byte) (0x80 | payload.length))
        .putInt(0)
        .put(payload)
        .array();
  }

  // ------------------------------------------------------------------ client

  static String upgradeRequest(String path) {
    return "GET "
        + path
        + " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
        + KEY
        + "\r\n\r\n";
  }

  static Client connect(int port, String path) {
    return new Client(SHARED, URI.create("ws://127.0.0.1:" + port + path));
  }

  static Client connectSecurely(int port, String path, Path certificate) {
    HttpClient client = HttpClient.newBuilder().sslContext(trusting(certificate)).build();
    return new Client(client, URI.create("wss://localhost:" + port + path));
  }

  private static SSLContext trusting(Path certificate) {
    try (InputStream pem = new ByteArrayInputStream(Files.readAllBytes(certificate))) {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      store.setCertificateEntry(
          "it", CertificateFactory.getInstance("X.509").generateCertificate(pem));
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(store);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (IOException | GeneralSecurityException failed) {
      throw new AssertionError(failed);
    }
  }

  private static final HttpClient SHARED = HttpClient.newHttpClient();

  /** One open WebSocket. */
  static final class Client implements WebSocket.Listener, AutoCloseable {
    private final BlockingQueue<String> texts = new LinkedBlockingQueue<>();
    private final CompletableFuture<Integer> closed = new CompletableFuture<>();
    private final StringBuilder partial = new StringBuilder();
    private final WebSocket socket;

    Client(HttpClient http, URI uri) {
      try {
        socket = http.newWebSocketBuilder().buildAsync(uri, this).join();
      } catch (CompletionException failed) {
        throw new AssertionError(uri.toString(), failed.getCause());
      }
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      partial.append(data);
      if (last) {
        texts.add(partial.toString());
        partial.setLength(0);
      }
      from.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket from, int code, String why) {
      closed.complete(code);
      return null;
    }

    @Override
    public void onError(WebSocket from, Throwable failure) {
      closed.completeExceptionally(failure);
    }

    /** Whether it has neither been closed nor failed. */
    boolean isOpen() {
      return !closed.isDone();
    }

    /** Sends a text and waits for one. */
    String echo(String text) {
      try {
        socket.sendText(text, true).get(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS);
        String answer = texts.poll(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (answer == null) {
          throw new AssertionError("no echo; closed: " + closed);
        }
        return answer;
      } catch (ExecutionException | TimeoutException | InterruptedException failed) {
        throw new AssertionError(failed);
      }
    }

    /** Asks to close; the code of the answer. */
    int closeCleanly() {
      try {
        socket
            .sendClose(WebSocket.NORMAL_CLOSURE, "")
            .get(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS);
        return closed.get(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS);
      } catch (ExecutionException | TimeoutException | InterruptedException failed) {
        throw new AssertionError(failed);
      }
    }

    @Override
    public void close() {
      socket.abort();
    }
  }
}
