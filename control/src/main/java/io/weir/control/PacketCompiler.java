package io.weir.control;

import io.weir.config.Config;
import io.weir.config.Listener;
import io.weir.config.PacketPlaneSection;
import io.weir.config.PacketPlaneSection.Handling;
import io.weir.config.PacketPlaneSection.NetworkList;
import io.weir.config.PacketPlaneSection.Treatment;
import io.weir.config.ProxyProtocolRule;
import io.weir.config.SynFloodProtection;
import io.weir.control.Live.LivePool;
import io.weir.control.packet.BalancedService;
import io.weir.control.packet.DefaultRoutes;
import io.weir.control.packet.PacketSnapshot;
import io.weir.net.IpAddress;
import io.weir.net.IpPrefix;
import io.weir.net.IpPrefixSet;
import io.weir.packet.AddressLists;
import io.weir.packet.Attachment.Mode;
import io.weir.packet.Balancing;
import io.weir.packet.PacketPlane;
import io.weir.packet.PacketPolicy;
import io.weir.packet.PacketPolicy.ReversePath;
import io.weir.packet.PlaneSettings;
import io.weir.packet.Rate;
import io.weir.packet.Reflectors;
import io.weir.packet.SynLimits;
import io.weir.packet.VirtualService;
import io.weir.packet.VirtualService.Method;
import io.weir.packet.VirtualService.Protocol;
import io.weir.packet.VirtualService.State;
import io.weir.proxy.upstream.BackendSettings;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Compiles what a configuration wants of the packet plane, and complains of what surely cannot be
 * had on this machine.
 */
final class PacketCompiler {
  private static final String PLANE = "packet_plane";
  private static final String SYN = "syn_flood_protection";

  /** The largest share of flows. */
  private static final int MAX_WEIGHT = 100;

  private final Config config;
  private final Complaints complaints;
  private final SourceFiles files;
  private final Map<String, LivePool> pools;
  private final Optional<SynFloodProtection> syn;
  private final Optional<PacketPlaneSection> section;

  PacketCompiler(
      Config config, Complaints complaints, SourceFiles files, Map<String, LivePool> pools) {
    this.config = config;
    this.complaints = complaints;
    this.files = files;
    this.pools = pools;
    this.syn = config.hostSynFloodProtection();
    this.section = config.activePacketPlane();
  }

  /** Null where nothing is wanted, or there is a complaint. */
  @Nullable PacketSnapshot compile() {
    if (syn.isEmpty() && section.isEmpty()) {
      return null;
    }
    String at = section.isPresent() ? PLANE : SYN;
    List<String> interfaces = interfaces();
    if (interfaces.isEmpty()) {
      complaints.add(
          at,
          "no default route tells which interfaces lead to the clients (expected: packet_plane.interfaces)");
      return null;
    }
    AddressLists lists = section.map(this::lists).orElse(AddressLists.EMPTY);
    List<BalancedService> services = section.map(this::services).orElse(List.of());
    Balancing tunnels = section.map(PacketCompiler::tunnels).orElse(Balancing.NONE);
    PlaneSettings settings =
        new PlaneSettings(
            interfaces,
            policy(),
            lists,
            modes(),
            syn.map(SynFloodProtection::synCookies).orElse(false),
            syn.map(SynFloodProtection::maxSynBacklog).orElse(0),
            Balancing.NONE,
            section.map(PacketPlaneSection::persist).orElse(false));
    complainOfObstacles(at, settings.with(balancing(services)));
    section.ifPresent(plane -> complainOfLostBackends(settings));
    return new PacketSnapshot(
        settings,
        section,
        section.flatMap(PacketPlaneSection::confirmWithin),
        services,
        tunnels,
        section.map(PacketPlaneSection::bans).orElse(false),
        neverBanned());
  }

  private List<String> interfaces() {
    List<String> named = section.map(PacketPlaneSection::interfaces).orElse(List.of());
    return named.isEmpty() ? DefaultRoutes.interfaces() : named;
  }

  private Set<Mode> modes() {
    Set<Mode> modes = EnumSet.noneOf(Mode.class);
    section
        .map(PacketPlaneSection::modes)
        .orElse(List.of(PacketPlaneSection.Mode.values()))
        .forEach(mode -> modes.add(Mode.valueOf(mode.name())));
    if (syn.isPresent() && !syn.get().xdpValidation()) {
      modes.removeAll(Set.of(Mode.NATIVE, Mode.GENERIC));
    }
    if (section.isPresent() && !section.get().required()) {
      modes.add(Mode.NONE);
    }
    return modes;
  }

  private static Balancing balancing(List<BalancedService> services) {
    return new Balancing(
        services.stream().map(BalancedService::virtual).toList(),
        Balancing.NONE.tunnelIpv4(),
        Balancing.NONE.tunnelIpv6());
  }

  // ------------------------------------------------------------------ policy

  private PacketPolicy policy() {
    PacketPolicy filters =
        section.map(PacketCompiler::filters).orElse(PacketPolicy.MINIMAL.sampled(1024));
    return filters.withSyn(syn.map(PacketCompiler::limits).orElse(SynLimits.NONE));
  }

  private static PacketPolicy filters(PacketPlaneSection plane) {
    return new PacketPolicy(
        ReversePath.valueOf(plane.reversePath().name()),
        plane.fragments() == Handling.REFUSE,
        plane.ipOptions() == Handling.REFUSE,
        reflectors(plane.reflectors()),
        Rate.perSecond(plane.dnsAnswersPerSecond()),
        Rate.perSecond(plane.icmpPerSecond()),
        SynLimits.NONE,
        plane.sampleEvery());
  }

  private static Reflectors reflectors(PacketPlaneSection.Reflectors wanted) {
    Map<Integer, Reflectors.Row> rows = new LinkedHashMap<>();
    if (wanted.known()) {
      Reflectors.KNOWN.rows().forEach(row -> rows.put(row.port(), row));
    }
    for (PacketPlaneSection.Reflector each : wanted.ports()) {
      rows.remove(each.port());
      if (each.treatment() != Treatment.PASS) {
        Reflectors.Treatment treatment = Reflectors.Treatment.valueOf(each.treatment().name());
        rows.put(each.port(), new Reflectors.Row(each.port(), "configured", treatment));
      }
    }
    return new Reflectors(List.copyOf(rows.values()));
  }

  private static SynLimits limits(SynFloodProtection syn) {
    int attack = syn.attackSynRate();
    return new SynLimits(
        Rate.perSecond(syn.synRateLimitPerIp()),
        Rate.perSecond(syn.synRateLimitGlobal()),
        syn.synProxy() ? new Rate(attack, Math.max(1, attack / 2)) : Rate.UNLIMITED,
        syn.attackHold());
  }

  // ------------------------------------------------------------------ lists

  private AddressLists lists(PacketPlaneSection plane) {
    return new AddressLists(
        plane.management(),
        plane.bogons() == Handling.REFUSE ? AddressLists.BOGONS : List.of(),
        plane.ownNetworks(),
        networks(plane.allow(), PLANE + ".allow"),
        networks(plane.block(), PLANE + ".block"));
  }

  private List<IpPrefix> networks(NetworkList list, String path) {
    if (list.files().isEmpty()) {
      return list.networks();
    }
    List<IpPrefix> all = new ArrayList<>(list.networks());
    for (int i = 0; i < list.files().size(); i++) {
      String name = list.files().get(i);
      List<IpPrefix> found =
          complaints.attempt(path + ".files[" + i + "]", () -> files.networks(name));
      all.addAll(found == null ? List.of() : found);
    }
    return all;
  }

  /**
   * A ban holds for the whole host, unlike the block of a listener: so whoever brings other
   * clients, or is exempt, on one of the listeners is not banned for what it does on another, and
   * neither are backends, whose answers would be lost.
   */
  private List<IpPrefix> neverBanned() {
    List<IpPrefix> networks = new ArrayList<>();
    for (Listener listener : config.listeners()) {
      networks.addAll(listener.trustedProxies());
      networks.addAll(listener.slowlorisProtection().exemptNetworks());
      listener.proxyProtocol().stream()
          .filter(rule -> rule.mode() != ProxyProtocolRule.Mode.REFUSED)
          .forEach(rule -> networks.addAll(rule.networks()));
    }
    pools.values().stream()
        .flatMap(pool -> pool.backends().stream())
        .map(backend -> IpAddress.of(backend.address().getAddress()))
        .forEach(address -> networks.add(new IpPrefix(address, address.width())));
    return networks.stream().distinct().toList();
  }

  // ------------------------------------------------------------------ services

  private static Balancing tunnels(PacketPlaneSection plane) {
    return new Balancing(
        List.of(),
        source(plane, true).orElse(Balancing.NONE.tunnelIpv4()),
        source(plane, false).orElse(Balancing.NONE.tunnelIpv6()));
  }

  private static Optional<IpAddress> source(PacketPlaneSection plane, boolean ipv4) {
    return plane.tunnelSources().stream().filter(address -> address.isIpv4() == ipv4).findFirst();
  }

  private List<BalancedService> services(PacketPlaneSection plane) {
    List<BalancedService> services = new ArrayList<>();
    for (int i = 0; i < plane.virtualServices().size(); i++) {
      PacketPlaneSection.VirtualService wanted = plane.virtualServices().get(i);
      String path = PLANE + ".virtual_services[" + i + "]";
      LivePool pool = pools.get(wanted.pool());
      if (pool == null) {
        continue; // which was complained of where the pool stands
      }
      List<VirtualService.Backend> backends =
          complaints.attempt(path + ".pool", () -> backends(wanted, pool));
      if (backends != null) {
        complainOfTunnels(plane, wanted, backends);
        for (io.weir.config.ListenAddress at : wanted.addresses()) {
          VirtualService virtual =
              complaints.attempt(path + ".pool", () -> virtual(wanted, at, backends));
          if (virtual != null) {
            services.add(new BalancedService(wanted.name(), virtual, pool.pool()));
          }
        }
      }
    }
    return services;
  }

  private static VirtualService virtual(
      PacketPlaneSection.VirtualService wanted,
      io.weir.config.ListenAddress at,
      List<VirtualService.Backend> backends) {
    Protocol protocol = Protocol.valueOf(wanted.protocol().name());
    return new VirtualService(at.address(), at.port(), protocol, wanted.quic(), backends);
  }

  private List<VirtualService.Backend> backends(
      PacketPlaneSection.VirtualService wanted, LivePool pool) {
    return pool.backends().stream()
        .map(backend ->
            new VirtualService.Backend(
                IpAddress.of(backend.address().getAddress()),
                Method.valueOf(wanted.method().name()),
                Math.clamp(backend.weight(), 1, MAX_WEIGHT),
                backend.drain() || backend.weight() == 0 ? State.DRAINING : State.UP,
                quicServer(wanted.pool(), backend)))
        .toList();
  }

  /** A host name stands for several backends, each called by it and its address. */
  private int quicServer(String pool, BackendSettings backend) {
    return config.pools().stream()
        .filter(each -> each.name().equals(pool))
        .flatMap(each -> each.backends().stream())
        .filter(
            each -> backend.name().equals(each.id()) || backend.name().startsWith(each.id() + "/"))
        .flatMap(each -> each.quicServerId().stream())
        .findFirst()
        .orElse(-1);
  }

  private void complainOfTunnels(
      PacketPlaneSection plane,
      PacketPlaneSection.VirtualService service,
      List<VirtualService.Backend> backends) {
    if (service.method() == PacketPlaneSection.Method.LAYER_2) {
      return;
    }
    for (VirtualService.Backend backend : backends) {
      if (source(plane, backend.address().isIpv4()).isEmpty()) {
        complaints.add(
            PLANE + ".tunnel_sources",
            "no %s address (expected: one, for virtual service %s)"
                .formatted(backend.address().isIpv4() ? "IPv4" : "IPv6", service.name()));
      }
    }
  }

  // ------------------------------------------------------------------ this machine

  private void complainOfObstacles(String at, PlaneSettings settings) {
    List<String> obstacles = PacketPlane.obstacles(settings);
    if (!obstacles.isEmpty() && !settings.modes().contains(Mode.NONE)) {
      complaints.add(
          at,
          "cannot work here: " + String.join("; ", obstacles),
          "AmbientCapabilities=CAP_BPF CAP_NET_ADMIN CAP_PERFMON in the unit, and weir check as that"
              + " service does; or packet_plane.required: false");
    }
  }

  /** Who refuses a network in which a backend is hears nothing of that backend any more. */
  private void complainOfLostBackends(PlaneSettings settings) {
    IpPrefixSet exempt = IpPrefixSet.of(settings.lists().management());
    Map<String, IpPrefixSet> refusing = new LinkedHashMap<>();
    refusing.put("bogons", IpPrefixSet.of(settings.lists().bogons()));
    refusing.put("own_networks", IpPrefixSet.of(settings.lists().own()));
    refusing.put("block", IpPrefixSet.of(settings.lists().blocked()));
    List<BackendSettings> backends =
        pools.values().stream().flatMap(pool -> pool.backends().stream()).toList();
    refusing.forEach((key, networks) ->
        lost(backends.stream(), networks, exempt)
            .filter(backend -> settings.interfaces().contains(interfaceTo(backend.address())))
            .findFirst()
            .ifPresent(backend ->
                complaints.add(
                    PLANE + "." + key,
                    "refuses backend %s, whose answers come by %s"
                        .formatted(backend.name(), interfaceTo(backend.address())),
                    "name its network in management, or guard another interface"
                        + (key.equals("bogons") ? ", or bogons: pass" : ""))));
  }

  private static Stream<BackendSettings> lost(
      Stream<BackendSettings> backends, IpPrefixSet networks, IpPrefixSet exempt) {
    return backends.filter(backend -> {
      IpAddress address = IpAddress.of(backend.address().getAddress());
      return networks.contains(address) && !exempt.contains(address);
    });
  }

  /** Asks the kernel's routes: a datagram socket that is connected has sent nothing. */
  private static String interfaceTo(InetSocketAddress address) {
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.connect(address);
      NetworkInterface found = NetworkInterface.getByInetAddress(socket.getLocalAddress());
      return found == null ? "" : found.getName();
    } catch (IOException | RuntimeException unreachable) {
      return "";
    }
  }
}
