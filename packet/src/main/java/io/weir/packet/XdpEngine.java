package io.weir.packet;

import io.weir.net.IpPrefix;
import io.weir.packet.Attachment.Mode;
import io.weir.packet.bpf.BpfException;
import io.weir.packet.bpf.BpfLink;
import io.weir.packet.bpf.BpfMap;
import io.weir.packet.bpf.BpfObject;
import io.weir.packet.bpf.BpfProgram;
import io.weir.packet.bpf.RingReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The policy as an XDP program. Maps live as long as this and hold all state; each policy is a
 * program of its own around them, so a new one takes over between two packets.
 */
final class XdpEngine implements Engine {

  private static final String OBJECT = "weir.bpf.o";
  private static final String PROGRAM = "xdp";

  /**
   * What goes on in the place of this one: all that needs no memory on this side. The sketches are
   * not among it, for they are placed by a secret of each engine's own, nor are connections, which
   * the Maglev table finds again.
   */
  private static final Set<String> LASTING_MAPS = Set.of("counters", "syn_state");

  /** Where {@code struct syn_state} says how long the attack lasts. */
  private static final int ATTACK_UNTIL = 16;

  private static final int ATTACK_SINCE = 24;

  private final Map<String, BpfMap> maps = new LinkedHashMap<>();
  private final Map<String, BpfLink> links = new LinkedHashMap<>();
  private final List<Attachment> attachments = new ArrayList<>();
  private final long seed = new SecureRandom().nextLong();
  private final CookieSettings cookies;
  private final ListMaps lists;
  private final KnownClients clients;
  private final RingReader samples;
  private PacketPolicy policy;
  private BpfProgram program;
  private final BalancerMaps balancer = new BalancerMaps(maps);
  private Balancing balancing = Balancing.NONE;
  private boolean explaining;
  private boolean scattering;

  /**
   * Makes maps and program; nothing is attached yet.
   *
   * @throws BpfException if the kernel refuses
   */
  XdpEngine(PacketPolicy policy, AddressLists lists, CookieSettings cookies) {
    this(policy, lists, cookies, Handover.NONE);
  }

  /**
   * The same in the place of another one, whose counters and signs of an attack go on.
   *
   * @param before stays the caller's
   */
  XdpEngine(PacketPolicy policy, AddressLists lists, CookieSettings cookies, Handover before) {
    this.policy = policy;
    this.cookies = cookies;
    try {
      object().maps().forEach((name, definition) -> maps.put(name, map(definition, before)));
      this.lists = new ListMaps(maps, lists, seed);
      this.clients = new KnownClients(map("known_clients"), seed);
      this.samples = new RingReader(map("samples"));
      this.program = load(policy);
    } catch (RuntimeException e) {
      maps.values().forEach(BpfMap::close);
      throw e;
    }
  }

  private static BpfMap map(BpfMap.Definition definition, Handover before) {
    Handover.Part part = before.find(Handover.MAP, definition.name());
    if (part != null) {
      int mine = BpfLink.duplicate(part.descriptor());
      BpfMap adopted = BpfMap.adopt(definition, mine);
      if (adopted != null) {
        return adopted;
      }
      BpfLink.close(mine); // of another version of the program
    }
    return BpfMap.create(definition);
  }

  private static BpfObject object() {
    try (InputStream in = XdpEngine.class.getResourceAsStream(OBJECT)) {
      if (in == null) {
        throw new IllegalStateException(OBJECT + " (expected: beside this class)");
      }
      return BpfObject.read(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private BpfProgram load(PacketPolicy policy) {
    SynLimits syn = policy.syn();
    return object()
        .set("reverse_path", policy.reversePath().ordinal())
        .set("refuse_fragments", policy.refuseFragments() ? 1 : 0)
        .set("refuse_ip_options", policy.refuseIpOptions() ? 1 : 0)
        .set("reflectors", policy.reflectors().byPort())
        .set("dns_cost", policy.dnsAnswers().cost())
        .set("dns_burst", policy.dnsAnswers().ahead())
        .set("icmp_cost", policy.icmp().cost())
        .set("icmp_burst", policy.icmp().ahead())
        .set("syn_source_cost", syn.perSource().cost())
        .set("syn_source_burst", syn.perSource().ahead())
        .set("syn_global_cost", syn.total().cost())
        .set("syn_global_burst", syn.total().ahead())
        .set("syn_attack_cost", syn.attack().cost())
        .set("syn_attack_burst", syn.attack().ahead())
        .set("syn_attack_hold", syn.hold().toNanos())
        .set("syn_batch", syn.batch())
        .set("cookie_mss_ipv4", cookies.mssIpv4())
        .set("cookie_mss_ipv6", cookies.mssIpv6())
        .set("cookie_window_scale", cookies.windowScale())
        .set("cookie_timestamps", cookies.timestamps() ? 1 : 0)
        .set("balance", balancing.services().isEmpty() ? 0 : 1)
        .set("tunnel_ipv4", balancing.tunnelIpv4().toBytes())
        .set("tunnel_ipv6", balancing.tunnelIpv6().toBytes())
        .set("sample_mask", Math.max(policy.sampleEvery() - 1, 0))
        .set("hash_seed", seed)
        .set("explain", explaining ? 1 : 0)
        .set("scatter", scattering ? 1 : 0)
        .load(PROGRAM, maps);
  }

  /** For tests: from here on the program returns the reason's number above the action. */
  void explain() {
    explaining = true;
    replace(policy);
  }

  /** For benchmarks: from here on every frame seems to come from another source. */
  void scatterSources() {
    scattering = true;
    replace(policy);
  }

  BpfMap map(String name) {
    BpfMap map = maps.get(name);
    if (map == null) {
      throw new IllegalArgumentException(name + " (expected: a map of the program)");
    }
    return map;
  }

  BpfProgram program() {
    return program;
  }

  /** Loads the program that does nothing. */
  BpfProgram loadEmpty() {
    return object().load("xdp.empty", maps);
  }

  /**
   * Guards an interface in the best of {@code modes} that works.
   *
   * @throws BpfException if none works
   */
  Attachment attach(NetworkInterface at, Set<Mode> modes) {
    return attach(at, modes, Handover.NONE);
  }

  /**
   * The same by the link of the engine before where it has one that may be used: each packet meets
   * its program or this one's.
   */
  Attachment attach(NetworkInterface at, Set<Mode> modes, Handover before) {
    Handover.Part link = before.find(Handover.LINK, at.getName());
    if (link != null) {
      Attachment adopted = adopt(at, link, modes);
      if (adopted != null) {
        return adopted;
      }
      // An interface has room for one.
      BpfLink.adopt(BpfLink.duplicate(link.descriptor())).detachAndClose();
    }
    String why = "not among the modes to try";
    if (modes.contains(Mode.NATIVE)) {
      try {
        return attached(at, BpfLink.Mode.NATIVE, new Attachment(at.getName(), Mode.NATIVE, ""));
      } catch (BpfException e) {
        if (!modes.contains(Mode.GENERIC)) {
          throw e;
        }
        why = String.valueOf(e.getMessage());
      }
    }
    return attached(
        at, BpfLink.Mode.GENERIC, new Attachment(at.getName(), Mode.GENERIC, "native XDP: " + why));
  }

  private @Nullable Attachment adopt(NetworkInterface at, Handover.Part part, Set<Mode> modes) {
    Mode mode = Mode.valueOf(part.word(2));
    if (!modes.contains(mode)) {
      return null;
    }
    BpfLink link = BpfLink.adopt(BpfLink.duplicate(part.descriptor()));
    try {
      link.replace(program);
    } catch (BpfException e) {
      link.close();
      return null; // the interface is another of the same name
    }
    String why = mode == Mode.NATIVE ? "" : "as before";
    return attached(at, link, new Attachment(at.getName(), mode, why));
  }

  private Attachment attached(NetworkInterface at, BpfLink.Mode mode, Attachment attachment) {
    return attached(at, BpfLink.attach(program, at.getIndex(), mode), attachment);
  }

  private Attachment attached(NetworkInterface at, BpfLink link, Attachment attachment) {
    links.put(at.getName(), link);
    attachments.add(attachment);
    nameUppers(at);
    return attachment;
  }

  /** Lets the strict reverse path check know what stands on this interface. */
  private void nameUppers(NetworkInterface at) {
    for (String name : LowerInterfaces.above(Path.of("/sys/class/net"), at.getName())) {
      try {
        NetworkInterface upper = NetworkInterface.getByName(name);
        if (upper != null) {
          map("lower_interfaces").put(BpfMap.key(upper.getIndex()), BpfMap.key(at.getIndex()));
        }
      } catch (SocketException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /**
   * Whether more SYNs came than the policy takes for peace, within the time that it holds an attack
   * to last.
   */
  boolean isUnderAttack() {
    // The programs' clock is this one: CLOCK_MONOTONIC.
    return synState(ATTACK_UNTIL) > System.nanoTime();
  }

  private long synState(int offset) {
    byte[] state = map("syn_state").get(BpfMap.key(0));
    return state == null
        ? 0
        : ByteBuffer.wrap(state).order(ByteOrder.LITTLE_ENDIAN).getLong(offset);
  }

  /**
   * Tells the programs who has a connection with this host, once for each attack: from then on they
   * answer strangers without asking for sockets.
   */
  void learnClients() throws IOException {
    clients.learn(synState(ATTACK_SINCE), KnownClients.NET);
  }

  @Override
  public List<Attachment> attachments() {
    return List.copyOf(attachments);
  }

  @Override
  public void replace(PacketPolicy next) {
    BpfProgram old = program;
    program = load(next);
    links.values().forEach(link -> link.replace(program));
    policy = next;
    old.close();
  }

  /** Balances those services from here on; flows of backends that stay are not moved. */
  void balance(Balancing next) {
    boolean sameProgram =
        next.services().isEmpty() == balancing.services().isEmpty()
            && next.tunnelIpv4().equals(balancing.tunnelIpv4())
            && next.tunnelIpv6().equals(balancing.tunnelIpv6());
    balancer.replace(next.services());
    balancing = next;
    if (!sameProgram) {
      replace(policy);
    }
  }

  /** The maps of the services, to ask for counts. */
  BalancerMaps balancer() {
    return balancer;
  }

  @Override
  public void replace(AddressLists next) {
    lists.replace(next);
  }

  @Override
  public void ban(Collection<IpPrefix> prefixes) {
    lists.ban(prefixes);
  }

  @Override
  public void unban(Collection<IpPrefix> prefixes) {
    lists.unban(prefixes);
  }

  @Override
  public Counters counters() {
    int cells = Reason.values().length * Counters.CELLS;
    long[] packets = new long[cells];
    long[] octets = new long[cells];
    BpfMap counters = map("counters");
    for (int cell = 0; cell < cells; cell++) {
      ByteBuffer values =
          ByteBuffer.wrap(counters.getPerCpu(BpfMap.key(cell))).order(ByteOrder.LITTLE_ENDIAN);
      while (values.hasRemaining()) {
        packets[cell] += values.getLong();
        octets[cell] += values.getLong();
      }
    }
    return new Counters(packets, octets);
  }

  @Override
  public int drainSamples(Consumer<Sample> taker) {
    return samples.drain(record -> taker.accept(Sample.read(record)));
  }

  @Override
  public List<Handover.Part> handover() {
    List<Handover.Part> parts = new ArrayList<>();
    for (Attachment each : attachments) {
      BpfLink link = links.get(each.interfaceName());
      if (link != null) {
        String words = "%s %s %s".formatted(Handover.LINK, each.interfaceName(), each.mode());
        parts.add(new Handover.Part(words, link.descriptor()));
      }
    }
    for (String name : LASTING_MAPS) {
      parts.add(new Handover.Part(Handover.MAP + " " + name, map(name).descriptor()));
    }
    return parts;
  }

  /** Links live as long as one process holds them. */
  @Override
  public void release() {
    close();
  }

  @Override
  public void close() {
    links.values().forEach(BpfLink::close);
    program.close();
    samples.close();
    clients.close();
    lists.close();
    maps.values().forEach(BpfMap::close);
  }
}
