package io.weir.app;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.function.Consumer;

/** Listens on a free port of IPv4 loopback and serves each connection on a thread of its own. */
public final class LoopbackServer implements AutoCloseable {
  private final ServerSocket socket = new ServerSocket();
  private final Consumer<Socket> serve;

  /**
   * Starts to listen.
   *
   * @param name of the thread that accepts
   * @param serve takes a connection over, and closes it
   * @throws IOException if there is no port
   */
  public LoopbackServer(String name, Consumer<Socket> serve) throws IOException {
    this.serve = serve;
    socket.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 1024);
    Thread.ofVirtual().name(name).start(this::accept);
  }

  /** Where it listens. */
  public int port() {
    return socket.getLocalPort();
  }

  private void accept() {
    while (!socket.isClosed()) {
      try {
        Socket client = socket.accept();
        Thread.ofVirtual().start(() -> serve.accept(client));
      } catch (IOException closed) {
        return;
      }
    }
  }

  /** Accepts no more; connections go on. */
  @Override
  public void close() throws IOException {
    socket.close();
  }
}
