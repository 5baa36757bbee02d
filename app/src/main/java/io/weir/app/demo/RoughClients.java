package io.weir.app.demo;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;

/**
 * Clients that begin something and break it off, in every state that a connection can be left in. A
 * start-up cache that knows only clients who behave makes a JVM compile anew in its first attack.
 */
final class RoughClients {
  private static final int AT_ONCE = 16;

  private static final String HEAD = "GET / HTTP/1.1\r\nHost: a.test\r\n";
  private static final String POST =
      "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 99\r\n\r\na";

  /** The preface, SETTINGS with a window of zero, and GETs whose answers have to wait for it. */
  private static final String HTTP2 =
      IntStream.range(0, 8)
          .mapToObj(i -> "\0\0\6\1\5\0\0\0" + (char) (2 * i + 1) + "\u0082\u0086\u0084\1\1a")
          .collect(
              Collectors.joining(
                  "", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\6\4\0\0\0\0\0\0\4\0\0\0\0", ""));

  private final Demo demo;
  private final SSLContext tls;
  private final byte[] hello;

  RoughClients(Demo demo, SSLContext tls) throws SSLException {
    this.demo = demo;
    this.tls = tls;
    this.hello = hello(tls);
  }

  private static byte[] hello(SSLContext tls) throws SSLException {
    SSLEngine engine = tls.createSSLEngine();
    engine.setUseClientMode(true);
    ByteBuffer out = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
    engine.wrap(ByteBuffer.allocate(0), out);
    return Arrays.copyOf(out.array(), out.position());
  }

  /** Some connections of each kind. */
  void round() {
    breakOff(demo.http(), octets(HEAD));
    breakOff(demo.http(), octets(POST));
    breakOff(demo.http(), octets(HEAD + "\r\n"));
    breakOff(demo.http(), octets(HTTP2));
    breakOff(demo.http(), octets("no HTTP\r\n"));
    breakOff(demo.https(), Arrays.copyOf(hello, hello.length / 2));
    breakOff(demo.https(), hello);
    drip(octets(HEAD));
    shakeHands();
  }

  private static byte[] octets(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Connections that are open at the same time, all left in this state. */
  private static void breakOff(int port, byte[] opening) {
    List<Socket> open = new ArrayList<>();
    try {
      for (int i = 0; i < AT_ONCE; i++) {
        Socket socket = connect(port);
        open.add(socket);
        socket.getOutputStream().write(opening);
      }
      Thread.sleep(1);
    } catch (IOException cutOff) {
      // that is Weir's right
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    open.forEach(RoughClients::close);
  }

  private static Socket connect(int port) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setTcpNoDelay(true);
    return socket;
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException closed) {
      // as wanted
    }
  }

  /** A head in segments of one octet. */
  private void drip(byte[] head) {
    try (Socket socket = connect(demo.http())) {
      for (byte octet : head) {
        socket.getOutputStream().write(octet);
      }
    } catch (IOException cutOff) {
      // that is Weir's right
    }
  }

  private void shakeHands() {
    try (SSLSocket socket =
        (SSLSocket)
            tls.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), demo.https())) {
      socket.startHandshake();
    } catch (IOException cutOff) {
      // that is Weir's right
    }
  }
}
