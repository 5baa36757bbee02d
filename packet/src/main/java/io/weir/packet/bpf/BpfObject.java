package io.weir.packet.bpf;

import static io.weir.packet.bpf.Kernel.INT;
import static io.weir.packet.bpf.Kernel.LONG;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Compiled programs, the maps they want and their settings: one ELF file, read and loaded.
 *
 * <p>The file follows conventions of its own that keep this small: maps are plain records in the
 * section {@code maps}, settings are constants in {@code .rodata} found by their names, each
 * program is a section of its own, functions that it calls are in {@code .text}. What remains of a
 * linker's work is to write map descriptors and distances of calls into instructions. The type
 * information (BTF) goes to the kernel too, so that the verifier quotes source lines.
 *
 * <p>Confined to one thread.
 */
public final class BpfObject {

  private static final int PROGRAM_LOAD = 5;
  private static final int BTF_LOAD = 18;
  private static final int XDP_PROGRAM = 6;
  private static final int HAS_FRAGMENTS = 1 << 5;
  private static final int INSTRUCTION = 8;
  private static final int LOG_SIZE = 1 << 20;
  private static final int MAP_RECORD = 40;
  private static final String TEXT = ".text";
  private static final int PSEUDO_MAP = 1;
  private static final int PSEUDO_MAP_VALUE = 2;

  private final ElfFile elf;
  private final byte[] constants;

  private BpfObject(ElfFile elf) {
    this.elf = elf;
    this.constants = elf.section(".rodata").clone();
  }

  /**
   * Reads an object file.
   *
   * @throws IllegalArgumentException if it is not one
   */
  public static BpfObject read(byte[] file) {
    return new BpfObject(ElfFile.read(file));
  }

  /**
   * Sets the constant {@code name}, of one to eight bytes.
   *
   * @throws IllegalArgumentException if there is none of that name, or the value does not fit
   */
  public BpfObject set(String name, long value) {
    int size = (int) setting(name).size();
    if (size > 8 || (size < 8 && value >>> 8 * size != 0)) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: " + size + " bytes)");
    }
    byte[] bytes = new byte[size];
    for (int i = 0; i < size; i++) {
      bytes[i] = (byte) (value >>> 8 * i);
    }
    return set(name, bytes);
  }

  /** Sets the constant {@code name}, of exactly as many bytes. */
  public BpfObject set(String name, byte[] value) {
    ElfFile.Symbol symbol = setting(name);
    if (symbol.size() != value.length) {
      throw new IllegalArgumentException(
          name + ": " + value.length + " bytes (expected: " + symbol.size() + ")");
    }
    System.arraycopy(value, 0, constants, (int) symbol.value(), value.length);
    return this;
  }

  private ElfFile.Symbol setting(String name) {
    ElfFile.Symbol symbol = elf.symbol(name);
    if (symbol == null || !symbol.section().equals(".rodata")) {
      throw new IllegalArgumentException(name + " (expected: a setting of the program)");
    }
    return symbol;
  }

  /** The maps that the programs want, by name. */
  public Map<String, BpfMap.Definition> maps() {
    Map<String, BpfMap.Definition> maps = new LinkedHashMap<>();
    ByteBuffer records = elf.buffer("maps");
    for (ElfFile.Symbol symbol : elf.symbols()) {
      if (symbol.section().equals("maps") && symbol.size() == MAP_RECORD) {
        maps.put(symbol.name(), definition(symbol.name(), records, (int) symbol.value()));
      }
    }
    return maps;
  }

  private static BpfMap.Definition definition(String name, ByteBuffer records, int at) {
    int[] words = new int[MAP_RECORD / 4];
    records.position(at).slice().order(records.order()).asIntBuffer().get(words);
    BpfMap.Definition inner =
        words[5] == 0
            ? null
            : new BpfMap.Definition(name, words[5], words[6], words[7], words[8], words[9], null);
    return new BpfMap.Definition(name, words[0], words[1], words[2], words[3], words[4], inner);
  }

  /**
   * Loads the program in {@code section}, with the settings as they are now.
   *
   * @param maps all maps that it uses, by name
   * @throws BpfException if the verifier refuses it; the message holds the verifier's log
   */
  public BpfProgram load(String section, Map<String, BpfMap> maps) {
    // The program keeps what it uses: both may be closed once it is loaded.
    try (BpfMap settings = frozenConstants();
        Arena arena = Arena.ofConfined()) {
      byte[] instructions = link(section, maps, settings);
      MemorySegment attributes = Kernel.attributes(arena);
      attributes.set(INT, 0, XDP_PROGRAM);
      attributes.set(INT, 4, instructions.length / INSTRUCTION);
      attributes.set(LONG, 8, copy(arena, instructions));
      attributes.set(LONG, 16, copy(arena, elf.section("license")));
      attributes.set(INT, 44, HAS_FRAGMENTS);
      BpfMap.setName(attributes, 48, "weir");
      attributes.set(INT, 68, 37); // it will be attached as XDP, by a link
      int types = loadTypes(arena);
      describe(section, arena, attributes, types);
      try {
        return new BpfProgram(load(arena, attributes));
      } finally {
        Kernel.close(types);
      }
    }
  }

  /** The log costs time, so it is asked for only once the program was refused without. */
  private static int load(Arena arena, MemorySegment attributes) {
    int answer = Kernel.bpf(PROGRAM_LOAD, attributes);
    if (answer >= 0) {
      return answer;
    }
    MemorySegment log = arena.allocate(LOG_SIZE, 8);
    attributes.set(INT, 24, 1);
    attributes.set(INT, 28, LOG_SIZE);
    attributes.set(LONG, 32, log.address());
    answer = Kernel.bpf(PROGRAM_LOAD, attributes);
    if (answer < 0) {
      throw new BpfException("load the program", -answer, tail(log.getString(0)));
    }
    return answer;
  }

  /** The end of a long log says what is wrong; its beginning only how the verifier came there. */
  private static String tail(String log) {
    return log.length() <= 4000 ? log : "…" + log.substring(log.length() - 4000);
  }

  private BpfMap frozenConstants() {
    BpfMap map =
        BpfMap.create(
            new BpfMap.Definition(
                "settings",
                BpfMap.ARRAY,
                4,
                constants.length,
                1,
                BpfMap.READ_ONLY_FOR_PROGRAMS,
                null));
    map.put(BpfMap.key(0), constants);
    map.freeze();
    return map;
  }

  /** The sections that make up a program: its own, then the functions it calls, if it calls any. */
  private List<String> parts(String section) {
    boolean calls =
        elf.relocations(section).stream()
            .anyMatch(relocation -> relocation.symbol().section().equals(TEXT));
    return calls ? List.of(section, TEXT) : List.of(section);
  }

  /** Writes into the instructions where the maps, settings and functions are that they name. */
  private byte[] link(String section, Map<String, BpfMap> maps, BpfMap settings) {
    ByteArrayOutputStream linked = new ByteArrayOutputStream();
    int functions = elf.section(section).length;
    for (String part : parts(section)) {
      int base = linked.size();
      byte[] instructions = elf.section(part).clone();
      for (ElfFile.Relocation relocation : elf.relocations(part)) {
        int at = (int) relocation.offset();
        ByteBuffer code =
            ElfFile.buffer(instructions).position(at).slice().order(ByteOrder.LITTLE_ENDIAN);
        if (relocation.symbol().section().equals(TEXT)) {
          linkCall(code, functions + (int) relocation.symbol().value() - base - at);
        } else {
          linkMap(code, relocation.symbol(), maps, settings);
        }
      }
      linked.writeBytes(instructions);
    }
    return linked.toByteArray();
  }

  /**
   * A call counts in instructions, from the one after it. The compiler leaves -1, or the way from
   * the section's begin.
   */
  private static void linkCall(ByteBuffer call, int distance) {
    call.putInt(4, distance / INSTRUCTION + call.getInt(4));
  }

  private static void linkMap(
      ByteBuffer load, ElfFile.Symbol symbol, Map<String, BpfMap> maps, BpfMap settings) {
    boolean constant = symbol.section().equals(".rodata");
    BpfMap map = constant ? settings : maps.get(symbol.name());
    if (map == null) {
      throw new IllegalArgumentException(symbol.name() + " (expected: a map for it)");
    }
    int addend = load.getInt(4);
    load.put(1, (byte) (load.get(1) & 15 | (constant ? PSEUDO_MAP_VALUE : PSEUDO_MAP) << 4));
    load.putInt(4, map.descriptor());
    load.putInt(INSTRUCTION + 4, constant ? (int) symbol.value() + addend : 0);
  }

  /** Gives the kernel the types: without them it would not check functions one by one. */
  private int loadTypes(Arena arena) {
    byte[] types = TypeInfo.prepare(elf);
    MemorySegment attributes = Kernel.attributes(arena).asSlice(0, 32);
    attributes.set(LONG, 0, copy(arena, types));
    attributes.set(INT, 16, types.length);
    MemorySegment log = arena.allocate(LOG_SIZE, 8);
    attributes.set(LONG, 8, log.address());
    attributes.set(INT, 20, LOG_SIZE);
    attributes.set(INT, 24, 1);
    int answer = Kernel.bpf(BTF_LOAD, attributes);
    if (answer < 0) {
      throw new BpfException("load the types", -answer, tail(log.getString(0)));
    }
    return answer;
  }

  private void describe(String section, Arena arena, MemorySegment attributes, int types) {
    byte[] functions = TypeInfo.functions(elf, parts(section));
    byte[] lines = TypeInfo.lines(elf, parts(section));
    attributes.set(INT, 72, types);
    attributes.set(INT, 76, TypeInfo.FUNCTION_RECORD);
    attributes.set(LONG, 80, copy(arena, functions));
    attributes.set(INT, 88, functions.length / TypeInfo.FUNCTION_RECORD);
    attributes.set(INT, 92, TypeInfo.LINE_RECORD);
    attributes.set(LONG, 96, copy(arena, lines));
    attributes.set(INT, 104, lines.length / TypeInfo.LINE_RECORD);
  }

  private static long copy(Arena arena, byte[] bytes) {
    return arena.allocate(bytes.length, 8).copyFrom(MemorySegment.ofArray(bytes)).address();
  }
}
