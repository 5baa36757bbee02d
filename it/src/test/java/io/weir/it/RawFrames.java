package io.weir.it;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;

/**
 * HTTP/2 as a case of the smuggling corpus writes it, frame by frame and without any check.
 *
 * <pre>
 * HEADERS 1 END_STREAM      a field block in one frame; the lines below are its fields
 * :method: GET
 * DATA 1 END_STREAM         the line below is its content
 * hello
 * RAW 000000040000000000    octets in hexadecimal
 * </pre>
 */
final class RawFrames {
  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int GOAWAY = 7;
  private static final int END_STREAM = 1;
  private static final int END_HEADERS = 4;
  private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final Set<Integer> streams = new HashSet<>();

  private RawFrames() {
    out.writeBytes(PREFACE.getBytes(ISO_8859_1));
    frame(4, 0, 0, new byte[0]);
  }

  /** Says what the case says and reads to the end of its streams, or of the connection. */
  static void run(SmugglingCase each, Socket socket) throws IOException {
    RawFrames frames = new RawFrames();
    frames.script(each.sections().getFirst().lines().toList());
    try {
      socket.getOutputStream().write(frames.out.toByteArray());
    } catch (SocketException closed) {
      // seen when reading
    }
    boolean broken = frames.awaitEnd(new DataInputStream(socket.getInputStream()));
    assertThat(broken).as("%s: connection broken", each).isEqualTo(each.outcome().equals("broken"));
  }

  private void script(java.util.List<String> lines) {
    int at = 0;
    while (at < lines.size()) {
      String[] words = lines.get(at++).split(" ", -1);
      ByteArrayOutputStream payload = new ByteArrayOutputStream();
      int last = at;
      while (last < lines.size() && !lines.get(last).matches("(HEADERS|DATA|RAW) .*")) {
        String line = lines.get(last++);
        payload.writeBytes(words[0].equals("HEADERS") ? field(line) : SmugglingCase.unescape(line));
      }
      at = last;
      if (words[0].equals("RAW")) {
        out.writeBytes(HexFormat.of().parseHex(words[1]));
        continue;
      }
      int stream = Integer.parseInt(words[1]);
      int end = words.length > 2 && words[2].equals("END_STREAM") ? END_STREAM : 0;
      streams.add(stream);
      if (words[0].equals("HEADERS")) {
        frame(HEADERS, END_HEADERS | end, stream, payload.toByteArray());
      } else {
        frame(DATA, end, stream, payload.toByteArray());
      }
    }
  }

  /** A literal field without indexing, without Huffman coding (RFC 7541 section 6.2.2). */
  private static byte[] field(String line) {
    int colon = line.indexOf(": ", 1);
    ByteArrayOutputStream field = new ByteArrayOutputStream();
    field.write(0);
    string(field, SmugglingCase.unescape(line.substring(0, colon)));
    string(field, SmugglingCase.unescape(line.substring(colon + 2)));
    return field.toByteArray();
  }

  private static void string(ByteArrayOutputStream out, byte[] octets) {
    if (octets.length < 127) {
      out.write(octets.length);
    } else {
      out.write(127);
      int rest = octets.length - 127;
      for (; rest >= 128; rest >>>= 7) {
        out.write(rest & 0x7f | 0x80);
      }
      out.write(rest);
    }
    out.writeBytes(octets);
  }

  private void frame(int type, int flags, int stream, byte[] payload) {
    out.write(payload.length >> 16);
    out.write(payload.length >> 8);
    out.write(payload.length);
    out.write(type);
    out.write(flags);
    for (int shift = 24; shift >= 0; shift -= 8) {
      out.write(stream >> shift);
    }
    out.writeBytes(payload);
  }

  /** Whether the connection ended before all streams did. */
  private boolean awaitEnd(DataInputStream in) throws IOException {
    try {
      while (!streams.isEmpty()) {
        int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
        int type = in.readUnsignedByte();
        int flags = in.readUnsignedByte();
        int stream = in.readInt();
        in.skipNBytes(length);
        if (type == GOAWAY) {
          return true;
        }
        boolean ends =
            type == RST_STREAM || (type == DATA || type == HEADERS) && (flags & END_STREAM) != 0;
        if (ends) {
          streams.remove(stream);
        }
      }
      return false;
    } catch (EOFException | SocketException ended) {
      return true;
    }
  }
}
