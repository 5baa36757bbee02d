package io.weir.proxy.http2;

import org.jspecify.annotations.Nullable;

/**
 * The open streams of a connection by identifier: open addressing with linear probing, where a
 * removal moves the followers back instead of leaving a mark (Knuth, TAOCP vol. 3, 6.4, algorithm
 * R). Identifiers are odd and rise, so they spread by themselves.
 */
final class StreamTable {
  private @Nullable Http2Stream[] slots = new @Nullable Http2Stream[16];
  private int size;

  int size() {
    return size;
  }

  private int home(int id) {
    return id >>> 1 & slots.length - 1;
  }

  @Nullable Http2Stream get(int id) {
    int at = home(id);
    for (Http2Stream stream = slots[at]; stream != null; stream = slots[at]) {
      if (stream.id == id) {
        return stream;
      }
      at = at + 1 & slots.length - 1;
    }
    return null;
  }

  void add(Http2Stream stream) {
    if (2 * ++size > slots.length) {
      @Nullable Http2Stream[] old = slots;
      slots = new @Nullable Http2Stream[old.length * 2];
      for (Http2Stream moved : old) {
        if (moved != null) {
          put(moved);
        }
      }
    }
    put(stream);
  }

  private void put(Http2Stream stream) {
    int at = home(stream.id);
    while (slots[at] != null) {
      at = at + 1 & slots.length - 1;
    }
    slots[at] = stream;
  }

  @SuppressWarnings("ReferenceEquality") // the very object is meant
  void remove(Http2Stream removed) {
    int mask = slots.length - 1;
    int hole = home(removed.id);
    while (slots[hole] != removed) {
      if (slots[hole] == null) {
        return;
      }
      hole = hole + 1 & mask;
    }
    size--;
    slots[hole] = null;
    int at = hole + 1 & mask;
    for (Http2Stream next = slots[at]; next != null; next = slots[at]) {
      // It may fill the hole unless its home lies behind the hole.
      if ((at - home(next.id) & mask) >= (at - hole & mask)) {
        slots[hole] = next;
        slots[at] = null;
        hole = at;
      }
      at = at + 1 & mask;
    }
  }

  /** The open streams at this moment. */
  Http2Stream[] all() {
    Http2Stream[] all = new Http2Stream[size];
    int n = 0;
    for (Http2Stream stream : slots) {
      if (stream != null) {
        all[n++] = stream;
      }
    }
    return all;
  }
}
