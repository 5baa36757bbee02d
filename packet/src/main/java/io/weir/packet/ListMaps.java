package io.weir.packet;

import io.weir.net.IpAddress;
import io.weir.net.IpPrefix;
import io.weir.packet.bpf.BpfMap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The lists as the kernel holds them; see {@code lists.h} for their shape.
 *
 * <p>A whole new set is filled beside the one in force and takes over with one word. What is banned
 * for a while is changed in place: its classes are those of the networks around it, which the
 * kernel's own trie tells, plus its own. Confined to one thread at a time.
 */
final class ListMaps implements AutoCloseable {

  static final int MANAGEMENT = 1;
  static final int ALLOWED = 2;
  static final int BLOCKED = 4;
  static final int BOGON = 8;
  static final int OWN = 16;
  static final int BANNED = 32;

  private static final int CLASSES = (1 << 6) - 1;
  private static final int EXACT_INSIDE = 1 << 6;
  private static final int PREFIX_INSIDE = 1 << 7;
  private static final int OVERVIEW_BITS = 16;
  private static final int OVERVIEW = 1 << OVERVIEW_BITS;

  private static final int SPARE = 1 << 16;
  private static final int BATCH = 1 << 16;

  /**
   * With the classes of its own and of those around it, the narrowest of which is named if known.
   */
  private record Entry(IpPrefix prefix, int classes, @Nullable Entry around)
      implements Comparable<Entry> {

    boolean isIpv4() {
      return prefix.address().isIpv4();
    }

    @Override
    public int compareTo(Entry other) {
      return prefix.compareTo(other.prefix);
    }
  }

  /** One octet for each first 16 bits, as the programs see it. */
  private static final class Overview implements AutoCloseable {

    private final Arena arena = Arena.ofShared();
    private final BpfMap map;
    private final MemorySegment octets;

    Overview(BpfMap maps, byte[] overview) {
      map = maps.createInner(overview.length / Long.BYTES);
      octets = map.memory(arena);
      MemorySegment.copy(overview, 0, octets, ValueLayout.JAVA_BYTE, 0, overview.length);
    }

    void add(int block, int bits) {
      int known = octets.get(ValueLayout.JAVA_BYTE, block);
      octets.set(ValueLayout.JAVA_BYTE, block, (byte) (known | bits));
    }

    @Override
    public void close() {
      arena.close();
      map.close();
    }
  }

  /** The maps of one generation. */
  private record Generation(
      Overview overview, ExactTable exact, BpfMap prefixesIpv4, BpfMap prefixesIpv6) {

    BpfMap prefixesOf(IpPrefix prefix) {
      return prefix.address().isIpv4() ? prefixesIpv4 : prefixesIpv6;
    }

    void close() {
      overview.close();
      exact.close();
      prefixesIpv4.close();
      prefixesIpv6.close();
    }
  }

  private final Map<String, BpfMap> maps;
  private final long seed;
  private final Set<IpPrefix> banned = new LinkedHashSet<>();
  private Generation current;
  private int number;
  private int chunksShown;

  /**
   * Fills the maps, which must be {@code lists.h}'s and new, with {@code lists}.
   *
   * @param seed the programs' {@code hash_seed}
   */
  ListMaps(Map<String, BpfMap> maps, AddressLists lists, long seed) {
    this.maps = maps;
    this.seed = seed;
    current = publish(lists);
  }

  /** Puts other lists in force, all at once; what is banned stays so. */
  void replace(AddressLists lists) {
    Generation old = current;
    current = publish(lists);
    show(number + 1 & 1, current); // frees the old one, which no program sees any more by then
    old.close();
  }

  private Generation publish(AddressLists lists) {
    Generation next = fill(lists);
    show(++number & 1, next);
    int[] word = {number, next.exact().chunks().size() - 1};
    map("lists_in_force").put(BpfMap.key(0), BpfMap.littleEndian(word));
    return next;
  }

  /**
   * Each of these calls returns only when no program runs any more that saw what was there before.
   */
  private void show(int slot, Generation generation) {
    map("overview").putMaps(slot, List.of(generation.overview().map));
    List<BpfMap> chunks = generation.exact().chunks();
    chunksShown = Math.max(chunksShown, chunks.size());
    List<BpfMap> all = new ArrayList<>();
    for (int i = 0; i < chunksShown; i++) {
      all.add(chunks.get(i & chunks.size() - 1)); // none of an older generation is left behind them
    }
    map("exact").putMaps(slot * ExactTable.MAX_CHUNKS, all);
    map("prefixes_ipv4").putMaps(slot, List.of(generation.prefixesIpv4()));
    map("prefixes_ipv6").putMaps(slot, List.of(generation.prefixesIpv6()));
  }

  private BpfMap map(String name) {
    BpfMap map = maps.get(name);
    if (map == null) {
      throw new IllegalStateException(name + " is missing");
    }
    return map;
  }

  // ------------------------------------------------------------------ filling

  private static boolean isExact(IpPrefix prefix) {
    return prefix.bits() == prefix.address().width();
  }

  private Generation fill(AddressLists lists) {
    Map<Integer, Collection<IpPrefix>> byClass = new LinkedHashMap<>();
    byClass.put(MANAGEMENT, lists.management());
    byClass.put(BOGON, lists.bogons());
    byClass.put(OWN, lists.own());
    byClass.put(ALLOWED, lists.allowed());
    byClass.put(BLOCKED, lists.blocked());
    byClass.put(BANNED, banned);
    List<Entry> entries = networks(byClass);
    byte[] overview = overview(entries);
    int most = byClass.values().stream().mapToInt(Collection::size).sum();
    ExactTable exact = new ExactTable(map("exact"), most, seed);
    List<Entry> withoutRoom = new ArrayList<>();
    byClass.forEach((type, prefixes) -> {
      for (IpPrefix prefix : prefixes) {
        if (isExact(prefix)) {
          int block = block(prefix);
          boolean alone = (overview[block] & PREFIX_INSIDE) == 0;
          int around = alone ? overview[block] & CLASSES : classesAround(entries, prefix);
          if (exact.add(prefix.address(), type | around)) {
            overview[block] |= (byte) EXACT_INSIDE;
          } else {
            withoutRoom.add(new Entry(prefix, type | around, null));
          }
        }
      }
    });
    for (Entry entry : merged(withoutRoom)) {
      overview[block(entry.prefix())] |= (byte) PREFIX_INSIDE;
      entries.add(entry);
    }
    return new Generation(
        new Overview(map("overview"), overview),
        exact,
        trie("prefixes_ipv4", entries.stream().filter(Entry::isIpv4).toList()),
        trie("prefixes_ipv6", entries.stream().filter(entry -> !entry.isIpv4()).toList()));
  }

  private BpfMap trie(String name, List<Entry> entries) {
    BpfMap trie = map(name).createInner(entries.size() + SPARE);
    for (int from = 0; from < entries.size(); from += BATCH) {
      List<Entry> batch = entries.subList(from, Math.min(from + BATCH, entries.size()));
      ByteBuffer keys = ByteBuffer.allocate(batch.size() * trie.definition().keySize());
      batch.forEach(entry -> keys.put(key(entry.prefix(), entry.prefix().bits())));
      int[] values = batch.stream().mapToInt(Entry::classes).toArray();
      trie.putAll(keys.array(), BpfMap.littleEndian(values));
    }
    return trie;
  }

  /** In order, and one of each. */
  private static List<Entry> merged(List<Entry> entries) {
    entries.sort(Comparator.naturalOrder());
    List<Entry> merged = new ArrayList<>(entries.size());
    for (Entry entry : entries) {
      if (!merged.isEmpty() && merged.getLast().prefix().equals(entry.prefix())) {
        int classes = merged.removeLast().classes() | entry.classes();
        merged.add(new Entry(entry.prefix(), classes, null));
      } else {
        merged.add(entry);
      }
    }
    return merged;
  }

  /**
   * All networks but single addresses, in order. A network comes right before what lies inside it,
   * so those around the next one are a stack.
   */
  private static List<Entry> networks(Map<Integer, Collection<IpPrefix>> byClass) {
    List<Entry> all = new ArrayList<>();
    byClass.forEach((type, prefixes) ->
        prefixes.stream()
            .filter(prefix -> !isExact(prefix))
            .forEach(prefix -> all.add(new Entry(prefix, type, null))));
    List<Entry> networks = new ArrayList<>(all.size());
    Deque<Entry> around = new ArrayDeque<>();
    for (Entry each : merged(all)) {
      while (!around.isEmpty() && !around.peek().prefix().contains(each.prefix().address())) {
        around.pop();
      }
      Entry wider = around.peek();
      int classes = each.classes() | (wider == null ? 0 : wider.classes());
      around.push(new Entry(each.prefix(), classes, wider));
      networks.add(around.peek());
    }
    return networks;
  }

  /**
   * The network right before an address in order is around it, or next to it within one that is.
   */
  private static int classesAround(List<Entry> networks, IpPrefix address) {
    int at = Collections.binarySearch(networks, new Entry(address, 0, null));
    Entry network = at < -1 ? networks.get(-at - 2) : null;
    while (network != null && !network.prefix().contains(address.address())) {
      network = network.around();
    }
    return network == null ? 0 : network.classes();
  }

  /**
   * For each first 16 bits the classes of the networks there that are no longer, and whether longer
   * ones lie within. What is wider comes first in {@code networks}, and is overwritten.
   */
  private static byte[] overview(List<Entry> networks) {
    byte[] overview = new byte[2 * OVERVIEW];
    for (Entry network : networks) {
      int bits = network.prefix().bits();
      if (bits > OVERVIEW_BITS) {
        overview[block(network.prefix())] |= (byte) PREFIX_INSIDE;
      } else {
        int first = firstBits(network.prefix());
        for (int block = first; block < first + (1 << OVERVIEW_BITS - bits); block++) {
          int inside = overview[swapped(block)] & PREFIX_INSIDE;
          overview[swapped(block)] = (byte) (inside | network.classes());
        }
      }
    }
    return overview;
  }

  private static int block(IpPrefix prefix) {
    return swapped(firstBits(prefix));
  }

  /** The first 16 bits of a network, as a number; those of IPv6 after those of IPv4. */
  private static int firstBits(IpPrefix prefix) {
    IpAddress address = prefix.address();
    return address.isIpv4()
        ? (int) (address.low() >>> 16) & OVERVIEW - 1
        : OVERVIEW + (int) (address.high() >>> 48);
  }

  /** Where the programs look for it: they read both octets the other way round. */
  private static int swapped(int block) {
    return block & OVERVIEW | (block & 0xff) << 8 | block >>> 8 & 0xff;
  }

  // ------------------------------------------------------------------ bans

  /**
   * Bans addresses and networks on top of the lists. What is listed itself within such a network
   * stays as it is listed.
   *
   * @param prefixes longer than 16 bits each
   */
  void ban(Collection<IpPrefix> prefixes) {
    for (IpPrefix prefix : prefixes) {
      if (prefix.bits() <= OVERVIEW_BITS) {
        throw new IllegalArgumentException(prefix + " (expected: longer than 16 bits)");
      }
      if (banned.add(prefix)) {
        put(prefix, classesOf(prefix) | BANNED);
      }
    }
  }

  /** Takes that back; what is not banned is left alone. */
  void unban(Collection<IpPrefix> prefixes) {
    for (IpPrefix prefix : prefixes) {
      if (banned.remove(prefix)) {
        int around = classesAround(prefix);
        int classes = classesOf(prefix) & ~BANNED | around & BANNED;
        put(prefix, classes == around ? 0 : classes);
      }
    }
  }

  private void put(IpPrefix prefix, int classes) {
    boolean inTable = isExact(prefix) && current.exact().put(prefix.address(), classes);
    byte[] key = key(prefix, prefix.bits());
    if (classes == 0) {
      current.prefixesOf(prefix).remove(key);
    } else if (!inTable) {
      current.prefixesOf(prefix).put(key, BpfMap.key(classes));
    }
    current.overview().add(block(prefix), inTable ? EXACT_INSIDE : PREFIX_INSIDE);
  }

  /** The classes of one address or network, as a program would find them. */
  private int classesOf(IpPrefix prefix) {
    int exact = isExact(prefix) ? current.exact().classesOf(prefix.address()) : 0;
    return exact != 0 ? exact : classesAt(prefix, prefix.bits());
  }

  private int classesAround(IpPrefix prefix) {
    return classesAt(prefix, prefix.bits() - 1);
  }

  private int classesAt(IpPrefix prefix, int bits) {
    byte[] found = current.prefixesOf(prefix).get(key(prefix, bits));
    return found == null ? 0 : toInt(found);
  }

  private static int toInt(byte[] value) {
    return ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getInt();
  }

  private static byte[] key(IpPrefix prefix, int bits) {
    byte[] address = prefix.address().toBytes();
    byte[] key = new byte[4 + address.length];
    ByteBuffer.wrap(key).order(ByteOrder.LITTLE_ENDIAN).putInt(bits).put(address);
    return key;
  }

  @Override
  public void close() {
    current.close();
  }
}
