package io.weir.net;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.weir.net.ProxyHeader.Defect;
import io.weir.net.ProxyHeader.Malformed;
import io.weir.net.ProxyHeader.Proxied;
import io.weir.net.ProxyHeader.Unnamed;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The two grammars of {@link ProxyHeader}. Long methods: each follows its section of the
 * specification line by line.
 */
final class ProxyHeaderReader {

  static final byte[] PREFIX = "PROXY ".getBytes(US_ASCII);
  static final byte[] SIGNATURE = "\r\n\r\n\0\r\nQUIT\n".getBytes(US_ASCII);

  /** Octets of version 2 before the addresses. */
  static final int FIXED = 16;

  private static final byte[] TCP4 = "TCP4".getBytes(US_ASCII);
  private static final byte[] TCP6 = "TCP6".getBytes(US_ASCII);
  private static final byte[] UNKNOWN = "UNKNOWN".getBytes(US_ASCII);

  private static final int LOCAL = 0x20;
  private static final int PROXY = 0x21;
  private static final int TLV_CRC32C = 0x03;

  private ProxyHeaderReader() {}

  static ProxyHeader read(byte[] src, int length) {
    if (startsWith(src, length, SIGNATURE)) {
      return length < FIXED ? ProxyHeader.INCOMPLETE : version2(src, length);
    }
    if (startsWith(src, length, PREFIX)) {
      return length < PREFIX.length ? ProxyHeader.INCOMPLETE : version1(src, length);
    }
    return ProxyHeader.ABSENT;
  }

  /** Whether the octets agree with {@code prefix}, as far as both go. */
  private static boolean startsWith(byte[] src, int length, byte[] prefix) {
    int common = Math.min(length, prefix.length);
    return Arrays.equals(src, 0, common, prefix, 0, common);
  }

  // ---------------------------------------------------------------- version 1, section 2.1

  private static ProxyHeader version1(byte[] src, int length) {
    int end = lineEnd(src, length);
    if (end < 0) {
      return end == NO_LINE ? new Malformed(Defect.LINE) : ProxyHeader.INCOMPLETE;
    }
    int family = PREFIX.length;
    if (isWord(src, family, end, UNKNOWN)) {
      return new Unnamed(1, end + 2); // whatever follows is to be ignored
    }
    boolean ipv4 = isWord(src, family, end, TCP4);
    if (!ipv4 && !isWord(src, family, end, TCP6)) {
      return new Malformed(Defect.FAMILY);
    }
    int source = family + TCP4.length + 1;
    int destination = nextWord(src, source, end);
    int sourcePort = nextWord(src, destination, end);
    int destinationPort = nextWord(src, sourcePort, end);
    IpAddress from = address(src, source, destination - 1, ipv4);
    IpAddress to = address(src, destination, sourcePort - 1, ipv4);
    if (from == null || to == null) {
      return new Malformed(Defect.ADDRESS);
    }
    int fromPort = port(src, sourcePort, destinationPort - 1);
    int toPort = port(src, destinationPort, end);
    if (fromPort < 0 || toPort < 0) {
      return new Malformed(Defect.PORT);
    }
    return new Proxied(1, from, fromPort, to, toPort, end + 2);
  }

  private static final int MORE = -1;
  private static final int NO_LINE = -2;

  /** The offset of the CR LF that ends the line, or {@link #MORE} or {@link #NO_LINE}. */
  private static int lineEnd(byte[] src, int length) {
    int most = Math.min(length, ProxyHeader.MAX_LENGTH_V1);
    for (int at = PREFIX.length; at < most; at++) {
      if (src[at] == '\n') {
        return NO_LINE;
      }
      if (src[at] == '\r' && at + 1 < most) {
        return src[at + 1] == '\n' ? at : NO_LINE;
      }
    }
    return length < ProxyHeader.MAX_LENGTH_V1 ? MORE : NO_LINE;
  }

  private static boolean isWord(byte[] src, int start, int end, byte[] word) {
    int after = start + word.length;
    return after <= end
        && Arrays.equals(src, start, after, word, 0, word.length)
        && (after == end || src[after] == ' ');
  }

  /** The offset behind the next blank, or behind the end where there is none. */
  private static int nextWord(byte[] src, int start, int end) {
    int at = start;
    while (at < end && src[at] != ' ') {
      at++;
    }
    return at + 1;
  }

  private static @Nullable IpAddress address(byte[] src, int start, int end, boolean ipv4) {
    if (start >= end) {
      return null;
    }
    long dotted = IpText.parseIpv4(src, start, end);
    if (ipv4 || dotted >= 0) {
      return ipv4 && dotted >= 0 ? IpAddress.ofIpv4((int) dotted) : null;
    }
    return IpText.parseIpv6(src, start, end);
  }

  private static int port(byte[] src, int start, int end) {
    boolean leadingZero = end - start > 1 && src[start] == '0';
    return start >= end || leadingZero ? -1 : IpText.parsePort(src, start, end);
  }

  // ---------------------------------------------------------------- version 2, section 2.2

  private static ProxyHeader version2(byte[] src, int length) {
    int command = src[12] & 0xff;
    if (command != LOCAL && command != PROXY) {
      return new Malformed(Defect.COMMAND);
    }
    int end = FIXED + int16(src, 14);
    if (end > ProxyHeader.MAX_LENGTH) {
      return new Malformed(Defect.LENGTH);
    }
    int family = src[13] & 0xff;
    int addresses = addressOctets(family);
    if (command == PROXY && addresses < 0) {
      return new Malformed(Defect.FAMILY);
    }
    if (command == PROXY && FIXED + addresses > end) {
      return new Malformed(Defect.LENGTH);
    }
    if (length < end) {
      return ProxyHeader.INCOMPLETE;
    }
    // LOCAL: the receiver "must discard the protocol block including the family"; what it holds
    // is looked at only where it could be extensions.
    if (addresses >= 0 && FIXED + addresses <= end) {
      Defect defect = extensions(src, FIXED + addresses, end);
      if (defect != null) {
        return new Malformed(defect);
      }
    }
    return switch (command == PROXY ? family : 0) {
      case 0x11 -> proxied(src, 4, end);
      case 0x21 -> proxied(src, 16, end);
      default -> new Unnamed(2, end);
    };
  }

  /** Octets of both addresses and ports; -1 for a family that TCP does not have. */
  private static int addressOctets(int family) {
    return switch (family) {
      case 0x00 -> 0;
      case 0x11 -> 12;
      case 0x21 -> 36;
      case 0x31 -> 216;
      default -> -1;
    };
  }

  private static Proxied proxied(byte[] src, int width, int end) {
    int ports = FIXED + 2 * width;
    return new Proxied(
        2,
        IpAddress.ofBytes(src, FIXED, width),
        int16(src, ports),
        IpAddress.ofBytes(src, FIXED + width, width),
        int16(src, ports + 2),
        end);
  }

  /** Section 2.2.1: type, length, value, to the very end. */
  private static @Nullable Defect extensions(byte[] src, int start, int end) {
    int checksum = -1;
    int at = start;
    while (at < end) {
      int value = at + 3;
      if (value > end || value + int16(src, at + 1) > end) {
        return Defect.EXTENSION;
      }
      int next = value + int16(src, at + 1);
      if (src[at] == TLV_CRC32C) {
        if (checksum >= 0 || next - value != 4) {
          return Defect.CHECKSUM;
        }
        checksum = value;
      }
      at = next;
    }
    return checksum < 0 || crc32c(src, checksum, end) == int32(src, checksum)
        ? null
        : Defect.CHECKSUM;
  }

  /** Of the whole header, with the four octets at {@code checksum} taken as zero. */
  static int crc32c(byte[] header, int checksum, int end) {
    CRC32C crc = new CRC32C();
    crc.update(header, 0, checksum);
    crc.update(new byte[4], 0, 4);
    crc.update(header, checksum + 4, end - checksum - 4);
    return (int) crc.getValue();
  }

  private static int int16(byte[] src, int at) {
    return (src[at] & 0xff) << 8 | src[at + 1] & 0xff;
  }

  private static int int32(byte[] src, int at) {
    return int16(src, at) << 16 | int16(src, at + 2);
  }
}
