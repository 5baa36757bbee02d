package io.weir.proxy.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Where finished lines go. Confined to the writer thread. */
sealed interface LogSink extends Closeable permits StandardOutputSink, FileSink {
  /**
   * Writes what remains of a block of whole lines, and makes ready to write if the block is empty.
   * When this fails, the position of the block tells how far it came, and the next call goes on
   * there.
   */
  void write(ByteBuffer block) throws IOException;

  /** The sink of a target. */
  static LogSink of(AccessLogSettings.Target target) {
    return switch (target) {
      case AccessLogSettings.StandardOutput() -> new StandardOutputSink();
      case AccessLogSettings.RotatedFile file -> new FileSink(file);
    };
  }
}
