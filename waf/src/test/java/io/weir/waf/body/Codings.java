package io.weir.waf.body;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;

/** Encodes content for tests. */
public final class Codings {
  private static final int STORED_MOST = 1 << 16;

  private Codings() {}

  /** The content in a coding; br without compressing it, for want of an encoder. */
  public static byte[] encode(String coding, byte[] content) {
    try {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      switch (coding) {
        case "gzip" -> write(new GZIPOutputStream(out), content);
        case "deflate" -> write(new DeflaterOutputStream(out), content);
        case "zstd" -> out.writeBytes(Zstd.compress(content));
        default -> brotli(out, content);
      }
      return out.toByteArray();
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  private static void write(OutputStream encoder, byte[] content) throws IOException {
    try (encoder) {
      encoder.write(content);
    }
  }

  /**
   * Meta-blocks of octets as they are (RFC 7932, 9.2), in a window of 64 KiB, and an empty last.
   */
  private static void brotli(ByteArrayOutputStream out, byte[] content) {
    int before = 1; // the bit for the window, 0
    for (int at = 0; at < content.length; at += STORED_MOST) {
      int length = Math.min(STORED_MOST, content.length - at);
      int header = (length - 1) << 3 | 1 << 19; // ISLAST 0, MNIBBLES 4, MLEN - 1, ISUNCOMPRESSED 1
      for (int shifted = header << before, i = 0; i < 3; i++, shifted >>>= 8) {
        out.write(shifted);
      }
      out.write(content, at, length);
      before = 0;
    }
    out.write(3 << before); // ISLAST, ISLASTEMPTY
  }
}
