package io.weir.proxy.log;

import static io.weir.proxy.log.RecordLayout.LONG;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AccessLogRingTest {
  private static final int CAPACITY = AccessLogSettings.MIN_RING_BYTES;

  private final AtomicInteger wakes = new AtomicInteger();
  private final AccessLogRing ring = new AccessLogRing(CAPACITY, wakes::incrementAndGet);
  private final List<Long> read = new ArrayList<>();

  @Test
  void handsOverInOrder() {
    publish(1, 10);
    publish(2, 2000);
    ring.drain(this::read);
    assertThat(read).containsExactly(1L, 2L);
    assertThat(wakes).hasValue(0);
  }

  @Test
  void dropsAndCountsWhatDoesNotFit() {
    long id = 0;
    while (publish(id, 500)) {
      id++;
    }
    assertThat(id).isGreaterThan(CAPACITY / 700);
    assertThat(publish(id, 500)).isFalse();
    assertThat(ring.dropped()).isEqualTo(2);
    ring.drain(this::read);
    assertThat(read).hasSize((int) id);
    assertThat(publish(id, 500)).isTrue();
  }

  @Test
  void wakesTheWriterFromHalfFullOn() {
    int size = RecordLayout.aligned(RecordLayout.TEXTS + RecordLayout.TEXT_HEAD + 1000);
    for (int i = 0; i < CAPACITY / 2 / size; i++) {
      publish(i, 1000);
    }
    assertThat(wakes).hasValue(0);
    publish(0, 1000);
    assertThat(wakes).hasValue(1);
  }

  @Test
  void keepsWhatTheReaderRefuses() {
    publish(1, 10);
    publish(2, 10);
    ring.drain((records, at) -> read.isEmpty() && read(records, at));
    assertThat(read).containsExactly(1L);
    ring.drain(this::read);
    assertThat(read).containsExactly(1L, 2L);
  }

  @Test
  void losesNothingWhileBothSidesRunRoundTheRing() throws InterruptedException {
    int entries = 300_000;
    AtomicBoolean done = new AtomicBoolean();
    Checker checker = new Checker();
    Thread consumer =
        Thread.ofPlatform()
            .start(() -> {
              boolean last;
              do {
                last = done.get();
                ring.drain(checker);
              } while (!last);
            });
    AccessLogEntry entry = new AccessLogEntry();
    Random random = new Random(1);
    byte[] path = new byte[AccessLogField.PATH.cap];
    for (int i = 0; i < entries; i++) {
      int length = random.nextInt(16) == 0 ? random.nextInt(path.length) : random.nextInt(100);
      path[0] = (byte) i;
      path[Math.max(0, length - 1)] = (byte) i;
      entry.clear().start(i).text(AccessLogField.PATH, path, 0, length);
      while (!ring.publish(entry)) {
        Thread.onSpinWait();
      }
      path[Math.max(0, length - 1)] = 0;
    }
    done.set(true);
    consumer.join();
    assertThat(checker.fault).isNull();
    assertThat(checker.next).isEqualTo(entries);
  }

  private boolean publish(long id, int pathLength) {
    return ring.publish(
        new AccessLogEntry().start(id).text(AccessLogField.PATH, new byte[pathLength]));
  }

  private boolean read(byte[] records, int at) {
    return read.add((long) LONG.get(records, at + RecordLayout.START_MICROS));
  }

  /** Expects the entries 0, 1, 2 … with a path that begins and ends with the entry's number. */
  private static final class Checker implements AccessLogRing.Reader {
    private long next;
    private @Nullable String fault;

    @Override
    public boolean read(byte[] records, int at) {
      long id = (long) LONG.get(records, at + RecordLayout.START_MICROS);
      int text = at + RecordLayout.TEXTS;
      int length = (short) RecordLayout.SHORT.get(records, text + 1);
      int first = text + RecordLayout.TEXT_HEAD;
      boolean intact =
          length == 0 || (records[first] == (byte) id && records[first + length - 1] == (byte) id);
      if ((id != next || !intact) && fault == null) {
        fault = "entry %d in place of %d, intact: %s".formatted(id, next, intact);
      }
      next++;
      return true;
    }
  }
}
