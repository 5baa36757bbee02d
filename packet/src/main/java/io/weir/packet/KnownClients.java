package io.weir.packet;

import io.weir.packet.bpf.BpfMap;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Who had to do with this host before a SYN flood began, for the programs; {@code attack.h} says
 * what for. Programs add to it meanwhile. Confined to one thread at a time.
 */
final class KnownClients implements AutoCloseable {

  /** Of the calling thread's network namespace; the process may live in another one. */
  static final Path NET = Path.of("/proc/thread-self/net");

  private static final VarHandle WORD = ValueLayout.JAVA_LONG.varHandle();
  private static final int WORDS = 1 << 12;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment memory;
  private final long seed;

  /**
   * @param map the programs' {@code known_clients}
   * @param seed their {@code hash_seed}
   */
  KnownClients(BpfMap map, long seed) {
    memory = map.memory(arena);
    this.seed = seed;
  }

  /**
   * Reads who has a connection, TIME_WAIT included, and says that all before this attack are known;
   * once for each attack.
   *
   * @param attack when it began, as the programs have it
   * @param net the folder where the kernel lists its sockets
   */
  void learn(long attack, Path net) throws IOException {
    if ((long) WORD.get(memory, 0L) == attack) {
      return;
    }
    for (int i = 0; i <= WORDS; i++) {
      WORD.setVolatile(memory, 8L * i, 0L);
    }
    learn(net.resolve("tcp"));
    try {
      learn(net.resolve("tcp6"));
    } catch (NoSuchFileException e) {
      // A kernel without IPv6.
    }
    WORD.setVolatile(memory, 0L, attack);
  }

  private void learn(Path sockets) throws IOException {
    try (BufferedReader reader = Files.newBufferedReader(sockets, StandardCharsets.US_ASCII)) {
      reader.readLine();
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        add(key(line));
      }
    }
  }

  private void add(long key) {
    long hash = ExactTable.mix(key ^ seed);
    long at = 8 + 8 * (hash >>> 46 & WORDS - 1);
    long _ = (long) WORD.getAndBitwiseOr(memory, at, 1L << (hash >>> 58));
  }

  /**
   * What the programs hash of the second address in a line such as {@code 0: 0100007F:1F90
   * 0200007F:A0B4 01 …}: the kernel writes each four octets as it has them in memory. IPv6 counts
   * by /64, and is IPv4 where that is embedded in it.
   */
  static long key(String line) {
    int local = line.indexOf(':') + 2;
    int remote = line.indexOf(' ', local) + 1;
    if (line.indexOf(':', remote) == remote + 8) {
      return word(line, remote);
    }
    long low = word(line, remote);
    long high = word(line, remote + 8);
    boolean embedded = low == 0 && high == 0 && word(line, remote + 16) == 0xffff0000L;
    return embedded ? word(line, remote + 24) : low | high << 32;
  }

  private static long word(String line, int at) {
    return Integer.toUnsignedLong(Integer.parseUnsignedInt(line, at, at + 8, 16));
  }

  @Override
  public void close() {
    arena.close();
  }
}
