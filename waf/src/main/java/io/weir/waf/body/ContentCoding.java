package io.weir.waf.body;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * Undoes content codings (RFC 9110, 8.4.1): gzip, deflate, br (RFC 7932) and zstd (RFC 8878), one
 * or several. What decoders could read differently is broken: octets behind the end, a second
 * member or frame.
 */
public final class ContentCoding {
  /** Each is one more pass over the content; nobody uses more than two. */
  private static final int MOST_CODINGS = 4;

  private ContentCoding() {}

  /** Octets up to a length. */
  @SuppressWarnings("ArrayRecordComponent")
  public record Decoded(byte[] octets, int length) {

    /** All that a decoder gives; null where that is more than the limit. */
    static @Nullable Decoded of(InputStream decoder, int limit) throws IOException {
      byte[] out = decoder.readNBytes(limit);
      return out.length == limit && decoder.read() >= 0 ? null : new Decoded(out, out.length);
    }
  }

  /**
   * @param limit octets that the result may have
   * @return null when a coding is not known, the data are broken or the limit is passed, or there
   *     are more than four codings
   */
  public static @Nullable Decoded decode(String codings, byte[] in, int length, int limit) {
    String[] names = codings.toLowerCase(Locale.ROOT).split(",", -1);
    Decoded result = names.length > MOST_CODINGS ? null : new Decoded(in, length);
    for (int i = names.length - 1; i >= 0 && result != null; i--) {
      result =
          switch (names[i].strip()) {
            case "identity", "" -> result;
            case "gzip", "x-gzip" -> gunzip(result, limit);
            case "deflate" -> inflate(result, 0, result.length(), false, limit);
            case "br" -> Brotli.decode(result, limit);
            case "zstd" -> Zstandard.decode(result, limit);
            default -> null;
          };
    }
    return result;
  }

  private static @Nullable Decoded gunzip(Decoded in, int limit) {
    byte[] data = in.octets();
    int header = gzipHeader(data, in.length());
    if (header < 0 || in.length() - header < 8) {
      return null;
    }
    Decoded out = inflate(in, header, in.length() - 8, true, limit);
    if (out == null) {
      return null;
    }
    CRC32 crc = new CRC32();
    crc.update(out.octets(), 0, out.length());
    int end = in.length();
    return littleEndian(data, end - 8) == (int) crc.getValue()
            && littleEndian(data, end - 4) == out.length()
        ? out
        : null;
  }

  private static int littleEndian(byte[] in, int at) {
    return in[at] & 0xff | (in[at + 1] & 0xff) << 8 | (in[at + 2] & 0xff) << 16 | in[at + 3] << 24;
  }

  /** Length of the header of one member (RFC 1952), or -1. */
  private static int gzipHeader(byte[] in, int length) {
    if (length < 18 || (in[0] & 0xff) != 0x1f || (in[1] & 0xff) != 0x8b || in[2] != 8) {
      return -1;
    }
    int flags = in[3];
    int at = 10;
    if ((flags & 4) != 0) {
      at += 2 + (in[at] & 0xff) + ((in[at + 1] & 0xff) << 8);
    }
    for (int flag = 8; flag <= 16; flag *= 2) {
      if ((flags & flag) != 0) {
        while (at < length && in[at] != 0) {
          at++;
        }
        at++;
      }
    }
    if ((flags & 2) != 0) {
      at += 2;
    }
    return at <= length ? at : -1;
  }

  private static @Nullable Decoded inflate(Decoded in, int from, int to, boolean raw, int limit) {
    Inflater inflater = new Inflater(raw);
    try {
      inflater.setInput(in.octets(), from, to - from);
      byte[] out = new byte[Math.max(64, Math.min(limit, (to - from) * 4))];
      int length = 0;
      while (!inflater.finished()) {
        if (length == out.length) {
          if (length >= limit) {
            return null;
          }
          out = Arrays.copyOf(out, (int) Math.min(limit, length * 2L));
        }
        int more = inflater.inflate(out, length, out.length - length);
        if (more == 0
            && !inflater.finished()
            && (inflater.needsInput() || inflater.needsDictionary())) {
          return null;
        }
        length += more;
      }
      // Octets after the end would be read by some and ignored by others.
      return inflater.getRemaining() == 0 ? new Decoded(out, length) : null;
    } catch (DataFormatException e) {
      return null;
    } finally {
      inflater.end();
    }
  }
}
