package io.weir.control.health;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Asks {@code grpc.health.v1.Health/Check} (the gRPC Health Checking Protocol) over HTTP/2 with
 * prior knowledge, or over TLS.
 *
 * <p>A single unary call on a connection of its own needs little of HTTP/2 (RFC 9113): a field
 * block of literals (RFC 7541 §6.2.2), answers to SETTINGS and PING, and the DATA of stream 1.
 * Field blocks of the answer are not decoded: a gRPC server sends a message only with success, so
 * the message alone tells. Everything is bounded, by the connection's deadline and by {@value
 * #MAX_FRAMES} frames.
 */
final class GrpcProbe implements Probe {
  private static final int MAX_FRAMES = 100;
  private static final int MAX_FRAME = 16 * 1024; // RFC 9113 §4.2, as we announce nothing else
  private static final int MAX_MESSAGE = 1024;

  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int PING = 6;
  private static final int GOAWAY = 7;

  private static final int ACK = 1;
  private static final int END_STREAM = 1;
  private static final int END_HEADERS = 4;
  private static final int PADDED = 8;

  private static final String[] STATES = {"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"};

  private final byte[] request;

  GrpcProbe(String service, String authority, boolean tls) {
    this.request = request(service, authority, tls);
  }

  private static byte[] request(String service, String authority, boolean tls) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.write(0x83); // :method: POST
    block.write(tls ? 0x87 : 0x86); // :scheme
    field(block, 4, "/grpc.health.v1.Health/Check"); // :path
    field(block, 1, authority); // :authority
    field(block, 31, "application/grpc"); // content-type
    field(block, 58, "weir-health"); // user-agent
    block.write(0); // a literal name
    string(block, "te");
    string(block, "trailers");

    byte[] name = service.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    if (name.length > 0) {
      message.write(0x0a); // HealthCheckRequest.service, field 1, a string
      varint(message, name.length);
      message.writeBytes(name);
    }
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    data.write(0); // not compressed
    int32(data, message.size());
    data.writeBytes(message.toByteArray());

    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    frame(out, SETTINGS, 0, 0, new byte[0]);
    frame(out, HEADERS, END_HEADERS, 1, block.toByteArray());
    frame(out, DATA, END_STREAM, 1, data.toByteArray());
    return out.toByteArray();
  }

  /** A field without indexing, its name by its index in the static table. */
  private static void field(ByteArrayOutputStream out, int nameIndex, String value) {
    integer(out, nameIndex, 15);
    string(out, value);
  }

  private static void string(ByteArrayOutputStream out, String value) {
    byte[] octets = value.getBytes(StandardCharsets.UTF_8);
    integer(out, octets.length, 127);
    out.writeBytes(octets);
  }

  /** RFC 7541 §5.1; the bits before the prefix are zero. */
  private static void integer(ByteArrayOutputStream out, int value, int prefix) {
    if (value < prefix) {
      out.write(value);
    } else {
      out.write(prefix);
      varint(out, value - prefix);
    }
  }

  /** Seven bits at a time, the lowest first: HPACK and protocol buffers alike. */
  private static void varint(ByteArrayOutputStream out, int value) {
    int rest = value;
    while (rest > 127) {
      out.write(rest & 127 | 128);
      rest >>>= 7;
    }
    out.write(rest);
  }

  private static void int32(ByteArrayOutputStream out, int value) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      out.write(value >>> shift);
    }
  }

  private static void frame(
      ByteArrayOutputStream out, int type, int flags, int stream, byte[] payload) {
    out.write(payload.length >>> 16);
    out.write(payload.length >>> 8);
    out.write(payload.length);
    out.write(type);
    out.write(flags);
    int32(out, stream);
    out.writeBytes(payload);
  }

  @Override
  public String ask(CheckConnection connection) throws IOException {
    connection.write(request);
    Input in = new Input(connection);
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    for (int i = 0; i < MAX_FRAMES; i++) {
      int length = in.int24();
      int type = in.octet();
      int flags = in.octet();
      int stream = in.int32() & Integer.MAX_VALUE;
      if (length > MAX_FRAME || i == 0 && (type != SETTINGS || stream != 0)) {
        throw new IOException("the answer is not HTTP/2");
      }
      byte[] payload = in.octets(length);
      if (onFrame(connection, type, flags, stream, payload, message)) {
        return state(message.toByteArray());
      }
    }
    throw new IOException("no answer in " + MAX_FRAMES + " frames");
  }

  /** Whether this frame ends the answer. */
  private static boolean onFrame(
      CheckConnection connection,
      int type,
      int flags,
      int stream,
      byte[] payload,
      ByteArrayOutputStream message)
      throws IOException {
    if (type == GOAWAY || type == RST_STREAM && stream == 1) {
      throw new IOException("the call was refused");
    }
    if ((type == SETTINGS || type == PING) && (flags & ACK) == 0) {
      ByteArrayOutputStream ack = new ByteArrayOutputStream();
      frame(ack, type, ACK, 0, type == PING ? payload : new byte[0]);
      connection.write(ack.toByteArray());
    }
    if (type == DATA && stream == 1) {
      addData(flags, payload, message);
    }
    return (type == DATA || type == HEADERS) && stream == 1 && (flags & END_STREAM) != 0;
  }

  private static void addData(int flags, byte[] payload, ByteArrayOutputStream message)
      throws IOException {
    int start = (flags & PADDED) != 0 ? 1 : 0;
    int padding = start == 1 && payload.length > 0 ? payload[0] & 0xff : 0;
    int length = payload.length - start - padding;
    if (length < 0 || message.size() + length > MAX_MESSAGE) {
      throw new IOException("the answer is not a health status");
    }
    message.write(payload, start, length);
  }

  /** Reads {@code HealthCheckResponse}: field 1, an enumeration; absent where it is 0. */
  private static String state(byte[] message) throws IOException {
    if (message.length == 0) {
      throw new IOException("no health status (expected: the service grpc.health.v1.Health)");
    }
    boolean empty = message.length == 5;
    boolean one = message.length == 7 && message[5] == 0x08 && message[4] == 2;
    int state = one ? message[6] : 0;
    if (message[0] != 0 || !(empty || one) || state < 0 || state >= STATES.length) {
      throw new IOException("the answer is not a health status");
    }
    if (state != 1) {
      throw new IOException(STATES[state] + " (expected: SERVING)");
    }
    return STATES[state];
  }

  /** Takes numbers and octets from the connection. */
  private static final class Input {
    private final CheckConnection connection;
    private byte[] buffer = new byte[0];
    private int at;

    Input(CheckConnection connection) {
      this.connection = connection;
    }

    int octet() throws IOException {
      while (at == buffer.length) {
        byte[] more = connection.read();
        if (more == null) {
          throw new EOFException("closed before its answer was whole");
        }
        buffer = more;
        at = 0;
      }
      return buffer[at++] & 0xff;
    }

    int int24() throws IOException {
      return octet() << 16 | octet() << 8 | octet();
    }

    int int32() throws IOException {
      return int24() << 8 | octet();
    }

    byte[] octets(int count) throws IOException {
      byte[] octets = new byte[count];
      for (int i = 0; i < count; i++) {
        octets[i] = (byte) octet();
      }
      return octets;
    }
  }
}
