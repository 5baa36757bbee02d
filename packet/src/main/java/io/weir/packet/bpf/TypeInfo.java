package io.weir.packet.bpf;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The type information of an object file (Documentation/bpf/btf.rst), made ready for the kernel: a
 * compiler does not know yet where variables will lie in their sections, nor how large those are.
 */
final class TypeInfo {

  /** The size of a function record: instruction, type. */
  static final int FUNCTION_RECORD = 8;

  /** The size of a line record: instruction, file name, line, line and column. */
  static final int LINE_RECORD = 16;

  private static final int TYPE = 12;
  private static final int DATASEC = 15;

  private TypeInfo() {}

  /** Returns the types with sizes and places of variables filled in. */
  static byte[] prepare(ElfFile elf) {
    byte[] types = elf.section(".BTF").clone();
    ByteBuffer buffer = ElfFile.buffer(types);
    for (ElfFile.Relocation relocation : elf.relocations(".BTF")) {
      int at = (int) relocation.offset();
      buffer.putInt(at, buffer.getInt(at) + (int) relocation.symbol().value());
    }
    int begin = buffer.getInt(4) + buffer.getInt(8);
    int strings = buffer.getInt(4) + buffer.getInt(16);
    int end = begin + buffer.getInt(12);
    for (int at = begin; at < end; at += TYPE + extra(buffer.getInt(at + 4))) {
      if ((buffer.getInt(at + 4) >>> 24 & 31) == DATASEC) {
        String name = name(types, strings + buffer.getInt(at));
        buffer.putInt(at + 8, elf.section(name).length);
        sortVariables(buffer, at + TYPE, buffer.getInt(at + 4) & 0xffff);
      }
    }
    return types;
  }

  /** How many bytes follow a type, by its kind and number of members. */
  private static int extra(int info) {
    int members = info & 0xffff;
    return switch (info >>> 24 & 31) {
      case 1, 14, 17 -> 4; // integer, variable, declaration tag
      case 3 -> 12; // array
      case 4, 5, DATASEC, 19 -> 12 * members; // structure, union, section, wide enumeration
      case 6, 13 -> 8 * members; // enumeration, function prototype
      default -> 0;
    };
  }

  private static String name(byte[] types, int from) {
    int to = from;
    while (types[to] != 0) {
      to++;
    }
    return new String(types, from, to - from, StandardCharsets.US_ASCII);
  }

  private static void sortVariables(ByteBuffer buffer, int from, int count) {
    List<int[]> variables = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int at = from + 12 * i;
      variables.add(new int[] {buffer.getInt(at), buffer.getInt(at + 4), buffer.getInt(at + 8)});
    }
    variables.sort(Comparator.comparingInt(variable -> variable[1]));
    for (int i = 0; i < 3 * count; i++) {
      buffer.putInt(from + 4 * i, variables.get(i / 3)[i % 3]);
    }
  }

  /** Which function begins at which instruction of a program made of those sections. */
  static byte[] functions(ElfFile elf, List<String> sections) {
    return records(elf, sections, 8, FUNCTION_RECORD);
  }

  /** Which source line each instruction of such a program comes from. */
  static byte[] lines(ElfFile elf, List<String> sections) {
    return records(elf, sections, 16, LINE_RECORD);
  }

  /**
   * Gathers records; their first word is an instruction, counted in bytes in the file, in
   * instructions for the kernel.
   */
  private static byte[] records(ElfFile elf, List<String> sections, int header, int wanted) {
    ByteBuffer ext = elf.buffer(".BTF.ext");
    ByteArrayOutputStream gathered = new ByteArrayOutputStream();
    int base = 0;
    for (String section : sections) {
      int begin = ext.getInt(4) + ext.getInt(header);
      int end = begin + ext.getInt(header + 4);
      int size = ext.getInt(begin);
      for (int at = begin + 4; at < end; at += 8 + ext.getInt(at + 4) * size) {
        if (string(elf, ext.getInt(at)).equals(section)) {
          gather(ext, at, size, base, wanted, gathered);
        }
      }
      base += elf.section(section).length;
    }
    return gathered.toByteArray();
  }

  private static void gather(
      ByteBuffer ext, int block, int size, int base, int wanted, ByteArrayOutputStream gathered) {
    for (int i = 0; i < ext.getInt(block + 4); i++) {
      byte[] record = new byte[wanted];
      ext.get(block + 8 + i * size, record);
      ByteBuffer buffer = ElfFile.buffer(record);
      buffer.putInt(0, (buffer.getInt(0) + base) / 8);
      gathered.writeBytes(record);
    }
  }

  private static String string(ElfFile elf, int offset) {
    byte[] types = elf.section(".BTF");
    return name(types, ElfFile.buffer(types).getInt(4) + ElfFile.buffer(types).getInt(16) + offset);
  }
}
