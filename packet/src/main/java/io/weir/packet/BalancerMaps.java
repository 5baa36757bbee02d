package io.weir.packet;

import io.weir.net.IpAddress;
import io.weir.packet.VirtualService.Backend;
import io.weir.packet.VirtualService.Method;
import io.weir.packet.VirtualService.State;
import io.weir.packet.bpf.BpfMap;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The services and backends as the kernel holds them; see {@code forward.h}.
 *
 * <p>A backend keeps its slot as long as it is named, and a slot given to another gets a new
 * generation: connections of the one before never reach it. Confined to one thread at a time.
 */
final class BalancerMaps {

  private static final int MAX_BACKENDS = 4096;
  private static final int GUE_PORT = 6080;
  private static final long HASH_SEED =
      0x5745_4952; // the same on every balancer, so that all place alike

  /** A backend of a service: the same address behind two services is two. */
  private record Key(
      IpAddress service, int port, VirtualService.Protocol protocol, IpAddress backend) {

    static Key of(VirtualService service, Backend backend) {
      return new Key(service.address(), service.port(), service.protocol(), backend.address());
    }
  }

  private final Map<String, BpfMap> maps;
  private final Map<Key, Integer> identities = new HashMap<>();
  private final Set<VirtualService> published = new HashSet<>();
  private final int[] generations = new int[MAX_BACKENDS];
  private final Map<List<Byte>, Integer> serviceIndexes = new HashMap<>();

  BalancerMaps(Map<String, BpfMap> maps) {
    this.maps = maps;
  }

  private BpfMap map(String name) {
    BpfMap map = maps.get(name);
    if (map == null) {
      throw new IllegalStateException(name + " is missing");
    }
    return map;
  }

  /**
   * Puts these services in force. Flows of backends that are named as before stay where they are.
   */
  void replace(List<VirtualService> services) {
    Set<Key> named = new HashSet<>();
    Set<List<Byte>> served = new HashSet<>();
    services.forEach(
        service -> service.backends().forEach(backend -> named.add(Key.of(service, backend))));
    services.forEach(service -> served.add(boxed(serviceKey(service))));
    List.copyOf(identities.keySet()).stream()
        .filter(key -> !named.contains(key))
        .forEach(this::forget);
    List.copyOf(serviceIndexes.keySet()).stream()
        .filter(key -> !served.contains(key))
        .forEach(this::withdraw);
    if (!published.equals(Set.copyOf(services))) {
      map("quic_servers").keys().forEach(map("quic_servers")::remove);
      published.removeIf(service -> service.quic() || !services.contains(service));
    }
    services.stream().filter(service -> !published.contains(service)).forEach(this::publish);
    published.clear();
    published.addAll(services);
  }

  private void forget(Key key) {
    Integer identity = identities.remove(key);
    if (identity != null) {
      map("backends")
          .put(BpfMap.key(slotOf(identity)), new byte[map("backends").definition().valueSize()]);
    }
  }

  private void withdraw(List<Byte> key) {
    serviceIndexes.remove(key);
    byte[] bytes = new byte[key.size()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = key.get(i);
    }
    map("services").remove(bytes);
  }

  private void publish(VirtualService service) {
    byte[] key = serviceKey(service);
    int index = serviceIndexes.computeIfAbsent(boxed(key), _ -> freeService());
    List<Backend> up = new ArrayList<>();
    for (Backend backend : service.backends()) {
      int identity = identities.computeIfAbsent(Key.of(service, backend), _ -> freeIdentity());
      map("backends").put(BpfMap.key(slotOf(identity)), backendValue(backend, identity));
      if (backend.quicServer() >= 0) {
        map("quic_servers").put(words(index, backend.quicServer()), BpfMap.key(identity));
      }
      if (backend.state() == State.UP) {
        up.add(backend);
      }
    }
    putRing(
        index, up.stream().map(backend -> identities.get(Key.of(service, backend))).toList(), up);
    map("services").put(key, words(index, service.quic() ? 1 : 0));
  }

  private void putRing(int index, List<Integer> members, List<Backend> up) {
    int[] placed =
        Maglev.place(
            up.stream()
                .map(b -> new Maglev.Member(b.address().hash(HASH_SEED), b.weight()))
                .toList());
    byte[] keys = new byte[Maglev.SIZE * 4];
    byte[] values = new byte[Maglev.SIZE * 4];
    ByteBuffer nextKey = littleEndian(keys);
    ByteBuffer nextValue = littleEndian(values);
    for (int slot = 0; slot < Maglev.SIZE; slot++) {
      nextKey.putInt(slot);
      nextValue.putInt(placed[slot] < 0 ? 0 : members.get(placed[slot]));
    }
    try (BpfMap ring = map("rings").createInner(Maglev.SIZE)) { // the outer map keeps it
      ring.putAll(keys, values);
      map("rings").putMaps(index, List.of(ring));
    }
  }

  private int freeService() {
    for (int index = 0; index < Balancing.MAX_SERVICES; index++) {
      if (!serviceIndexes.containsValue(index)) {
        return index;
      }
    }
    throw new IllegalStateException("services: more than " + Balancing.MAX_SERVICES);
  }

  /** The slot in the low half, its generation above. */
  private int freeIdentity() {
    Set<Integer> taken = new HashSet<>();
    identities.values().forEach(identity -> taken.add(slotOf(identity)));
    for (int slot = 0; slot < MAX_BACKENDS; slot++) {
      if (!taken.contains(slot)) {
        generations[slot] = generations[slot] % 0xffff + 1;
        return generations[slot] << 16 | slot;
      }
    }
    throw new IllegalStateException("backends: more than " + MAX_BACKENDS);
  }

  private static int slotOf(int identity) {
    return identity & (MAX_BACKENDS - 1);
  }

  /** Packets sent to a backend since it was named. */
  long packets(VirtualService service, Backend backend) {
    Integer identity = identities.get(Key.of(service, backend));
    byte[] value = identity == null ? null : map("backends").get(BpfMap.key(slotOf(identity)));
    return value == null ? 0 : littleEndian(value).getLong(32);
  }

  private static byte[] backendValue(Backend backend, int identity) {
    byte[] value = new byte[40];
    byte[] address = backend.address().toBytes();
    littleEndian(value)
        .put(address)
        .putInt(16, identity)
        .put(20, (byte) (GUE_PORT >> 8))
        .put(21, (byte) GUE_PORT)
        .put(22, (byte) (backend.address().isIpv4() ? 0 : 1))
        .put(23, (byte) number(backend.method()))
        .putInt(24, backend.state() == State.DOWN ? 0 : 1);
    return value;
  }

  private static int number(Method method) {
    return switch (method) {
      case IP_IN_IP -> 0;
      case GUE -> 1;
      case LAYER_2 -> 2;
    };
  }

  private static byte[] serviceKey(VirtualService service) {
    byte[] key = new byte[20];
    ByteBuffer.wrap(key)
        .put(service.address().toBytes())
        .putShort(16, (short) service.port())
        .put(18, (byte) service.protocol().number)
        .put(19, (byte) (service.address().isIpv4() ? 0 : 1));
    return key;
  }

  private static List<Byte> boxed(byte[] bytes) {
    List<Byte> list = new ArrayList<>();
    for (byte b : bytes) {
      list.add(b);
    }
    return List.copyOf(list);
  }

  private static byte[] words(int first, int second) {
    byte[] bytes = new byte[8];
    littleEndian(bytes).putInt(first).putInt(second);
    return bytes;
  }

  private static ByteBuffer littleEndian(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
