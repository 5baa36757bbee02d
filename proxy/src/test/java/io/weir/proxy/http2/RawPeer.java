package io.weir.proxy.http2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.weir.proxy.http.Ascii;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A client or backend that says exactly the frames a test wants, and gathers what it gets. */
final class RawPeer implements AutoCloseable {
  static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  final Socket socket;
  private final HpackEncoder encoder = new HpackEncoder();
  private final Hpack.Reader decoder = new Hpack.Reader();
  private final ByteBuf out = Unpooled.buffer();
  final Received received = new Received();
  private final FrameReader reader;

  private RawPeer(Socket socket, boolean server) throws IOException {
    this.socket = socket;
    socket.setSoTimeout(10_000);
    socket.setTcpNoDelay(true);
    reader = new FrameReader(received, server, 1 << 20);
  }

  /** A client that has said the preface but no settings. */
  RawPeer(InetSocketAddress address) throws IOException {
    this(new Socket(address.getAddress(), address.getPort()), false);
    out.writeBytes(Ascii.bytes(PREFACE));
  }

  /** The server's end of a connection. */
  static RawPeer server(Socket socket) throws IOException {
    return new RawPeer(socket, true);
  }

  /** With the preface and empty settings sent. */
  static RawPeer open(InetSocketAddress address) throws IOException {
    RawPeer client = new RawPeer(address);
    FrameWriter.settings(client.out);
    return client;
  }

  RawPeer settings(int... idsAndValues) {
    FrameWriter.settings(out, idsAndValues);
    return this;
  }

  RawPeer request(int stream, boolean end, String... fields) {
    byte[] block = Hpack.encode(encoder, List.of(fields));
    FrameWriter.headers(out, stream, block, 0, block.length, end);
    return this;
  }

  RawPeer get(int stream, String path) {
    return request(
        stream,
        true,
        ":method: GET",
        ":scheme: http",
        ":path: " + path,
        ":authority: www.example.com");
  }

  RawPeer post(int stream, String... more) {
    List<String> fields =
        new ArrayList<>(
            List.of(":method: POST", ":scheme: http", ":path: /", ":authority: www.example.com"));
    fields.addAll(List.of(more));
    return request(stream, false, fields.toArray(String[]::new));
  }

  RawPeer data(int stream, String content, boolean end) {
    FrameWriter.data(out, stream, content.length(), end);
    out.writeBytes(Ascii.bytes(content));
    return this;
  }

  /** A field block of a response, or trailers. */
  RawPeer response(int stream, boolean end, String... fields) {
    return request(stream, end, fields);
  }

  RawPeer goAway(int lastStream) {
    FrameWriter.goAway(out, lastStream, ErrorCode.NO_ERROR, "");
    return this;
  }

  RawPeer window(int stream, int increment) {
    FrameWriter.windowUpdate(out, stream, increment);
    return this;
  }

  RawPeer reset(int stream) {
    return reset(stream, ErrorCode.CANCEL);
  }

  RawPeer reset(int stream, ErrorCode code) {
    FrameWriter.rstStream(out, stream, code);
    return this;
  }

  RawPeer ping(long opaque) {
    FrameWriter.ping(out, false, opaque);
    return this;
  }

  RawPeer raw(String hex) {
    out.writeBytes(Hpack.hex(hex));
    return this;
  }

  /** Sends what was said so far; the other end may have closed already. */
  RawPeer send() {
    try {
      socket.getOutputStream().write(ByteBufUtil.getBytes(out));
    } catch (IOException closed) {
      // seen when reading
    }
    out.clear();
    return this;
  }

  /** Reads until the condition holds; fails when the connection ends or is silent before. */
  RawPeer await(java.util.function.Predicate<Received> condition) throws IOException {
    send();
    while (!condition.test(received)) {
      if (!readSome()) {
        throw new AssertionError("closed, received " + received);
      }
    }
    return this;
  }

  RawPeer awaitEnd(int stream) throws IOException {
    return await(r -> r.ended(stream));
  }

  /** Reads until the other end closes. */
  RawPeer awaitClose() throws IOException {
    send();
    while (readSome()) {
      // all of it
    }
    return this;
  }

  private boolean readSome() throws IOException {
    InputStream in = socket.getInputStream();
    byte[] some = new byte[16 * 1024];
    int n;
    try {
      n = in.read(some);
    } catch (java.net.SocketTimeoutException silent) {
      throw new AssertionError("silent, received " + received, silent);
    } catch (IOException reset) {
      return false;
    }
    if (n > 0) {
      reader.read(Unpooled.wrappedBuffer(some, 0, n));
    }
    return n > 0;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  /** What came, by stream. */
  final class Received implements FrameSink {
    final Map<Integer, List<String>> heads = new TreeMap<>();
    final Map<Integer, StringBuilder> bodies = new TreeMap<>();
    final Map<Integer, ErrorCode> resets = new TreeMap<>();
    final Map<Integer, Integer> blockLengths = new TreeMap<>();
    final List<Integer> ended = new ArrayList<>();
    final Map<Integer, Integer> settings = new TreeMap<>();
    final Map<Integer, Integer> windows = new TreeMap<>();
    final List<Long> pongs = new ArrayList<>();
    final List<String> goAways = new ArrayList<>();
    int settingsAcks;
    boolean answersPings = true;

    boolean ended(int stream) {
      return ended.contains(stream) || resets.containsKey(stream);
    }

    String body(int stream) {
      return bodies.getOrDefault(stream, new StringBuilder()).toString();
    }

    String head(int stream) {
      return String.join("\n", heads.getOrDefault(stream, List.of()));
    }

    @Override
    public String toString() {
      return "heads " + heads + " resets " + resets + " ended " + ended + " goAways " + goAways;
    }

    @Override
    public void frame(int type, int flags, int streamId, int length) {}

    @Override
    public void data(int streamId, ByteBuf in, int length, int overhead, boolean endStream) {
      bodies
          .computeIfAbsent(streamId, id -> new StringBuilder())
          .append(
              in.toString(in.readerIndex(), length, java.nio.charset.StandardCharsets.ISO_8859_1));
      if (endStream) {
        ended.add(streamId);
      }
    }

    @Override
    public void headers(int streamId, byte[] block, int offset, int length, boolean endStream) {
      blockLengths.put(streamId, length);
      byte[] copy = java.util.Arrays.copyOfRange(block, offset, offset + length);
      heads.computeIfAbsent(streamId, id -> new ArrayList<>()).addAll(decoder.read(copy));
      if (endStream) {
        ended.add(streamId);
      }
    }

    @Override
    public void rstStream(int streamId, int errorCode) {
      resets.put(streamId, ErrorCode.of(errorCode));
    }

    @Override
    public void setting(int id, int value) {
      settings.put(id, value);
    }

    @Override
    public void settingsEnd() {}

    @Override
    public void settingsAck() {
      settingsAcks++;
    }

    @Override
    public void ping(boolean ack, long opaque) {
      if (ack) {
        pongs.add(opaque);
      } else if (answersPings) {
        FrameWriter.ping(out, true, opaque);
        send();
      }
    }

    @Override
    public void goAway(int lastStreamId, int errorCode) {
      goAways.add(lastStreamId + " " + ErrorCode.of(errorCode));
    }

    @Override
    public void windowUpdate(int streamId, int increment) {
      windows.merge(streamId, increment, Integer::sum);
    }

    @Override
    public void violated(int streamId, Violation violation) {
      throw new AssertionError("the proxy sent: " + violation);
    }
  }
}
