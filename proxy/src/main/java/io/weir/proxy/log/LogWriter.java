package io.weir.proxy.log;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * The thread that empties the rings: it renders lines into a block, writes full blocks, and what is
 * left each {@link #PAUSE}. In between it sleeps, and a loop wakes it only when a ring is half
 * full: waking for each entry would cost the loop more than the entry itself.
 *
 * <p>While the sink fails, the block stays as it is and is tried again each pause. The rings then
 * fill up and count what they drop, so that a full disk needs no counter of its own, and no line is
 * torn. The operational log hears of it once when it begins and once when it ends.
 */
final class LogWriter implements Runnable, AccessLogRing.Reader {
  private static final System.Logger LOGGER = System.getLogger(AccessLog.class.getName());
  private static final int BLOCK_BYTES = 64 << 10;
  private static final Duration PAUSE = Duration.ofMillis(200);

  private final JsonBuffer lines = new JsonBuffer(BLOCK_BYTES + LineRenderer.maxLine());
  private final ByteBuffer block = ByteBuffer.wrap(lines.bytes).limit(0);
  private final AccessLogRing[] rings;
  private final LineRenderer renderer;
  private final LogSink sink;
  private final Thread thread;
  private final AtomicLong written = new AtomicLong();
  private long linesInBlock;
  private boolean failing;
  private volatile boolean sleeping;
  private volatile boolean closing;

  LogWriter(AccessLogSettings settings) {
    renderer = new LineRenderer(settings.instance(), lines);
    sink = LogSink.of(settings.target());
    rings = new AccessLogRing[settings.loops()];
    for (int i = 0; i < rings.length; i++) {
      rings[i] = new AccessLogRing(settings.ringBytes(), this::wake);
    }
    thread = Thread.ofPlatform().daemon().name("access-log").unstarted(this);
  }

  void start() {
    thread.start();
  }

  AccessLogRing ring(int loop) {
    return rings[loop];
  }

  long written() {
    return written.get();
  }

  long dropped() {
    long sum = 0;
    for (AccessLogRing ring : rings) {
      sum += ring.dropped();
    }
    return sum;
  }

  /** Has the thread write what is there and end, and waits for that for at most the given time. */
  boolean close(Duration patience) throws InterruptedException {
    closing = true;
    LockSupport.unpark(thread);
    return thread.join(patience);
  }

  @Override
  public void run() {
    flush();
    boolean last;
    do {
      // Read first: what was published before closing is then surely drained below.
      last = closing;
      writeAll();
      if (!last) {
        sleep();
      }
    } while (!last);
    end();
  }

  @Override
  public boolean read(byte[] records, int at) {
    if (lines.position >= BLOCK_BYTES && !flush()) {
      return false;
    }
    renderer.render(records, at);
    linesInBlock++;
    return true;
  }

  private void writeAll() {
    for (AccessLogRing ring : rings) {
      ring.drain(this);
    }
    if (linesInBlock > 0) {
      flush();
    }
  }

  /** Writes the block; false if some of it is left because the sink fails. */
  private boolean flush() {
    block.limit(lines.position);
    try {
      sink.write(block);
    } catch (IOException e) {
      failed(e);
      return false;
    }
    block.clear();
    lines.position = 0;
    written.addAndGet(linesInBlock);
    linesInBlock = 0;
    recovered();
    return true;
  }

  private void failed(IOException e) {
    if (!failing) {
      failing = true;
      LOGGER.log(
          Level.WARNING,
          "access log: cannot write, requests go on without entries until it can: {0}",
          e.toString());
    }
  }

  private void recovered() {
    if (failing) {
      failing = false;
      LOGGER.log(Level.INFO, "access log: writes again; {0} entries dropped so far", dropped());
    }
  }

  /** A loop's call when its ring fills up. */
  private void wake() {
    if (sleeping) {
      sleeping = false;
      LockSupport.unpark(thread);
    }
  }

  private void sleep() {
    // A wake-up lost between a loop's look and this store is made up for by its next entry. While
    // the sink fails nobody may wake the thread: there is nothing it could do.
    sleeping = !failing;
    LockSupport.parkNanos(this, closing ? 1 : PAUSE.toNanos());
    sleeping = false;
  }

  private void end() {
    try {
      sink.close();
    } catch (IOException e) {
      failed(e);
    }
    if (linesInBlock > 0) {
      LOGGER.log(Level.WARNING, "access log: closed with {0} lines unwritten", linesInBlock);
    }
  }
}
