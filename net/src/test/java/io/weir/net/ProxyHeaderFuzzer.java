package io.weir.net;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.weir.net.ProxyHeader.Malformed;
import io.weir.net.ProxyHeader.Proxied;
import io.weir.net.ProxyHeader.Unnamed;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Holds the reader against one that matches version 1 with a regular expression and walks version 2
 * with a buffer and a checksum computed bit by bit.
 */
class ProxyHeaderFuzzer {
  private static final byte[] SIGNATURE = {13, 10, 13, 10, 0, 13, 10, 'Q', 'U', 'I', 'T', 10};
  private static final Pattern LINE =
      Pattern.compile(
          "PROXY (?:UNKNOWN(?: [^\\r\\n]*)?|TCP([46]) ([^ \\r\\n]+) ([^ \\r\\n]+)"
              + " (0|[1-9][0-9]{0,4}) (0|[1-9][0-9]{0,4}))\\r\\n",
          Pattern.DOTALL);

  @FuzzTest
  void readsWhatTheModelReads(FuzzedDataProvider data) throws Exception {
    int kind = data.consumeInt(0, 3);
    byte[] rest = data.consumeRemainingAsBytes();
    check(
        switch (kind) {
          case 0 -> rest;
          case 1 -> join("PROXY ".getBytes(ISO_8859_1), rest);
          case 2 -> join(SIGNATURE, rest);
          default -> checksummed(rest);
        });
  }

  @Test
  void readsWhatTheModelReadsInHeadersThatLookRight() throws Exception {
    Random random = new Random(20261122);
    String[] pieces = {
      " ",
      " ",
      " ",
      "TCP4",
      "TCP6",
      "UNKNOWN",
      "192.0.2.1",
      "203.0.113.7",
      "2001:db8::7",
      "::1",
      "1",
      "65535",
      "65536",
      "01",
      "\r\n",
      "\r",
      "\n",
      "x",
      "::ffff:192.0.2.1"
    };
    for (int round = 0; round < 100_000; round++) {
      StringBuilder text = new StringBuilder("PROXY ");
      if (random.nextInt(3) == 0) {
        text.append("TCP4 192.0.2.1 203.0.113.7 ");
      }
      for (int i = random.nextInt(12); i > 0; i--) {
        text.append(pieces[random.nextInt(pieces.length)]);
      }
      check(text.append("\r\n").toString().getBytes(ISO_8859_1));
    }
    byte[] bytes = new byte[260];
    int[] first = {0x20, 0x21, 0x21, 0x21, 0x11};
    int[] second = {0x11, 0x21, 0x31, 0x00, 0x12};
    for (int round = 0; round < 100_000; round++) {
      random.nextBytes(bytes);
      bytes[0] = (byte) first[random.nextInt(first.length)];
      bytes[1] = (byte) second[random.nextInt(second.length)];
      bytes[2] = 0;
      int size = 4 + random.nextInt(256);
      bytes[3] = (byte) (random.nextInt(8) == 0 ? random.nextInt(256) : size - 4);
      for (int at = 16; at < size; at += 4) {
        bytes[at] = (byte) random.nextInt(5);
        bytes[at + 1] = 0;
        bytes[at + 2] = (byte) random.nextInt(3);
      }
      byte[] rest = Arrays.copyOf(bytes, size);
      check(random.nextBoolean() ? join(SIGNATURE, rest) : checksummed(rest));
    }
  }

  /** A header whose last extension is a checksum that is right. */
  private static byte[] checksummed(byte[] rest) {
    if (rest.length < 4 || rest.length > 4000) {
      return join(SIGNATURE, rest);
    }
    byte[] header = join(join(SIGNATURE, rest), new byte[] {3, 0, 4, 0, 0, 0, 0});
    int length = header.length - 16;
    header[14] = (byte) (length >> 8);
    header[15] = (byte) length;
    ByteBuffer.wrap(header).putInt(header.length - 4, crc32c(header));
    return header;
  }

  private static byte[] join(byte[] a, byte[] b) {
    byte[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }

  private static void check(byte[] octets) throws Exception {
    ProxyHeader header = ProxyHeader.read(octets, octets.length);
    String seen = new String(octets, ISO_8859_1);
    switch (header) {
      case Proxied it -> {
        assertThat(model(octets)).as(seen).isEqualTo(it);
        checkPrefixes(octets, it.length());
        writesTheSame(it);
      }
      case Unnamed it -> {
        assertThat(model(octets)).as(seen).isEqualTo(it);
        checkPrefixes(octets, it.length());
      }
      case ProxyHeader.Incomplete _ -> {
        assertThat(octets.length).isLessThan(ProxyHeader.MAX_LENGTH);
        assertThat(model(octets)).as(seen).isNull();
      }
      case ProxyHeader.Absent _, Malformed _ -> assertThat(model(octets)).as(seen).isNull();
    }
  }

  /** Nothing is decided before it is all there, and nothing behind it changes what it says. */
  private static void checkPrefixes(byte[] octets, int length) {
    for (int shorter : new int[] {0, 1, length / 2, length - 1}) {
      assertThat(ProxyHeader.read(octets, shorter)).isSameAs(ProxyHeader.INCOMPLETE);
    }
    assertThat(ProxyHeader.read(octets, length)).isEqualTo(ProxyHeader.read(octets, octets.length));
  }

  private static void writesTheSame(Proxied it) {
    byte[] v1 =
        ProxyHeaderWriter.version1(
            it.source(), it.sourcePort(), it.destination(), it.destinationPort());
    byte[] v2 =
        ProxyHeaderWriter.version2(
                it.source(), it.sourcePort(), it.destination(), it.destinationPort())
            .finish(true);
    for (byte[] written : new byte[][] {v1, v2}) {
      assertThat(ProxyHeader.read(written, written.length))
          .usingRecursiveComparison()
          .ignoringFields("version", "length")
          .isEqualTo(it);
    }
  }

  // ------------------------------------------------------------------ the model

  private static @Nullable ProxyHeader model(byte[] octets) throws Exception {
    return Arrays.equals(Arrays.copyOf(octets, 12), SIGNATURE) ? model2(octets) : model1(octets);
  }

  private static @Nullable ProxyHeader model1(byte[] octets) {
    String text = new String(octets, 0, Math.min(octets.length, 107), ISO_8859_1);
    Matcher line = LINE.matcher(text);
    if (!line.lookingAt()) {
      return null;
    }
    if (line.group(1) == null) {
      return new Unnamed(1, line.end());
    }
    boolean ipv4 = line.group(1).equals("4");
    IpAddress from = IpAddress.parseOrNull(line.group(2));
    IpAddress to = IpAddress.parseOrNull(line.group(3));
    int fromPort = Integer.parseInt(line.group(4));
    int toPort = Integer.parseInt(line.group(5));
    boolean colons = line.group(2).contains(":") && line.group(3).contains(":");
    boolean none = !line.group(2).contains(":") && !line.group(3).contains(":");
    return from == null
            || to == null
            || fromPort > 65535
            || toPort > 65535
            || !(ipv4 ? none : colons)
        ? null
        : new Proxied(1, from, fromPort, to, toPort, line.end());
  }

  private static @Nullable ProxyHeader model2(byte[] octets) throws Exception {
    ByteBuffer in = ByteBuffer.wrap(octets).position(12);
    if (in.remaining() < 4) {
      return null;
    }
    int command = in.get();
    int family = in.get();
    int length = in.getShort() & 0xffff;
    if ((command != 0x20 && command != 0x21) || length > 4096 || in.remaining() < length) {
      return null;
    }
    in.limit(16 + length);
    int width =
        family == 0x11 ? 4 : family == 0x21 ? 16 : family == 0x31 ? 106 : family == 0 ? -2 : -9;
    int needed = 2 * width + 4;
    boolean fits = width != -9 && needed <= length;
    if (command == 0x21 && !fits) {
      return null;
    }
    if (fits
        && !extensionsAreRight(
            octets, 16 + Math.max(0, width == 106 ? 216 : needed), 16 + length)) {
      return null;
    }
    if (command == 0x20 || width == -2 || width == 106) {
      return new Unnamed(2, 16 + length);
    }
    byte[] from = new byte[width];
    byte[] to = new byte[width];
    in.get(from).get(to);
    return new Proxied(
        2,
        IpAddress.of(InetAddress.getByAddress(from)),
        in.getShort() & 0xffff,
        IpAddress.of(InetAddress.getByAddress(to)),
        in.getShort() & 0xffff,
        16 + length);
  }

  private static boolean extensionsAreRight(byte[] octets, int start, int end) {
    ByteBuffer in = ByteBuffer.wrap(octets, 0, end).position(start);
    int sums = 0;
    boolean right = true;
    while (in.hasRemaining()) {
      if (in.remaining() < 3) {
        return false;
      }
      int type = in.get();
      int size = in.getShort() & 0xffff;
      if (size > in.remaining()) {
        return false;
      }
      if (type == 3) {
        sums++;
        if (size != 4) {
          return false;
        }
        byte[] zeroed = Arrays.copyOf(octets, end);
        int told = in.getInt(in.position());
        Arrays.fill(zeroed, in.position(), in.position() + 4, (byte) 0);
        right &= crc32c(zeroed) == told;
      }
      in.position(in.position() + size);
    }
    return sums < 2 && right;
  }

  private static int crc32c(byte[] octets) {
    int crc = -1;
    for (byte octet : octets) {
      crc ^= octet & 0xff;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 1) == 0 ? crc >>> 1 : crc >>> 1 ^ 0x82f63b78;
      }
    }
    return ~crc;
  }
}
