package io.weir.waf.regex;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Compiled patterns in a file, so that the next start need not compile them. A pattern is found by
 * its whole text, and what it compiles to depends on nothing else but the {@linkplain #FORMAT
 * format}: so the file is never out of date, and one changed rule costs one pattern.
 *
 * <p>The file is: eight octets that say what it is and in which format, a checksum (CRC-32, as a
 * long) of all that follows, the number of patterns, and for each its text and what it compiles to,
 * each behind its length. Numbers are little-endian. The checksum tells damage, it is no proof of
 * origin; therefore every number is checked against its bounds when it is read, and a file that is
 * wrong in any way is ignored and written anew.
 *
 * <p>Confined to one thread.
 */
public final class PatternCache {
  /** To be changed whenever patterns compile to something else than before; a test reminds. */
  static final char FORMAT = '1';

  private static final System.Logger LOG = System.getLogger(PatternCache.class.getName());
  private static final byte[] MAGIC = ("WEIRPAT" + FORMAT).getBytes(ISO_8859_1);
  private static final int HEAD = MAGIC.length + 8;

  /** Patterns that are not in use are kept as long as the file is not longer, in octets. */
  private static final int MAX_LENGTH = 16 << 20;

  private final @Nullable Path file;
  private final Map<String, ByteBuffer> stored = new HashMap<>();
  private final Map<String, CompiledPattern> used = new LinkedHashMap<>();
  private boolean complete = true;

  private PatternCache(@Nullable Path file) {
    this.file = file;
  }

  /** A cache without a file. */
  public static PatternCache none() {
    return new PatternCache(null);
  }

  /** The patterns in a file; none if it is missing or not as it should be. */
  public static PatternCache in(Path file) {
    try {
      return Files.isRegularFile(file)
          ? of(Files.readAllBytes(file), file)
          : new PatternCache(file);
    } catch (IOException | IllegalArgumentException e) {
      LOG.log(Level.WARNING, "{0}: {1}; patterns are compiled anew", file, e.getMessage());
      return new PatternCache(file);
    }
  }

  /**
   * @throws IllegalArgumentException if these are not the octets of such a file
   */
  static PatternCache of(byte[] octets, @Nullable Path file) {
    PatternCache cache = new PatternCache(file);
    cache.index(octets);
    return cache;
  }

  /** How many patterns the file holds. */
  public int size() {
    return stored.size();
  }

  private void index(byte[] octets) {
    try {
      ByteBuffer in = ByteBuffer.wrap(octets).order(ByteOrder.LITTLE_ENDIAN);
      byte[] magic = new byte[MAGIC.length];
      in.get(magic);
      if (!Arrays.equals(magic, MAGIC)) {
        throw new IllegalArgumentException("of another format");
      }
      if (in.getLong() != checksum(octets, HEAD)) {
        throw new IllegalArgumentException("damaged");
      }
      for (int left = in.getInt(); left > 0; left--) {
        String text = UTF_8.decode(part(in)).toString();
        stored.put(text, part(in));
      }
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("cut off", e);
    }
  }

  private static long checksum(byte[] octets, int from) {
    CRC32 crc = new CRC32();
    crc.update(octets, from, octets.length - from);
    return crc.getValue();
  }

  private static ByteBuffer part(ByteBuffer in) {
    int length = in.getInt();
    if (length < 0 || length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    ByteBuffer part = in.slice(in.position(), length).order(ByteOrder.LITTLE_ENDIAN);
    in.position(in.position() + length);
    return part;
  }

  /**
   * A pattern, from the file or compiled.
   *
   * @throws RegexException saying what is wrong with it
   */
  public CompiledPattern pattern(String text) throws RegexException {
    CompiledPattern known = used.get(text);
    if (known == null) {
      known = read(text);
    }
    if (known == null) {
      known = CompiledPattern.of(text);
      complete = false;
    }
    used.put(text, known);
    return known;
  }

  private @Nullable CompiledPattern read(String text) {
    ByteBuffer in = stored.get(text);
    try {
      return in == null ? null : read(text, in);
    } catch (IllegalArgumentException | BufferUnderflowException e) {
      stored.remove(text);
      return null; // compiled anew, as if it were not there
    }
  }

  // ------------------------------------------------------------------ the file's patterns

  /** Reads what is known of matches; the program waits until somebody asks for it. */
  private static CompiledPattern read(String text, ByteBuffer stored) {
    ByteBuffer in = stored.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    int size = count(in, 9);
    in.getLong(); // start and groups
    int sets = count(in, 32);
    in.position(in.position() + 32 * sets + 9 * size);
    ByteSet octets = in.get() == 0 ? null : set(in);
    Set<String> words = in.get() == 0 ? null : words(in);
    return new CompiledPattern(new Lazy<>(() -> program(text, stored)), words, octets);
  }

  private static Program program(String text, ByteBuffer stored) {
    try {
      Program program = program(stored.duplicate().order(ByteOrder.LITTLE_ENDIAN));
      return program.isSound() ? program : CompiledPattern.of(text).program();
    } catch (IllegalArgumentException | BufferUnderflowException | RegexException e) {
      throw new IllegalStateException("kept for a text that is no pattern: " + text, e);
    }
  }

  private static Program program(ByteBuffer in) {
    int size = count(in, 9);
    int start = in.getInt();
    int groups = in.getInt();
    ByteSet[] sets = new ByteSet[count(in, 32)];
    for (int i = 0; i < sets.length; i++) {
      sets[i] = set(in);
    }
    byte[] operations = new byte[size];
    in.get(operations);
    int[] op = new int[size];
    for (int i = 0; i < size; i++) {
      op[i] = operations[i];
    }
    return new Program(op, ints(in, size), ints(in, size), sets, start, groups);
  }

  /** A number of things that take so many octets at least. */
  private static int count(ByteBuffer in, int octets) {
    int count = in.getInt();
    if (count < 0 || count > in.remaining() / octets) {
      throw new IllegalArgumentException("count: " + count);
    }
    return count;
  }

  private static ByteSet set(ByteBuffer in) {
    return new ByteSet(in.getLong(), in.getLong(), in.getLong(), in.getLong());
  }

  private static int[] ints(ByteBuffer in, int count) {
    int[] ints = new int[count];
    in.asIntBuffer().get(ints);
    in.position(in.position() + 4 * count);
    return ints;
  }

  private static Set<String> words(ByteBuffer in) {
    Set<String> words = new LinkedHashSet<>();
    for (int left = count(in, 1); left > 0; left--) {
      byte[] word = new byte[in.get() & 0xff];
      in.get(word);
      words.add(new String(word, ISO_8859_1));
    }
    if (words.isEmpty() || words.contains("")) {
      throw new IllegalArgumentException("no words");
    }
    return words;
  }

  /** Writes the file if a pattern had to be compiled. What fails is only said. */
  public void save() {
    Path to = file;
    if (to == null || complete) {
      return;
    }
    try {
      Path folder = to.toAbsolutePath().getParent();
      Files.createDirectories(folder);
      // Such files are made so that only their owner may read and write them.
      Path fresh = Files.createTempFile(folder, "patterns", ".new");
      try {
        Files.write(fresh, contents());
        Files.move(fresh, to, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(fresh);
      }
    } catch (IOException | UnsupportedOperationException e) {
      LOG.log(Level.INFO, "{0}: compiled patterns are not kept: {1}", to, e.getMessage());
    }
  }

  private byte[] contents() {
    List<byte[]> parts = new ArrayList<>();
    int length = HEAD + 4;
    for (Map.Entry<String, CompiledPattern> entry : used.entrySet()) {
      ByteBuffer kept = stored.get(entry.getKey());
      byte[] octets = kept == null ? octets(entry.getValue()) : octets(kept);
      length += add(parts, entry.getKey(), octets);
    }
    for (Map.Entry<String, ByteBuffer> entry : stored.entrySet()) {
      if (!used.containsKey(entry.getKey()) && length < MAX_LENGTH) {
        length += add(parts, entry.getKey(), octets(entry.getValue()));
      }
    }
    ByteBuffer out = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    out.put(MAGIC).putLong(0).putInt(parts.size() / 2);
    parts.forEach(part -> out.putInt(part.length).put(part));
    return out.putLong(MAGIC.length, checksum(out.array(), HEAD)).array();
  }

  private static int add(List<byte[]> parts, String text, byte[] compiled) {
    byte[] key = text.getBytes(UTF_8);
    parts.add(key);
    parts.add(compiled);
    return 8 + key.length + compiled.length;
  }

  private static byte[] octets(ByteBuffer kept) {
    byte[] octets = new byte[kept.capacity()];
    kept.get(0, octets);
    return octets;
  }

  static byte[] octets(CompiledPattern pattern) {
    Program program = pattern.program();
    Set<String> words = pattern.words();
    int length = 16 + 32 * program.sets.length + 9 * program.size() + 38;
    for (String word : words == null ? Set.<String>of() : words) {
      length += 1 + word.length();
    }
    ByteBuffer out = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(program.size()).putInt(program.start).putInt(program.groups);
    out.putInt(program.sets.length);
    for (ByteSet set : program.sets) {
      put(set, out);
    }
    for (int op : program.op) {
      out.put((byte) op);
    }
    for (int target : program.out) {
      out.putInt(target);
    }
    for (int argument : program.arg) {
      out.putInt(argument);
    }
    ByteSet octets = pattern.octets();
    out.put((byte) (octets == null ? 0 : 1));
    if (octets != null) {
      put(octets, out);
    }
    out.put((byte) (words == null ? 0 : 1));
    if (words != null) {
      out.putInt(words.size());
      for (String word : words) {
        out.put((byte) word.length()).put(word.getBytes(ISO_8859_1));
      }
    }
    return Arrays.copyOf(out.array(), out.position());
  }

  private static void put(ByteSet set, ByteBuffer out) {
    out.putLong(set.w0()).putLong(set.w1()).putLong(set.w2()).putLong(set.w3());
  }
}
