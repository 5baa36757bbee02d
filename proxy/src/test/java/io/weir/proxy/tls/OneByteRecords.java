package io.weir.proxy.tls;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** Stands before a TLS server and cuts the client's hello into records of one byte each. */
final class OneByteRecords implements AutoCloseable {
  private final ServerSocket front = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  private final int port;

  OneByteRecords(int port) throws IOException {
    this.port = port;
    Thread.ofVirtual().start(this::serve);
  }

  int port() {
    return front.getLocalPort();
  }

  private void serve() {
    try (Socket client = front.accept();
        Socket server = new Socket(InetAddress.getLoopbackAddress(), port)) {
      server.setTcpNoDelay(true);
      byte[] header = client.getInputStream().readNBytes(5);
      byte[] hello = client.getInputStream().readNBytes((header[3] & 0xff) << 8 | header[4] & 0xff);
      for (byte b : hello) {
        server.getOutputStream().write(Hellos.concat(header, Hellos.bytes(b)), 0, 3);
        server.getOutputStream().write(Hellos.bytes(0, 1, b));
      }
      Thread back = Thread.ofVirtual().start(() -> copy(server, client));
      copy(client, server);
      back.join();
    } catch (IOException | InterruptedException closed) {
      // The test is over.
    }
  }

  private static void copy(Socket from, Socket to) {
    try (InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream()) {
      in.transferTo(out);
    } catch (IOException closed) {
      // The other side has gone.
    }
  }

  @Override
  public void close() throws IOException {
    front.close();
  }
}
