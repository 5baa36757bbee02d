package io.weir.waf.body;

/**
 * Memory for decoded octets of one transaction. What was handed out is never moved or overwritten
 * until {@link #clear}. Confined to one thread.
 */
public final class Arena {
  private static final int CHUNK = 8192;

  private final byte[] first = new byte[CHUNK];
  private byte[] chunk = first;
  private int used;
  private int mark;

  public void clear() {
    chunk = first;
    used = 0;
  }

  /** Begins a run of octets of which at most {@code capacity} will be added. */
  public void begin(int capacity) {
    if (chunk.length - used < capacity) {
      chunk = new byte[Math.max(CHUNK, capacity)];
      used = 0;
    }
    mark = used;
  }

  public void add(int octet) {
    chunk[used++] = (byte) octet;
  }

  public void add(byte[] source, int from, int to) {
    System.arraycopy(source, from, chunk, used, to - from);
    used += to - from;
  }

  /** The array that holds the run; the run goes from {@link #from} to {@link #to}. */
  public byte[] array() {
    return chunk;
  }

  public int from() {
    return mark;
  }

  public int to() {
    return used;
  }
}
