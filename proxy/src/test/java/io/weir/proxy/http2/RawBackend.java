package io.weir.proxy.http2;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/** A backend that says exactly the frames a test wants, on one connection after the other. */
final class RawBackend implements AutoCloseable {
  private final ServerSocket server;

  RawBackend() throws IOException {
    server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    server.setSoTimeout(10_000);
  }

  InetSocketAddress address() {
    return (InetSocketAddress) server.getLocalSocketAddress();
  }

  /** The proxy's next connection, with the settings exchanged. */
  RawPeer accept() throws IOException {
    return acceptWith();
  }

  /** The same with settings of the backend's. */
  RawPeer acceptWith(int... idsAndValues) throws IOException {
    return RawPeer.server(server.accept()).settings(idsAndValues).send();
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
