package io.weir.packet.bpf;

import static io.weir.packet.bpf.Kernel.INT;
import static io.weir.packet.bpf.Kernel.LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Consumer;

/**
 * Takes records out of a ring buffer that programs write. Programs never wait: if nobody reads,
 * records are lost. Confined to one thread at a time.
 *
 * <p>The kernel maps the data twice in a row, so a record never breaks at the end
 * (Documentation/bpf/ringbuf.rst).
 */
public final class RingReader implements AutoCloseable {

  private static final int BUSY = 1 << 31;
  private static final int DISCARDED = 1 << 30;
  private static final int HEADER = 8;
  private static final VarHandle POSITION = LONG.varHandle();
  private static final VarHandle LENGTH = INT.varHandle();

  private final Arena arena = Arena.ofShared();
  private final MemorySegment consumer;
  private final MemorySegment producer;
  private final long size;

  /** Reads {@code ring}, which must stay open as long as this. */
  public RingReader(BpfMap ring) {
    size = ring.definition().maxEntries();
    long page = 4096;
    consumer = Kernel.map(arena, ring.descriptor(), 0, page, true);
    producer = Kernel.map(arena, ring.descriptor(), page, page + 2 * size, false);
  }

  /**
   * Hands each record that is there to {@code taker}, oldest first; the buffer is good during the
   * call only.
   */
  public int drain(Consumer<ByteBuffer> taker) {
    int taken = 0;
    long at = (long) POSITION.getAcquire(consumer, 0L);
    while (at < (long) POSITION.getAcquire(producer, 0L)) {
      long record = 4096 + (at & (size - 1));
      int length = (int) LENGTH.getAcquire(producer, record);
      if ((length & BUSY) != 0) {
        break;
      }
      int content = length & ~DISCARDED;
      if ((length & DISCARDED) == 0) {
        taker.accept(
            producer
                .asSlice(record + HEADER, content)
                .asByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN));
        taken++;
      }
      at += (HEADER + content + 7L) / 8 * 8;
      POSITION.setRelease(consumer, 0L, at);
    }
    return taken;
  }

  @Override
  public void close() {
    arena.close();
  }
}
