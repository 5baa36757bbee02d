package io.weir.it;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;

/**
 * A backend as a program: tells each client the address that it comes from, and how many requests
 * came by this connection before. Arguments: addresses to listen on, then the port.
 */
final class PeerEcho {
  private PeerEcho() {}

  /** See the class. */
  public static void main(String[] arguments) throws IOException {
    int port = Integer.parseInt(arguments[arguments.length - 1]);
    for (int i = 0; i < arguments.length - 1; i++) {
      ServerSocket server = new ServerSocket();
      server.bind(new InetSocketAddress(InetAddress.ofLiteral(arguments[i]), port));
      Thread.ofPlatform().start(() -> accept(server));
    }
    System.out.println("listening");
  }

  private static void accept(ServerSocket server) {
    try {
      while (true) {
        Socket socket = server.accept();
        Thread.ofVirtual().start(() -> serve(socket));
      }
    } catch (IOException closed) {
      System.out.println(closed);
    }
  }

  private static void serve(Socket socket) {
    try (socket) {
      InputStream in = socket.getInputStream();
      StringBuilder head = new StringBuilder();
      int requests = 0;
      for (int octet = in.read(); octet >= 0; octet = in.read()) {
        head.append((char) octet);
        if (head.length() > 4 && head.substring(head.length() - 4).equals("\r\n\r\n")) {
          String body = socket.getInetAddress().getHostAddress() + " " + requests++;
          String answer = "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
          socket.getOutputStream().write(answer.getBytes(ISO_8859_1));
          head.setLength(0);
        }
      }
    } catch (IOException gone) {
      // the other side is done
    }
  }
}
