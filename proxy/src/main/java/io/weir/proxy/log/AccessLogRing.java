package io.weir.proxy.log;

import static io.weir.proxy.log.RecordLayout.INT;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The way of one event loop's entries to the writer thread: a ring of bytes with one producer and
 * one consumer. Records lie in it whole; where one does not fit before the end of the array, the
 * rest is skipped.
 *
 * <p>Both positions only grow. Each side writes its own with release and reads the other's with
 * acquire, and the producer keeps the last one that it saw, so that publishing usually touches no
 * cache line that the other side writes.
 *
 * <p>{@link #publish} is the loop's alone, {@link #drain} the writer's; {@link #dropped()} may be
 * read by any thread.
 */
public final class AccessLogRing {
  /** Takes records out of a ring. */
  interface Reader {
    /** Reads the record at a place; false leaves it, and all behind it, in the ring. */
    boolean read(byte[] records, int at);
  }

  private final byte[] buffer;
  private final Runnable wakeWriter;
  private long headSeen;
  private final AtomicLong head = new AtomicLong();
  private final AtomicLong tail = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();

  /**
   * An empty ring.
   *
   * @param capacity bytes, a power of two of at least {@link AccessLogSettings#MIN_RING_BYTES}
   * @param wakeWriter called by the producer while the ring is more than half full
   */
  AccessLogRing(int capacity, Runnable wakeWriter) {
    buffer = new byte[capacity];
    this.wakeWriter = wakeWriter;
  }

  /**
   * Copies an entry into the ring. Never waits.
   *
   * @return false if there was no room: the entry is lost and counted
   */
  public boolean publish(AccessLogEntry entry) {
    int size = entry.seal();
    long next = tail.getPlain();
    int at = index(next);
    int gap = at + size > buffer.length ? buffer.length - at : 0;
    if (!fits(next + gap + size)) {
      dropped.setOpaque(dropped.getPlain() + 1);
      wakeWriter.run();
      return false;
    }
    if (gap > 0) {
      INT.set(buffer, at, -gap);
      at = 0;
    }
    System.arraycopy(entry.record, 0, buffer, at, size);
    long end = next + gap + size;
    tail.setRelease(end);
    wakeIfHalfFull(end);
    return true;
  }

  /** Entries that found no room since the start. */
  public long dropped() {
    return dropped.getOpaque();
  }

  /**
   * Hands over the records that were there when it was called, until the reader refuses one. The
   * producer gets the room back when this returns.
   */
  void drain(Reader reader) {
    long next = head.getPlain();
    long end = tail.getAcquire();
    while (next < end) {
      int at = index(next);
      int size = (int) INT.get(buffer, at);
      if (size > 0 && !reader.read(buffer, at)) {
        break;
      }
      next += Math.abs(size);
    }
    head.setRelease(next);
  }

  private int index(long position) {
    return (int) position & buffer.length - 1;
  }

  private boolean fits(long end) {
    if (end - headSeen > buffer.length) {
      headSeen = head.getAcquire();
    }
    return end - headSeen <= buffer.length;
  }

  private void wakeIfHalfFull(long end) {
    if (end - headSeen > buffer.length / 2) {
      headSeen = head.getAcquire();
      if (end - headSeen > buffer.length / 2) {
        wakeWriter.run();
      }
    }
  }
}
