package io.weir.proxy.tls;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * What a client hello looks like, in the two notations that lists of known clients use. The same
 * program on the same machine keeps its fingerprint whatever it asks for; another program can
 * imitate it, so a fingerprint is a hint and no proof.
 *
 * <p>Values that RFC 8701 reserves (GREASE) are left out, as both specifications say.
 *
 * @param ja3 32 hexadecimal digits: MD5 over version, cipher suites, extensions, groups and point
 *     formats in the client's order (github.com/salesforce/ja3)
 * @param ja4 36 characters: version, counts and first ALPN value in the clear, then hashes over
 *     sorted cipher suites, and over sorted extensions with the signature algorithms
 *     (github.com/FoxIO-LLC/ja4)
 */
@SuppressWarnings("ArrayRecordComponent") // Octets for log and comparison; not compared as records.
public record Fingerprint(byte[] ja3, byte[] ja4) {
  /** Of a connection that there was no hello for. */
  public static final Fingerprint NONE = new Fingerprint(new byte[0], new byte[0]);

  private static final int SERVER_NAME = 0;
  private static final int GROUPS = 10;
  private static final int POINT_FORMATS = 11;
  private static final int SIGNATURE_ALGORITHMS = 13;
  private static final int ALPN = 16;
  private static final int HASH_DIGITS = 12;

  /** The fingerprint of a hello; some 2 µs, so once for each handshake. */
  public static Fingerprint of(ClientHello hello) {
    Reader reader = new Reader(hello);
    return new Fingerprint(reader.ja3(), reader.ja4());
  }

  /** The lists of one hello, reserved values left out. */
  private static final class Reader {
    private final ClientHello hello;
    private final byte[] in;
    private final int[] suites;
    private int[] extensions = {};
    private int[] groups = {};
    private int[] formats = {};
    private int[] signatures = {};
    private String alpn = "00";

    Reader(ClientHello hello) {
      this.hello = hello;
      in = hello.bytes();
      suites = list(hello.suitesOffset(), hello.suitesOffset() + hello.suitesLength());
      readExtensions(hello.extensionsOffset(), hello.length());
    }

    private void readExtensions(int start, int end) {
      int count = 0;
      int[] types = new int[(end - start) / 4];
      for (int at = start; at < end; at += 4 + u16(at + 2)) {
        int type = u16(at);
        if (!isReserved(type)) {
          types[count++] = type;
          readExtension(type, at + 4, at + 4 + u16(at + 2));
        }
      }
      extensions = Arrays.copyOf(types, count);
    }

    /** Lists that are not well-formed are read as far as they go: BoringSSL judges them. */
    private void readExtension(int type, int start, int end) {
      switch (type) {
        case GROUPS -> groups = list(start + 2, end);
        case SIGNATURE_ALGORITHMS -> signatures = list(start + 2, end);
        case POINT_FORMATS -> {
          formats = new int[Math.max(0, end - start - 1)];
          Arrays.setAll(formats, i -> in[start + 1 + i] & 0xff);
        }
        case ALPN -> alpn = alpn(start + 2);
        default -> {}
      }
    }

    private int[] list(int start, int end) {
      int[] values = new int[Math.max(0, (end - start) / 2)];
      int count = 0;
      for (int i = 0; i < values.length; i++) {
        int value = u16(start + 2 * i);
        if (!isReserved(value)) {
          values[count++] = value;
        }
      }
      return Arrays.copyOf(values, count);
    }

    private int u16(int at) {
      return (in[at] & 0xff) << 8 | in[at + 1] & 0xff;
    }

    /** 0x0a0a, 0x1a1a to 0xfafa (RFC 8701 section 2). */
    private static boolean isReserved(int value) {
      return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
    }

    /**
     * First and last character of the first protocol; of its hexadecimal form where they are odd.
     */
    private String alpn(int at) {
      int length = in[at] & 0xff;
      int first = in[at + 1] & 0xff;
      int last = in[at + length] & 0xff;
      if (isAlphanumeric(first) && isAlphanumeric(last)) {
        return "" + (char) first + (char) last;
      }
      return "" + Character.forDigit(first >> 4, 16) + Character.forDigit(last & 15, 16);
    }

    private static boolean isAlphanumeric(int c) {
      return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z';
    }

    byte[] ja3() {
      StringBuilder text = new StringBuilder(256);
      text.append(hello.legacyVersion());
      for (int[] list : new int[][] {suites, extensions, groups, formats}) {
        text.append(',');
        for (int i = 0; i < list.length; i++) {
          text.append(i == 0 ? "" : "-").append(list[i]);
        }
      }
      return ascii(hash("MD5", text));
    }

    byte[] ja4() {
      StringBuilder text = new StringBuilder(36);
      text.append('t').append(version()).append(has(SERVER_NAME) ? 'd' : 'i');
      count(text, suites.length);
      count(text, extensions.length);
      text.append(alpn).append('_');
      text.append(shortHash(hexList(sorted(suites)))).append('_');
      return ascii(text.append(shortHash(extensionText())).toString());
    }

    private boolean has(int extension) {
      return Arrays.stream(extensions).anyMatch(type -> type == extension);
    }

    private static void count(StringBuilder text, int count) {
      text.append(Math.min(count, 99) / 10).append(Math.min(count, 99) % 10);
    }

    private String version() {
      int highest = hello.versions().stream().mapToInt(Integer::intValue).max().orElse(0);
      return switch (highest) {
        case 0x0304 -> "13";
        case 0x0303 -> "12";
        case 0x0302 -> "11";
        case 0x0301 -> "10";
        case 0x0300 -> "s3";
        case 0x0002 -> "s2";
        default -> "00";
      };
    }

    private static int[] sorted(int[] list) {
      int[] copy = list.clone();
      Arrays.sort(copy);
      return copy;
    }

    /** What a client asks for, and by which protocol, is not part of what it is. */
    private StringBuilder extensionText() {
      int[] types =
          Arrays.stream(extensions).filter(t -> t != SERVER_NAME && t != ALPN).sorted().toArray();
      StringBuilder text = hexList(types);
      return signatures.length == 0 ? text : text.append('_').append(hexList(signatures));
    }

    private static StringBuilder hexList(int[] list) {
      StringBuilder text = new StringBuilder(5 * list.length);
      for (int i = 0; i < list.length; i++) {
        text.append(i == 0 ? "" : ",").append(HexFormat.of().toHexDigits((short) list[i]));
      }
      return text;
    }

    private static String shortHash(StringBuilder text) {
      return text.isEmpty()
          ? "0".repeat(HASH_DIGITS)
          : hash("SHA-256", text).substring(0, HASH_DIGITS);
    }

    private static String hash(String algorithm, StringBuilder text) {
      try {
        MessageDigest digest = MessageDigest.getInstance(algorithm);
        return HexFormat.of().formatHex(digest.digest(ascii(text.toString())));
      } catch (NoSuchAlgorithmException impossible) {
        throw new IllegalStateException(algorithm + " is part of every JDK", impossible);
      }
    }

    private static byte[] ascii(String text) {
      return text.getBytes(StandardCharsets.US_ASCII);
    }
  }
}
