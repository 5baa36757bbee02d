package io.weir.packet.bpf;

import static io.weir.packet.bpf.Kernel.INT;
import static io.weir.packet.bpf.Kernel.LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A map: memory that programs and this process share. Keys and values are bytes, laid out as the C
 * headers say.
 *
 * <p>Safe in any thread: the kernel makes each change of one entry atomic.
 */
public final class BpfMap implements AutoCloseable {

  /**
   * What a map is made of; numbers as in bpf(2).
   *
   * @param inner what the maps in it are made of, for a map of maps
   */
  public record Definition(
      String name,
      int type,
      int keySize,
      int valueSize,
      int maxEntries,
      int flags,
      @Nullable Definition inner) {

    /** The same with room for {@code entries}. */
    public Definition sized(int entries) {
      return new Definition(name, type, keySize, valueSize, entries, flags, inner);
    }
  }

  static final int ARRAY = 2;
  static final int PERCPU_ARRAY = 6;
  static final int READ_ONLY_FOR_PROGRAMS = 1 << 7;

  private static final int CREATE = 0;
  private static final int LOOKUP = 1;
  private static final int UPDATE = 2;
  private static final int DELETE = 3;
  private static final int NEXT_KEY = 4;
  private static final int OBJECT_INFO = 15;
  private static final int FREEZE = 22;
  private static final int UPDATE_BATCH = 26;

  private final Definition definition;
  private final int descriptor;

  private BpfMap(Definition definition, int descriptor) {
    this.definition = definition;
    this.descriptor = descriptor;
  }

  /**
   * Makes an empty map.
   *
   * @throws BpfException if the kernel refuses
   */
  public static BpfMap create(Definition definition) {
    Definition inner = definition.inner();
    if (inner == null) {
      return create(definition, 0);
    }
    try (BpfMap template = create(inner)) { // only what it is made of counts
      return create(definition, template.descriptor);
    }
  }

  private static BpfMap create(Definition definition, int inner) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attributes = Kernel.attributes(arena);
      attributes.set(INT, 0, definition.type());
      attributes.set(INT, 4, definition.keySize());
      attributes.set(INT, 8, definition.valueSize());
      attributes.set(INT, 12, definition.maxEntries());
      attributes.set(INT, 16, definition.flags());
      attributes.set(INT, 20, inner);
      setName(attributes, 28, definition.name());
      return new BpfMap(definition, Kernel.bpf(CREATE, attributes, "map " + definition.name()));
    }
  }

  /**
   * The map that a descriptor stands for, which belongs to the result from here on; null, and the
   * descriptor is still the caller's, if it is made of anything else.
   */
  public static @Nullable BpfMap adopt(Definition definition, int descriptor) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = arena.allocate(Kernel.ATTRIBUTES, 8);
      MemorySegment attributes = Kernel.attributes(arena);
      attributes.set(INT, 0, descriptor);
      attributes.set(INT, 4, Kernel.ATTRIBUTES);
      attributes.set(LONG, 8, info.address());
      boolean same =
          Kernel.bpf(OBJECT_INFO, attributes) >= 0
              && info.get(INT, 0) == definition.type()
              && info.get(INT, 8) == definition.keySize()
              && info.get(INT, 12) == definition.valueSize()
              && info.get(INT, 16) == definition.maxEntries();
      return same ? new BpfMap(definition, descriptor) : null;
    }
  }

  /** The kernel keeps 15 characters of a name, letters, digits, dots and underscores. */
  static void setName(MemorySegment attributes, long offset, String name) {
    byte[] ascii = name.getBytes(StandardCharsets.US_ASCII);
    MemorySegment.copy(
        ascii, 0, attributes, ValueLayout.JAVA_BYTE, offset, Math.min(ascii.length, 15));
  }

  /** Makes a map to be put into this one, with room for {@code entries}. */
  public BpfMap createInner(int entries) {
    Definition inner = definition.inner();
    if (inner == null) {
      throw new IllegalStateException(definition.name() + " holds no maps");
    }
    return create(inner.sized(entries));
  }

  /** What this map is made of. */
  public Definition definition() {
    return definition;
  }

  /** What another process may hold it by. */
  public int descriptor() {
    return descriptor;
  }

  /** An index as a key. */
  public static byte[] key(int index) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(index).array();
  }

  /** Adds or replaces an entry. */
  public void put(byte[] key, byte[] value) {
    try (Arena arena = Arena.ofConfined()) {
      check(key, definition.keySize());
      check(value, definition.valueSize());
      Kernel.bpf(UPDATE, entry(arena, key, copy(arena, value)), "put into " + definition.name());
    }
  }

  /**
   * Puts maps under {@code first} and the indexes after it of this map of maps. On return no
   * program runs any more that saw what was there before.
   */
  public void putMaps(int first, List<BpfMap> inner) {
    int[] indexes = new int[inner.size()];
    Arrays.setAll(indexes, i -> first + i);
    putAll(
        littleEndian(indexes), littleEndian(inner.stream().mapToInt(BpfMap::descriptor).toArray()));
  }

  /** Numbers as the kernel has them. */
  public static byte[] littleEndian(int[] numbers) {
    ByteBuffer octets = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
    octets.asIntBuffer().put(numbers);
    return octets.array();
  }

  /** Returns a copy of the value, or null if there is none. */
  public byte @Nullable [] get(byte[] key) {
    byte[] value = new byte[definition.valueSize()];
    return lookup(key, value) ? value : null;
  }

  /** Returns the values of all processors, one after the other, each padded to eight bytes. */
  public byte[] getPerCpu(byte[] key) {
    byte[] values = new byte[(definition.valueSize() + 7) / 8 * 8 * Processors.possible()];
    lookup(key, values);
    return values;
  }

  private boolean lookup(byte[] key, byte[] into) {
    check(key, definition.keySize());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(into.length, 8);
      int answer = Kernel.bpf(LOOKUP, entry(arena, key, value));
      if (answer < 0 && answer != -BpfException.ENOENT) {
        throw new BpfException("get from " + definition.name(), -answer);
      }
      MemorySegment.copy(value, ValueLayout.JAVA_BYTE, 0, into, 0, into.length);
      return answer >= 0;
    }
  }

  /** Removes an entry; says whether there was one. */
  public boolean remove(byte[] key) {
    try (Arena arena = Arena.ofConfined()) {
      check(key, definition.keySize());
      int answer = Kernel.bpf(DELETE, entry(arena, key, MemorySegment.NULL));
      if (answer < 0 && answer != -BpfException.ENOENT) {
        throw new BpfException("remove from " + definition.name(), -answer);
      }
      return answer >= 0;
    }
  }

  private MemorySegment entry(Arena arena, byte[] key, MemorySegment value) {
    MemorySegment attributes = Kernel.attributes(arena);
    attributes.set(INT, 0, descriptor);
    attributes.set(LONG, 8, copy(arena, key).address());
    attributes.set(LONG, 16, value.address());
    return attributes;
  }

  private static MemorySegment copy(Arena arena, byte[] bytes) {
    return arena.allocate(Math.max(bytes.length, 8), 8).copyFrom(MemorySegment.ofArray(bytes));
  }

  private void check(byte[] bytes, int size) {
    if (bytes.length != size) {
      throw new IllegalArgumentException(
          definition.name() + ": " + bytes.length + " bytes (expected: " + size + ")");
    }
  }

  /**
   * Adds or replaces many entries in one call.
   *
   * @param keys the keys, one after the other
   * @param values as many values, one after the other
   * @throws BpfException with {@link BpfException#E2BIG} if there is too little room; some may be
   *     in then
   */
  public void putAll(byte[] keys, byte[] values) {
    if (keys.length == 0) {
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attributes = Kernel.attributes(arena).asSlice(0, 56);
      attributes.set(LONG, 16, copy(arena, keys).address());
      attributes.set(LONG, 24, copy(arena, values).address());
      attributes.set(INT, 32, keys.length / definition.keySize());
      attributes.set(INT, 36, descriptor);
      Kernel.bpf(UPDATE_BATCH, attributes, "batch on " + definition.name());
    }
  }

  /**
   * The values as programs see them, shared until {@code arena} closes; only of an array that was
   * made to be mapped ({@code BPF_F_MMAPABLE}).
   */
  public MemorySegment memory(Arena arena) {
    long size = (long) definition.maxEntries() * definition.valueSize();
    return Kernel.map(arena, descriptor, 0, (size + 4095) / 4096 * 4096, true);
  }

  /** Returns all keys. Entries that come or go meanwhile may be missed. */
  public List<byte[]> keys() {
    List<byte[]> keys = new ArrayList<>();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attributes = Kernel.attributes(arena);
      MemorySegment next = arena.allocate(definition.keySize(), 8);
      attributes.set(INT, 0, descriptor);
      attributes.set(LONG, 16, next.address());
      while (Kernel.bpf(NEXT_KEY, attributes) == 0) {
        byte[] key = next.toArray(ValueLayout.JAVA_BYTE);
        keys.add(key);
        attributes.set(LONG, 8, copy(arena, key).address());
      }
    }
    return keys;
  }

  /**
   * From here on neither this process nor any other may change it: the verifier takes its content
   * for constants.
   */
  void freeze() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attributes = Kernel.attributes(arena);
      attributes.set(INT, 0, descriptor);
      Kernel.bpf(FREEZE, attributes, "freeze " + definition.name());
    }
  }

  @Override
  public void close() {
    Kernel.close(descriptor);
  }
}
