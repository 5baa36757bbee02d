package io.weir.config;

import io.weir.config.PacketPlaneSection.Protocol;
import io.weir.config.PacketPlaneSection.Reflector;
import io.weir.config.PacketPlaneSection.VirtualService;
import io.weir.net.IpAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Checks the packet plane and the protection against SYN floods, which it carries out. */
final class PacketPlaneCheck {
  private static final String PLANE = "packet_plane";
  private static final String SYN = "syn_flood_protection";

  /** As many as the programs have room for. */
  private static final int MAX_SERVICE_ADDRESSES = 256;

  private final Config config;
  private final Problems problems;
  private final ConfigCheck names;

  PacketPlaneCheck(Config config, Problems problems, ConfigCheck names) {
    this.config = config;
    this.problems = problems;
    this.names = names;
  }

  void check() {
    checkSyn();
    config.activePacketPlane().ifPresent(this::check);
  }

  // ------------------------------------------------------------------ syn_flood_protection

  private void checkSyn() {
    config.synFloodProtection().ifPresent(syn -> checkSyn(syn, SYN));
    Place first =
        config.synFloodProtection().map(syn -> new Place(syn, "the top level")).orElse(null);
    for (int i = 0; i < config.listeners().size(); i++) {
      String path = "listeners[" + i + "]." + SYN;
      SynFloodProtection syn = config.listeners().get(i).synFloodProtection().orElse(null);
      if (syn == null || !problems.written(path)) {
        continue;
      }
      if (first == null) {
        checkSyn(syn, path);
        first = new Place(syn, "listener " + config.listeners().get(i).name());
      } else if (!first.syn.equals(syn) && !problems.doubtfulWithin(path)) {
        problems.add(
            path,
            "says another thing than " + first.words + " (expected: the same)",
            "SYNs are counted for the whole host; say it once, at the top level");
      }
    }
  }

  private record Place(SynFloodProtection syn, String words) {}

  private void checkSyn(SynFloodProtection syn, String path) {
    if (!syn.enabled() || !syn.synProxy()) {
      return;
    }
    if (!syn.synCookies()) {
      problems.add(
          path + ".syn_cookies", "false, but syn_proxy works by cookies", "syn_proxy: false");
    }
    if (!syn.xdpValidation()) {
      problems.add(path + ".xdp_validation", "false, but syn_proxy needs XDP", "syn_proxy: false");
    }
  }

  // ------------------------------------------------------------------ packet_plane

  private void check(PacketPlaneSection plane) {
    if (!problems.written(PLANE + ".management")) {
      problems.add(
          PLANE + ".management",
          "missing (expected: the networks you administer this host from)",
          "nothing locks those out; management: [] if there are none");
    }
    checkModes(plane);
    int every = plane.sampleEvery();
    if (every == 1 || Integer.bitCount(every) > 1) {
      problems.add(
          PLANE + ".sample_every",
          every + " (expected: 0, or a power of two from 2)",
          "write " + Math.max(2, Integer.highestOneBit(every)));
    }
    checkReflectors(plane.reflectors().ports());
    checkSources(plane.tunnelSources());
    checkServices(plane);
  }

  private void checkModes(PacketPlaneSection plane) {
    boolean xdpOff = config.hostSynFloodProtection().filter(s -> !s.xdpValidation()).isPresent();
    if (problems.doubtfulWithin(PLANE + ".modes")) {
      return;
    }
    if (plane.modes().isEmpty()) {
      problems.add(PLANE + ".modes", "none (expected: at least one)");
    } else if (xdpOff && !plane.modes().contains(PacketPlaneSection.Mode.NFTABLES)) {
      problems.add(
          PLANE + ".modes", "none is left with syn_flood_protection.xdp_validation: false");
    }
    if (!plane.virtualServices().isEmpty() && (xdpOff || !plane.mayUseXdp())) {
      problems.add(
          PLANE + ".virtual_services",
          "need XDP, which is switched off",
          xdpOff ? "xdp_validation: true" : "modes: [native, generic]");
    }
  }

  private void checkReflectors(List<Reflector> ports) {
    Map<Integer, Integer> seen = new HashMap<>();
    for (int i = 0; i < ports.size(); i++) {
      Integer first = seen.putIfAbsent(ports.get(i).port(), i);
      if (first != null && ports.get(i).port() != 0) {
        String list = PLANE + ".reflectors.ports[";
        problems.add(
            list + i + "].port",
            ports.get(i).port()
                + " is there already, on line "
                + problems.lineOf(list + first + "]"));
      }
    }
  }

  private void checkSources(List<IpAddress> sources) {
    if (sources.stream().filter(IpAddress::isIpv4).count() > 1
        || sources.stream().filter(source -> !source.isIpv4()).count() > 1) {
      problems.add(
          PLANE + ".tunnel_sources", "several of one family (expected: one IPv4 and one IPv6)");
    }
  }

  private void checkServices(PacketPlaneSection plane) {
    List<VirtualService> services = plane.virtualServices();
    String list = PLANE + ".virtual_services";
    names.unique(list, services.stream().map(VirtualService::name).toList());
    Map<Object, String> seen = new HashMap<>();
    for (int i = 0; i < services.size(); i++) {
      check(services.get(i), list + "[" + i + "]", seen);
    }
    if (seen.size() > MAX_SERVICE_ADDRESSES) {
      problems.add(
          list, seen.size() + " addresses (expected: at most " + MAX_SERVICE_ADDRESSES + ")");
    }
  }

  private void check(VirtualService service, String path, Map<Object, String> seen) {
    record Frontend(ListenAddress address, Protocol protocol) {}
    names.reference(path + ".pool", service.pool(), "pool", names.pools());
    if (service.quic() && service.protocol() != Protocol.UDP) {
      problems.add(path + ".quic", "true, but QUIC runs over UDP", "protocol: udp");
    }
    if (service.addresses().isEmpty() && !problems.doubtfulWithin(path + ".address")) {
      problems.add(path + ".addresses", "none (expected: at least one)");
    }
    for (int i = 0; i < service.addresses().size(); i++) {
      ListenAddress address = service.addresses().get(i);
      String at =
          problems.written(path + ".address") ? path + ".address" : path + ".addresses[" + i + "]";
      if (problems.doubtful(at)) {
        continue;
      }
      if (address.port() == 0 || isAny(address.address())) {
        problems.add(at, address + " (expected: one address and a port of 1 to 65535)");
      }
      String other = seen.putIfAbsent(new Frontend(address, service.protocol()), at);
      if (other != null) {
        problems.add(at, address + " is there already, on line " + problems.lineOf(other));
      }
    }
  }

  private static boolean isAny(IpAddress address) {
    return address.equals(address.prefix(0));
  }
}
