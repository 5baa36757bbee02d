package io.weir.waf.transform;

import java.util.Arrays;

/** Octets that grow; used again for value after value. Confined to one thread. */
public final class Octets {
  private static final int KEPT = 1 << 18;

  public byte[] data;
  public int length;

  public Octets(int capacity) {
    data = new byte[capacity];
  }

  public void clear() {
    length = 0;
  }

  /** Gives back what one long value took. */
  public void release() {
    length = 0;
    if (data.length > KEPT) {
      data = new byte[64];
    }
  }

  public void add(int octet) {
    if (length == data.length) {
      data = Arrays.copyOf(data, Math.max(16, length * 2));
    }
    data[length++] = (byte) octet;
  }

  public void add(byte[] source, int from, int to) {
    reserve(to - from);
    System.arraycopy(source, from, data, length, to - from);
    length += to - from;
  }

  /** The array, with room for more octets; who writes them sets {@link #length}. */
  byte[] space(int more) {
    reserve(more);
    return data;
  }

  public void reserve(int more) {
    if (data.length - length < more) {
      data = Arrays.copyOf(data, Math.max(length + more, data.length * 2));
    }
  }

  /** A copy of what was added. */
  public byte[] toArray() {
    return Arrays.copyOf(data, length);
  }
}
