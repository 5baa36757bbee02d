package io.weir.waf.body;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import com.github.luben.zstd.util.Native;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Undoes zstd (RFC 8878), by the reference implementation. A frame may want a window of 8 MiB, as
 * RFC 9659 has it for content; that is what decoding takes beside the result.
 */
final class Zstandard {
  private static final System.Logger LOG = System.getLogger(Zstandard.class.getName());
  private static final int WINDOW_LOG = 23;

  /** Without it nothing can be decoded, which refuses what would have to be. */
  private static final boolean LOADED = load();

  private Zstandard() {}

  private static boolean load() {
    try {
      Native.load();
      return true;
    } catch (LinkageError | RuntimeException unavailable) {
      LOG.log(System.Logger.Level.WARNING, "content in zstd cannot be inspected", unavailable);
      return false;
    }
  }

  static ContentCoding.@Nullable Decoded decode(ContentCoding.Decoded in, int limit) {
    if (!LOADED || !isOneFrame(in)) {
      return null;
    }
    ByteArrayInputStream source = new ByteArrayInputStream(in.octets(), 0, in.length());
    try (ZstdInputStreamNoFinalizer decoder = new ZstdInputStreamNoFinalizer(source)) {
      decoder.setLongMax(WINDOW_LOG);
      return ContentCoding.Decoded.of(decoder, limit);
    } catch (IOException broken) {
      return null;
    }
  }

  private static boolean isOneFrame(ContentCoding.Decoded in) {
    try {
      return in.length() > 0
          && Zstd.findFrameCompressedSize(in.octets(), 0, in.length()) == in.length();
    } catch (ZstdException broken) {
      return false;
    }
  }
}
