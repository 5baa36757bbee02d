package io.weir.proxy.tls;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Builds client hellos by hand, so that any part of them can be wrong. */
final class Hellos {
  private Hellos() {}

  /**
   * A handshake message with an SNI, an ALPN, supported versions, a GREASE and a padding extension.
   */
  static byte[] hello(String name, int padding) {
    return message(
        extension(0x2a2a, new byte[0]),
        serverName(name),
        alpn("h2", "http/1.1"),
        extension(43, bytes(6, 0x3a, 0x3a, 3, 4, 3, 3)),
        extension(21, new byte[padding]));
  }

  static byte[] message(byte[]... extensions) {
    byte[] all = concat(extensions);
    byte[] body =
        concat(
            bytes(3, 3),
            new byte[32],
            bytes(32),
            new byte[32],
            bytes(0, 4, 0x13, 1, 0x13, 2),
            bytes(1, 0),
            u16(all.length),
            all);
    return handshake(1, body);
  }

  static byte[] handshake(int type, byte[] body) {
    return concat(bytes(type, body.length >> 16, body.length >> 8, body.length), body);
  }

  static byte[] serverName(String name) {
    byte[] host = name.getBytes(StandardCharsets.ISO_8859_1);
    return extension(0, concat(u16(host.length + 3), bytes(0), u16(host.length), host));
  }

  static byte[] alpn(String... protocols) {
    ByteArrayOutputStream list = new ByteArrayOutputStream();
    for (String protocol : protocols) {
      list.write(protocol.length());
      list.writeBytes(protocol.getBytes(StandardCharsets.US_ASCII));
    }
    return extension(16, concat(u16(list.size()), list.toByteArray()));
  }

  static byte[] extension(int type, byte[] body) {
    return concat(u16(type), u16(body.length), body);
  }

  /** Cuts a message into handshake records of at most {@code size} bytes each. */
  static byte[] records(byte[] message, int size) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int at = 0; at < message.length; at += size) {
      byte[] fragment = Arrays.copyOfRange(message, at, Math.min(message.length, at + size));
      out.writeBytes(concat(bytes(22, 3, 1), u16(fragment.length), fragment));
    }
    return out.toByteArray();
  }

  static byte[] u16(int value) {
    return bytes(value >> 8, value);
  }

  static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
