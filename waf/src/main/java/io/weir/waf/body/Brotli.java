package io.weir.waf.body;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.brotli.dec.BrotliInputStream;
import org.jspecify.annotations.Nullable;

/** Undoes br (RFC 7932). Takes up to 16 MiB beside the result, which a short input can ask for. */
final class Brotli {
  /** What the decoder says when it had read more than it needed, and saw that this was the end. */
  private static final String UNUSED = "Unused bytes after end";

  private Brotli() {}

  static ContentCoding.@Nullable Decoded decode(ContentCoding.Decoded in, int limit) {
    Source source = new Source(in, in.length());
    try {
      ContentCoding.Decoded out = decode(source, limit);
      return source.available() == 0 && (source.exhausted || needsItsLastOctet(in, limit))
          ? out
          : null;
    } catch (IOException broken) {
      return null;
    }
  }

  private static ContentCoding.@Nullable Decoded decode(Source source, int limit)
      throws IOException {
    try (InputStream decoder = new BrotliInputStream(source)) {
      return ContentCoding.Decoded.of(decoder, limit);
    } catch (RuntimeException broken) {
      throw new IOException(broken); // such as an index that the input made up
    }
  }

  /**
   * Octets behind the end are noticed by the decoder only if it looked for more. Where the end of
   * its buffer was the end of the input it did not, and is asked again about a shorter one.
   */
  private static boolean needsItsLastOctet(ContentCoding.Decoded in, int limit) {
    try {
      decode(new Source(in, in.length() - 1), limit);
      return false;
    } catch (IOException e) {
      Throwable cause = e.getCause();
      return cause == null || !UNUSED.equals(cause.getMessage());
    }
  }

  /** Notes whether anybody was told that there is no more. */
  private static final class Source extends ByteArrayInputStream {
    private boolean exhausted;

    Source(ContentCoding.Decoded in, int length) {
      super(in.octets(), 0, length);
    }

    @Override
    public synchronized int read(byte[] to, int from, int length) {
      int count = super.read(to, from, length);
      exhausted |= count < 0;
      return count;
    }
  }
}
