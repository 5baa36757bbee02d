package io.weir.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A backend that does to each connection exactly what a test says, well-behaved or not, and
 * remembers what it saw.
 */
final class RawBackend implements AutoCloseable {
  /** What a backend does with one connection; the connection is closed when it returns. */
  interface Script {
    void serve(Wire wire) throws IOException;
  }

  private final ServerSocket server;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger connections = new AtomicInteger();
  private final List<String> heads = new CopyOnWriteArrayList<>();
  private final StringBuilder received = new StringBuilder();
  private volatile Script script;

  private RawBackend(InetSocketAddress address, Script script) {
    this.script = script;
    try {
      server = new ServerSocket();
      server.setReuseAddress(true);
      server.bind(address, 4096);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    Thread.ofVirtual().start(this::accept);
  }

  /** A backend on a free port of 127.0.0.1. */
  static RawBackend of(Script script) {
    return at(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), Tools.freePort()), script);
  }

  static RawBackend at(InetSocketAddress address, Script script) {
    return new RawBackend(address, script);
  }

  /** Answers every request with 200 and these octets, and keeps the connection. */
  static RawBackend answering(String body) {
    return of(wire -> keepAnswering(wire, body));
  }

  private static void keepAnswering(Wire wire, String body) throws IOException {
    while (wire.readRequest() != null) {
      wire.answer("200 OK", body);
    }
  }

  /** Answers every request with its own head, as it arrived, and keeps the connection. */
  static RawBackend echoingHeads() {
    return of(wire -> {
      for (Message request = wire.readRequest(); request != null; request = wire.readRequest()) {
        wire.answer("200 OK", request.head());
      }
    });
  }

  /** From the next connection on this is done. */
  void script(Script next) {
    script = next;
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = server.accept();
        connections.incrementAndGet();
        open.add(socket);
        Thread.ofVirtual().start(() -> serve(socket));
      }
    } catch (IOException closed) {
      // the end
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      Wire wire = new Wire(socket);
      wire.record(this::record, heads);
      script.serve(wire);
    } catch (IOException gone) {
      // the other side is gone, or the test is over
    } finally {
      open.remove(socket);
    }
  }

  /** {@code 127.0.0.1:PORT}, as configurations write it. */
  String address() {
    return server.getInetAddress().getHostAddress() + ":" + port();
  }

  int port() {
    return server.getLocalPort();
  }

  /** Connections since the start. */
  int connections() {
    return connections.get();
  }

  /** Connections that are open. */
  int openConnections() {
    return open.size();
  }

  /** Every head that was read whole. */
  List<String> heads() {
    return heads;
  }

  /** Every octet that arrived, in ISO 8859-1, of all connections. */
  synchronized String received() {
    return received.toString();
  }

  private synchronized void record(String octets) {
    received.append(octets);
  }

  /** Resets all connections; new ones are accepted. */
  void resetConnections() {
    for (Socket socket : open) {
      try {
        socket.setSoLinger(true, 0);
        socket.close();
      } catch (SocketException endedMeanwhile) {
        // its script has just come to its end
      } catch (IOException failed) {
        throw new UncheckedIOException(failed);
      }
    }
  }

  /** Refuses new connections, and resets those that are open. */
  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    resetConnections();
  }
}
