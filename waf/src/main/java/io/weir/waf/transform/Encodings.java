package io.weir.waf.transform;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Transfer encodings and digests. */
final class Encodings {
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] BASE64 =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
          .getBytes(StandardCharsets.US_ASCII);
  private static final byte[] FROM_BASE64 = new byte[256];

  static {
    java.util.Arrays.fill(FROM_BASE64, (byte) -1);
    for (int i = 0; i < 64; i++) {
      FROM_BASE64[BASE64[i]] = (byte) i;
    }
  }

  private Encodings() {}

  static void urlDecode(byte[] in, int from, int to, Octets out) {
    byte[] data = out.space(to - from);
    int length = out.length;
    for (int i = from; i < to; i++) {
      if (in[i] == '%' && i + 2 < to && Hex.are(in, i + 1, i + 3)) {
        data[length++] = (byte) Hex.pair(in, i + 1);
        i += 2;
      } else {
        data[length++] = in[i] == '+' ? (byte) ' ' : in[i];
      }
    }
    out.length = length;
  }

  static void urlDecodeUni(byte[] in, int from, int to, Octets out) {
    byte[] data = out.space(to - from);
    int length = out.length;
    for (int i = from; i < to; i++) {
      if (in[i] != '%') {
        data[length++] = in[i] == '+' ? (byte) ' ' : in[i];
      } else if (i + 5 < to && (in[i + 1] | 32) == 'u' && Hex.are(in, i + 2, i + 6)) {
        data[length++] = (byte) Hex.lowOctet(in, i + 2);
        i += 5;
      } else if (i + 2 < to && Hex.are(in, i + 1, i + 3)) {
        data[length++] = (byte) Hex.pair(in, i + 1);
        i += 2;
      } else {
        data[length++] = '%';
      }
    }
    out.length = length;
  }

  static void urlEncode(byte[] in, int from, int to, Octets out) {
    for (int i = from; i < to; i++) {
      int octet = in[i] & 0xff;
      if (octet == ' ') {
        out.add('+');
      } else if (octet == '*' || octet < 128 && Character.isLetterOrDigit(octet)) {
        out.add(octet);
      } else {
        out.add('%');
        out.add(HEX[octet >> 4]);
        out.add(HEX[octet & 15]);
      }
    }
  }

  /** Stops at the first octet that is not of the alphabet. */
  static void base64Decode(byte[] in, int from, int to, Octets out) {
    decode64(in, from, to, out, false);
  }

  /** Skips octets that are not of the alphabet; ends at padding. */
  static void base64DecodeExt(byte[] in, int from, int to, Octets out) {
    decode64(in, from, to, out, true);
  }

  private static void decode64(byte[] in, int from, int to, Octets out, boolean skip) {
    int bits = 0;
    int count = 0;
    for (int i = from; i < to; i++) {
      int value = FROM_BASE64[in[i] & 0xff];
      if (value < 0) {
        if (skip && in[i] != '=') {
          continue;
        }
        break;
      }
      bits = bits << 6 | value;
      count += 6;
      if (count >= 8) {
        count -= 8;
        out.add(bits >> count);
      }
    }
  }

  static void base64Encode(byte[] in, int from, int to, Octets out) {
    for (int i = from; i < to; i += 3) {
      int left = to - i;
      int bits =
          (in[i] & 0xff) << 16
              | (left > 1 ? (in[i + 1] & 0xff) << 8 : 0)
              | (left > 2 ? in[i + 2] & 0xff : 0);
      out.add(BASE64[bits >> 18]);
      out.add(BASE64[bits >> 12 & 63]);
      out.add(left > 1 ? BASE64[bits >> 6 & 63] : '=');
      out.add(left > 2 ? BASE64[bits & 63] : '=');
    }
  }

  static void hexEncode(byte[] in, int from, int to, Octets out) {
    for (int i = from; i < to; i++) {
      out.add(HEX[in[i] >> 4 & 15]);
      out.add(HEX[in[i] & 15]);
    }
  }

  /** Takes pairs as they come; letters beyond F count on, as the reference does. */
  static void hexDecode(byte[] in, int from, int to, Octets out) {
    for (int i = from; i + 1 < to; i += 2) {
      out.add(loose(in[i]) * 16 + loose(in[i + 1]));
    }
  }

  private static int loose(int octet) {
    return octet >= 'A' ? (octet & 0xdf) - 'A' + 10 : octet - '0';
  }

  /** Decodes {@code 0x414243} to {@code ABC} wherever it stands. */
  static void sqlHexDecode(byte[] in, int from, int to, Octets out) {
    int i = from;
    while (i < to) {
      if (in[i] != '0' || i + 3 >= to || (in[i + 1] | 32) != 'x' || !Hex.are(in, i + 2, i + 4)) {
        out.add(in[i++]);
        continue;
      }
      i += 2;
      while (i + 1 < to && Hex.are(in, i, i + 2)) {
        out.add(Hex.pair(in, i));
        i += 2;
      }
    }
  }

  static void parity(byte[] in, int from, int to, Octets out, int odd) {
    for (int i = from; i < to; i++) {
      int seven = in[i] & 0x7f;
      out.add((Integer.bitCount(seven) & 1) == odd ? seven : seven | 0x80);
    }
  }

  static void parityZero(byte[] in, int from, int to, Octets out) {
    for (int i = from; i < to; i++) {
      out.add(in[i] & 0x7f);
    }
  }

  static void digest(String algorithm, byte[] in, int from, int to, Octets out) {
    try {
      MessageDigest digest = MessageDigest.getInstance(algorithm);
      digest.update(in, from, to - from);
      byte[] result = digest.digest();
      out.add(result, 0, result.length);
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError(impossible); // every Java platform has MD5 and SHA-1
    }
  }

  /** Writes each valid sequence of UTF-8 as {@code %uHHHH}; other octets stay. */
  static void utf8toUnicode(byte[] in, int from, int to, Octets out) {
    int i = from;
    while (i < to) {
      int length = utf8Length(in, i, to);
      if (length <= 1) {
        out.add(in[i++]);
        continue;
      }
      int code = in[i] & 0xff >> length + 1;
      for (int j = 1; j < length; j++) {
        code = code << 6 | in[i + j] & 0x3f;
      }
      out.add('%');
      out.add('u');
      for (int shift = code > 0xfffff ? 20 : code > 0xffff ? 16 : 12; shift >= 0; shift -= 4) {
        out.add(HEX[code >> shift & 15]);
      }
      i += length;
    }
  }

  /** Octets of the sequence that begins here: 1 for ASCII, 0 if there is no valid one. */
  static int utf8Length(byte[] in, int at, int to) {
    int lead = in[at] & 0xff;
    if (lead < 0x80) {
      return 1;
    }
    int length = lead >= 0xf0 && lead < 0xf8 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 0;
    if (length == 0 || lead >= 0xf8 || at + length > to) {
      return 0;
    }
    for (int i = 1; i < length; i++) {
      if ((in[at + i] & 0xc0) != 0x80) {
        return 0;
      }
    }
    return length;
  }
}
