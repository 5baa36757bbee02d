package io.weir.app.demo;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** Sends every WebSocket message back (RFC 6455). */
final class EchoSocket {
  private static final String MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  private static final int MAX_PAYLOAD = 1 << 20;
  private static final int CLOSE = 8;
  private static final int PING = 9;
  private static final int PONG = 10;

  private EchoSocket() {}

  /** Answers the handshake, then echoes until the client closes. */
  static void run(String key, InputStream from, OutputStream to) throws IOException {
    DataInputStream in = new DataInputStream(from);
    DataOutputStream out = new DataOutputStream(to);
    String head =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: "
            + accept(key)
            + "\r\n\r\n";
    out.write(head.getBytes(StandardCharsets.US_ASCII));
    int opcode;
    do {
      opcode = echoFrame(in, out);
    } while (opcode != CLOSE);
  }

  /** RFC 6455 section 4.2.2. */
  private static String accept(String key) {
    try {
      byte[] sha1 =
          MessageDigest.getInstance("SHA-1")
              .digest((key + MAGIC).getBytes(StandardCharsets.US_ASCII));
      return Base64.getEncoder().encodeToString(sha1);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("SHA-1 is part of every JDK", impossible);
    }
  }

  /** RFC 6455 section 5.2: a client's frames are masked, a server's are not. */
  private static int echoFrame(DataInputStream in, DataOutputStream out) throws IOException {
    int first = in.readUnsignedByte();
    int length = length(in, in.readUnsignedByte() & 0x7f);
    byte[] mask = in.readNBytes(4);
    byte[] payload = in.readNBytes(length);
    if (payload.length < length) {
      return CLOSE;
    }
    for (int i = 0; i < length; i++) {
      payload[i] ^= mask[i & 3];
    }
    int opcode = first & 15;
    if (opcode != PONG) {
      write(out, opcode == PING ? 0x80 | PONG : first, payload);
    }
    return opcode;
  }

  private static int length(DataInputStream in, int first) throws IOException {
    long length = first;
    if (first == 126) {
      length = in.readUnsignedShort();
    } else if (first == 127) {
      length = in.readLong();
    }
    if (length < 0 || length > MAX_PAYLOAD) {
      throw new IOException("frame too large");
    }
    return (int) length;
  }

  private static void write(DataOutputStream out, int first, byte[] payload) throws IOException {
    out.writeByte(first);
    if (payload.length < 126) {
      out.writeByte(payload.length);
    } else if (payload.length < 1 << 16) {
      out.writeByte(126);
      out.writeShort(payload.length);
    } else {
      out.writeByte(127);
      out.writeLong(payload.length);
    }
    out.write(payload);
    out.flush();
  }
}
