package io.weir.packet.bpf;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A relocatable ELF file for the BPF machine, 64 bits, little-endian: sections by name, symbols,
 * relocations (System V ABI, chapter 4). Immutable.
 */
final class ElfFile {

  /** A named place in a section. */
  record Symbol(String name, String section, long value, long size) {}

  /** Says that what lies at {@code offset} of its section speaks of {@code symbol}. */
  record Relocation(long offset, Symbol symbol) {}

  private record Header(int name, int type, long offset, long size, int link, int info) {}

  private static final int MAGIC = 0x464c457f;
  private static final int MACHINE_BPF = 247;
  private static final int SYMBOLS = 2;
  private static final int RELOCATIONS = 9;
  private static final int MAX_SECTIONS = 1000;

  private final Map<String, byte[]> sections = new LinkedHashMap<>();
  private final List<Symbol> symbols = new ArrayList<>();
  private final Map<String, List<Relocation>> relocations = new LinkedHashMap<>();

  private ElfFile(ByteBuffer file) {
    List<Header> headers = headers(file);
    byte[] names = content(file, headers.get(Short.toUnsignedInt(file.getShort(62))));
    List<String> sectionNames = headers.stream().map(header -> text(names, header.name())).toList();
    for (int i = 0; i < headers.size(); i++) {
      sections.put(sectionNames.get(i), content(file, headers.get(i)));
    }
    for (Header header : headers) {
      if (header.type() == SYMBOLS) {
        readSymbols(content(file, header), content(file, headers.get(header.link())), sectionNames);
      }
    }
    for (Header header : headers) {
      if (header.type() == RELOCATIONS) {
        relocations.put(sectionNames.get(header.info()), readRelocations(content(file, header)));
      }
    }
  }

  /**
   * @throws IllegalArgumentException if {@code file} is not such a file, or is cut short
   */
  static ElfFile read(byte[] file) {
    ByteBuffer buffer = buffer(file);
    if (file.length < 64
        || buffer.getInt(0) != MAGIC
        || buffer.get(4) != 2
        || buffer.getShort(18) != MACHINE_BPF) {
      throw new IllegalArgumentException("object file (expected: 64-bit ELF for BPF)");
    }
    try {
      return new ElfFile(buffer);
    } catch (IndexOutOfBoundsException | BufferUnderflowException e) {
      throw new IllegalArgumentException("object file (expected: all that its headers promise)", e);
    }
  }

  static ByteBuffer buffer(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static List<Header> headers(ByteBuffer file) {
    long at = file.getLong(40);
    int count = Short.toUnsignedInt(file.getShort(60));
    if (count > MAX_SECTIONS || at < 0 || at > file.capacity()) {
      throw new IndexOutOfBoundsException(count);
    }
    List<Header> headers = new ArrayList<>();
    for (int i = 0; i < count; i++, at += 64) {
      int p = (int) at;
      headers.add(
          new Header(
              file.getInt(p),
              file.getInt(p + 4),
              file.getLong(p + 24),
              file.getLong(p + 32),
              file.getInt(p + 40),
              file.getInt(p + 44)));
    }
    return headers;
  }

  private static byte[] content(ByteBuffer file, Header header) {
    if (header.type() == 8 || header.size() == 0) { // takes no room in the file
      return new byte[0];
    }
    if (header.size() < 0
        || header.offset() < 0
        || header.offset() + header.size() > file.capacity()) {
      throw new IndexOutOfBoundsException(header.name());
    }
    byte[] content = new byte[(int) header.size()];
    file.get((int) header.offset(), content);
    return content;
  }

  private static String text(byte[] names, int from) {
    int to = from;
    while (names[to] != 0) {
      to++;
    }
    return new String(names, from, to - from, StandardCharsets.US_ASCII);
  }

  private void readSymbols(byte[] table, byte[] names, List<String> sectionNames) {
    ByteBuffer entries = buffer(table);
    for (int at = 0; at + 24 <= table.length; at += 24) {
      int section = Short.toUnsignedInt(entries.getShort(at + 6));
      symbols.add(
          new Symbol(
              text(names, entries.getInt(at)),
              section < sectionNames.size() ? sectionNames.get(section) : "",
              entries.getLong(at + 8),
              entries.getLong(at + 16)));
    }
  }

  private List<Relocation> readRelocations(byte[] table) {
    ByteBuffer entries = buffer(table);
    List<Relocation> found = new ArrayList<>();
    for (int at = 0; at + 16 <= table.length; at += 16) {
      found.add(new Relocation(entries.getLong(at), symbols.get(entries.getInt(at + 12))));
    }
    return found;
  }

  /** The content of a section. */
  byte[] section(String name) {
    byte[] content = sections.get(name);
    if (content == null) {
      throw new IllegalArgumentException("object file (expected: a section " + name + ")");
    }
    return content;
  }

  ByteBuffer buffer(String section) {
    return buffer(section(section));
  }

  List<Symbol> symbols() {
    return symbols;
  }

  @Nullable Symbol symbol(String name) {
    return symbols.stream().filter(symbol -> symbol.name().equals(name)).findFirst().orElse(null);
  }

  List<Relocation> relocations(String section) {
    return relocations.getOrDefault(section, List.of());
  }
}
