package io.weir.packet;

import io.weir.net.IpPrefix;
import io.weir.packet.bpf.BpfMap;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/**
 * The lists as the kernel holds them; see {@code lists.h} for their shape.
 *
 * <p>A whole new set is filled beside the one in force and takes over with one word. A single
 * address is changed in place: its classes are those of the networks around it, which the kernel's
 * own trie tells, plus its own. Confined to one thread at a time.
 */
final class ListMaps implements AutoCloseable {

  static final int MANAGEMENT = 1;
  static final int ALLOWED = 2;
  static final int BLOCKED = 4;
  static final int BOGON = 8;
  static final int OWN = 16;

  private static final int EXACT_INSIDE = 1 << 8;
  private static final int PREFIX_INSIDE = 1 << 9;
  private static final int OVERVIEW_BITS = 16;
  private static final int OVERVIEW = 1 << OVERVIEW_BITS;

  private static final int SPARE_EXACT = 1 << 16;
  private static final int SPARE_PREFIXES = 1 << 12;
  private static final int BATCH = 1 << 16;

  private record Entry(IpPrefix prefix, int classes) {

    boolean isExact() {
      return prefix.bits() == prefix.address().width();
    }
  }

  /** The maps of one generation. */
  private record Generation(
      BpfMap overview,
      BpfMap exactIpv4,
      BpfMap exactIpv6,
      BpfMap prefixesIpv4,
      BpfMap prefixesIpv6) {

    BpfMap of(IpPrefix prefix) {
      boolean exact = prefix.bits() == prefix.address().width();
      return prefix.address().isIpv4()
          ? exact ? exactIpv4 : prefixesIpv4
          : exact ? exactIpv6 : prefixesIpv6;
    }

    BpfMap prefixesOf(IpPrefix prefix) {
      return prefix.address().isIpv4() ? prefixesIpv4 : prefixesIpv6;
    }

    List<BpfMap> byPrefix() {
      return List.of(exactIpv4, exactIpv6, prefixesIpv4, prefixesIpv6);
    }

    void close() {
      overview.close();
      byPrefix().forEach(BpfMap::close);
    }
  }

  private final Map<String, BpfMap> maps;
  private Generation current;
  private int number;

  /** Fills the maps, which must be {@code lists.h}'s and new, with {@code lists}. */
  ListMaps(Map<String, BpfMap> maps, AddressLists lists) {
    this.maps = maps;
    current = publish(lists);
  }

  /** Puts other lists in force, all at once. */
  void replace(AddressLists lists) {
    Generation old = current;
    current = publish(lists);
    old.close();
  }

  private Generation publish(AddressLists lists) {
    Generation next = fill(compile(lists));
    number++;
    int slot = number & 1;
    map("overview").putMap(slot, next.overview());
    map("exact_ipv4").putMap(slot, next.exactIpv4());
    map("exact_ipv6").putMap(slot, next.exactIpv6());
    map("prefixes_ipv4").putMap(slot, next.prefixesIpv4());
    map("prefixes_ipv6").putMap(slot, next.prefixesIpv6());
    map("list_generation").put(BpfMap.key(0), BpfMap.key(number));
    return next;
  }

  private BpfMap map(String name) {
    BpfMap map = maps.get(name);
    if (map == null) {
      throw new IllegalStateException(name + " is missing");
    }
    return map;
  }

  private Generation fill(List<Entry> entries) {
    long ipv4 =
        entries.stream()
            .filter(entry -> entry.isExact() && entry.prefix().address().isIpv4())
            .count();
    long ipv6 =
        entries.stream()
            .filter(entry -> entry.isExact() && !entry.prefix().address().isIpv4())
            .count();
    int prefixes = (int) (entries.size() - ipv4 - ipv6);
    Generation next =
        new Generation(
            map("overview").createInner(2 * OVERVIEW),
            map("exact_ipv4").createInner((int) (2 * ipv4) + SPARE_EXACT),
            map("exact_ipv6").createInner((int) (2 * ipv6) + SPARE_EXACT),
            map("prefixes_ipv4").createInner(prefixes + SPARE_PREFIXES),
            map("prefixes_ipv6").createInner(prefixes + SPARE_PREFIXES));
    next.overview().putAll(indexes(), littleEndian(overview(entries)));
    for (BpfMap map : next.byPrefix()) {
      putAll(map, entries.stream().filter(entry -> next.of(entry.prefix()) == map).toList());
    }
    return next;
  }

  /**
   * For each first 16 bits the classes of the networks there that are no longer, and whether longer
   * ones lie within. What is wider comes first in {@code entries}, and is overwritten.
   */
  private static int[] overview(List<Entry> entries) {
    int[] overview = new int[2 * OVERVIEW];
    for (Entry entry : entries) {
      int bits = entry.prefix().bits();
      int first = blockOf(entry.prefix());
      if (bits > OVERVIEW_BITS) {
        overview[swapped(first)] |= entry.isExact() ? EXACT_INSIDE : PREFIX_INSIDE;
      } else {
        for (int block = first; block < first + (1 << OVERVIEW_BITS - bits); block++) {
          int inside = overview[swapped(block)] & (EXACT_INSIDE | PREFIX_INSIDE);
          overview[swapped(block)] = inside | entry.classes();
        }
      }
    }
    return overview;
  }

  /** The first 16 bits of a network, as a number; those of IPv6 after those of IPv4. */
  private static int blockOf(IpPrefix prefix) {
    byte[] address = prefix.address().toBytes();
    int block = Byte.toUnsignedInt(address[0]) << 8 | Byte.toUnsignedInt(address[1]);
    return prefix.address().isIpv4() ? block : OVERVIEW + block;
  }

  /** Where the programs look for it: they read both octets the other way round. */
  private static int swapped(int block) {
    return block & OVERVIEW | (block & 0xff) << 8 | block >>> 8 & 0xff;
  }

  private static byte[] indexes() {
    int[] indexes = new int[2 * OVERVIEW];
    Arrays.setAll(indexes, index -> index);
    return littleEndian(indexes);
  }

  private static byte[] littleEndian(int[] numbers) {
    ByteBuffer octets = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
    octets.asIntBuffer().put(numbers);
    return octets.array();
  }

  private static void putAll(BpfMap map, List<Entry> entries) {
    for (int from = 0; from < entries.size(); from += BATCH) {
      List<Entry> batch = entries.subList(from, Math.min(from + BATCH, entries.size()));
      byte[] keys = new byte[batch.size() * map.definition().keySize()];
      byte[] values = new byte[batch.size() * 4];
      ByteBuffer nextKey = ByteBuffer.wrap(keys);
      ByteBuffer nextValue = ByteBuffer.wrap(values).order(ByteOrder.LITTLE_ENDIAN);
      for (Entry entry : batch) {
        nextKey.put(key(entry.prefix()));
        nextValue.putInt(entry.classes());
      }
      map.putAll(keys, values);
    }
  }

  /**
   * In sorted order a network comes right before what lies inside it: those around the next one are
   * a stack.
   */
  private static List<Entry> compile(AddressLists lists) {
    List<Entry> sorted = new ArrayList<>();
    add(sorted, lists.management(), MANAGEMENT);
    add(sorted, lists.bogons(), BOGON);
    add(sorted, lists.own(), OWN);
    add(sorted, lists.allowed(), ALLOWED);
    add(sorted, lists.blocked(), BLOCKED);
    sorted.sort((a, b) -> a.prefix().compareTo(b.prefix()));
    List<Entry> compiled = new ArrayList<>(sorted.size());
    Deque<Entry> around = new ArrayDeque<>();
    for (int i = 0; i < sorted.size(); i++) {
      IpPrefix prefix = sorted.get(i).prefix();
      while (!around.isEmpty() && !around.peek().prefix().contains(prefix.address())) {
        around.pop();
      }
      int classes = sorted.get(i).classes() | (around.isEmpty() ? 0 : around.peek().classes());
      while (i + 1 < sorted.size() && sorted.get(i + 1).prefix().equals(prefix)) {
        classes |= sorted.get(++i).classes();
      }
      Entry entry = new Entry(prefix, classes);
      compiled.add(entry);
      if (!entry.isExact()) {
        around.push(entry);
      }
    }
    return compiled;
  }

  private static void add(List<Entry> entries, Collection<IpPrefix> prefixes, int of) {
    prefixes.forEach(prefix -> entries.add(new Entry(prefix, of)));
  }

  /**
   * Blocks single addresses on top of the lists in force; {@code addresses} are prefixes of full
   * length.
   */
  void block(Collection<IpPrefix> addresses) {
    addresses.forEach(this::announce);
    for (BpfMap map : List.of(current.exactIpv4(), current.exactIpv6())) {
      List<Entry> changed =
          addresses.stream()
              .filter(address -> current.of(address) == map)
              .map(address -> new Entry(address, classesOf(address) | BLOCKED))
              .toList();
      putAll(map, changed);
    }
  }

  /** Lets the programs look for single addresses there. */
  private void announce(IpPrefix address) {
    byte[] key = BpfMap.key(swapped(blockOf(address)));
    byte[] known = current.overview().get(key);
    int inside = known == null ? 0 : toInt(known);
    current.overview().put(key, BpfMap.key(inside | EXACT_INSIDE));
  }

  /** Takes back what {@link #block} did. */
  void unblock(Collection<IpPrefix> addresses) {
    for (IpPrefix address : addresses) {
      int around = classesAround(address);
      int classes = classesOf(address) & ~BLOCKED | around & BLOCKED;
      if (classes == around) {
        current.of(address).remove(key(address));
      } else {
        putAll(current.of(address), List.of(new Entry(address, classes)));
      }
    }
  }

  /** The classes of one address, as a program would find them. */
  int classesOf(IpPrefix address) {
    byte[] exact = current.of(address).get(key(address));
    return exact != null ? toInt(exact) : classesAround(address);
  }

  private int classesAround(IpPrefix address) {
    byte[] found = current.prefixesOf(address).get(prefixKey(address));
    return found == null ? 0 : toInt(found);
  }

  private static int toInt(byte[] value) {
    return ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getInt();
  }

  private static byte[] key(IpPrefix prefix) {
    return prefix.bits() == prefix.address().width()
        ? prefix.address().toBytes()
        : prefixKey(prefix);
  }

  private static byte[] prefixKey(IpPrefix prefix) {
    byte[] address = prefix.address().toBytes();
    byte[] key = new byte[4 + address.length];
    ByteBuffer.wrap(key).order(ByteOrder.LITTLE_ENDIAN).putInt(prefix.bits()).put(address);
    return key;
  }

  @Override
  public void close() {
    current.close();
  }
}
