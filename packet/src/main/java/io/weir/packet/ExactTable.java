package io.weir.packet;

import io.weir.net.IpAddress;
import io.weir.packet.bpf.BpfMap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * The classes of single addresses, in memory shared with the programs; {@code lists.h} says how it
 * is laid out and why. Each change is one word, which a program sees as it was or as it is.
 * Confined to one thread at a time.
 */
final class ExactTable implements AutoCloseable {

  /** As in {@code lists.h}. */
  static final int MAX_CHUNKS = 1024;

  private static final int SLOTS = 8;
  private static final int CHUNK_BITS = 12;
  private static final int BUCKETS = 1 << CHUNK_BITS;

  /**
   * So many addresses a bucket on average: of a million that fall at random, some hundred find no
   * room.
   */
  private static final int LOAD = 2;

  private static final VarHandle SLOT = ValueLayout.JAVA_LONG.varHandle();
  private static final int NO_ROOM = -1;

  private final long seed;
  private final List<BpfMap> chunks = new ArrayList<>();
  private final List<MemorySegment> memory = new ArrayList<>();
  private final Arena arena = Arena.ofShared();

  /**
   * An empty table.
   *
   * @param maps makes the chunks
   * @param addresses how many there is to be room for
   * @param seed the programs' {@code hash_seed}
   */
  ExactTable(BpfMap maps, int addresses, long seed) {
    this.seed = seed;
    int wanted = Math.ceilDiv(addresses, LOAD * BUCKETS);
    int number = Math.min(MAX_CHUNKS, Math.max(1, Integer.highestOneBit(2 * wanted - 1)));
    for (int i = 0; i < number; i++) {
      BpfMap chunk = maps.createInner(BUCKETS);
      chunks.add(chunk);
      memory.add(chunk.memory(arena));
    }
  }

  /** Their number is a power of two. */
  List<BpfMap> chunks() {
    return chunks;
  }

  /** As {@code hash_of_source} in {@code hash.h}, which sees the octets as little-endian words. */
  private long hash(IpAddress address) {
    return address.isIpv4()
        ? mix(Integer.toUnsignedLong(Integer.reverseBytes((int) address.low())) ^ seed)
        : mix(mix(Long.reverseBytes(address.high()) ^ seed) ^ Long.reverseBytes(address.low()));
  }

  /** As in {@code hash.h}. */
  static long mix(long word) {
    long x = (word ^ word >>> 32) * 0xe9846af9b1a615dL;
    x = (x ^ x >>> 32) * 0xe9846af9b1a615dL;
    return x ^ x >>> 28;
  }

  private MemorySegment chunkOf(long hash) {
    return memory.get((int) (hash >>> CHUNK_BITS) & memory.size() - 1);
  }

  private static long bucketOf(long hash) {
    return (hash & BUCKETS - 1) * SLOTS * Long.BYTES;
  }

  /** Where the address is, else where it may go: the offset in its chunk, or {@link #NO_ROOM}. */
  private static long find(MemorySegment chunk, long hash) {
    long free = NO_ROOM;
    long end = bucketOf(hash) + SLOTS * Long.BYTES;
    for (long at = end - Long.BYTES; at >= bucketOf(hash); at -= Long.BYTES) {
      long slot = (long) SLOT.get(chunk, at);
      if (slot != 0 && ((slot ^ hash) & ~0xffL) == 0) {
        return at;
      }
      free = slot == 0 ? at : free;
    }
    return free;
  }

  /** The classes of an address that is in the table, or 0. */
  int classesOf(IpAddress address) {
    long hash = hash(address);
    long at = find(chunkOf(hash), hash);
    return at == NO_ROOM ? 0 : (int) (long) SLOT.get(chunkOf(hash), at) & 0xff;
  }

  /** Gives an address these classes and no others; 0 takes it out. Says whether there was room. */
  boolean put(IpAddress address, int classes) {
    long hash = hash(address);
    MemorySegment chunk = chunkOf(hash);
    long at = find(chunk, hash);
    if (at != NO_ROOM) {
      SLOT.setRelease(chunk, at, classes == 0 ? 0 : hash & ~0xffL | classes);
    }
    return at != NO_ROOM || classes == 0;
  }

  /** Gives an address these classes besides those it has. Says whether there was room. */
  boolean add(IpAddress address, int classes) {
    long hash = hash(address);
    MemorySegment chunk = chunkOf(hash);
    long at = find(chunk, hash);
    if (at != NO_ROOM) {
      long slot = (long) SLOT.get(chunk, at);
      SLOT.setRelease(chunk, at, hash & ~0xffL | slot & 0xff | classes);
    }
    return at != NO_ROOM;
  }

  @Override
  public void close() {
    arena.close();
    chunks.forEach(BpfMap::close);
  }
}
