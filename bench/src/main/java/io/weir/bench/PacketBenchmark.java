package io.weir.bench;

import io.weir.net.IpAddress;
import io.weir.net.IpPrefix;
import io.weir.packet.AddressLists;
import io.weir.packet.Balancing;
import io.weir.packet.PacketPolicy;
import io.weir.packet.PacketPolicy.ReversePath;
import io.weir.packet.PacketTrial;
import io.weir.packet.Rate;
import io.weir.packet.Reason;
import io.weir.packet.SynLimits;
import io.weir.packet.VirtualService;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntSupplier;
import java.util.stream.IntStream;

/**
 * What a packet costs in the packet plane: nanoseconds by the kernel's own test run, above those of
 * a program that does nothing, the median of alternating rounds. {@code bench/run packet} makes the
 * network namespace that it expects.
 */
public final class PacketBenchmark {

  private static final IpAddress CLIENT = IpAddress.parse("203.0.113.7");
  private static final IpAddress CLIENT6 = IpAddress.parse("2001:db8:1::7");
  private static final IpAddress SERVER = IpAddress.parse("10.1.0.1");
  private static final IpAddress SERVER6 = IpAddress.parse("fd00:1::1");
  private static final IpAddress VIP = IpAddress.parse("192.0.2.10");
  private static final int SYN = 2;
  private static final int ACK = 16;

  private final int rounds;
  private final int repeat;
  private final Set<String> wanted;
  private final Map<String, Integer> results = new LinkedHashMap<>();

  private PacketBenchmark(boolean quick, Set<String> wanted) {
    this.wanted = wanted;
    rounds = quick ? 9 : 31;
    repeat = quick ? 100_000 : 1_000_000;
  }

  /** Runs all, or those that are named; {@code --quick} within 50 seconds. */
  public static void main(String[] arguments) throws IOException {
    Set<String> words = new HashSet<>(List.of(arguments));
    boolean quick = words.remove("--quick");
    new PacketBenchmark(quick, words).run(quick ? 200_000 : 1_000_000);
  }

  private boolean isWanted(String name) {
    return wanted.isEmpty() || wanted.contains(name);
  }

  private static PacketPolicy limits(Rate perSource, Rate attack) {
    SynLimits syn =
        new SynLimits(perSource, Rate.perSecond(100_000_000), attack, Duration.ofHours(1));
    return PacketPolicy.DEFAULT.withReversePath(ReversePath.OFF).withSyn(syn);
  }

  private void run(int addresses) throws IOException {
    PacketPolicy quiet = limits(Rate.perSecond(100), Rate.UNLIMITED);
    AddressLists blocked =
        AddressLists.EMPTY.withBlocked(
            List.of(new IpPrefix(CLIENT, 32), IpPrefix.parse("192.0.2.0/24")));
    try (PacketTrial trial = new PacketTrial(quiet, blocked)) {
      measure("flags", trial, tcp(CLIENT, SERVER, 443, 0), Reason.INVALID_TCP_FLAGS);
      measure("block", trial, tcp(CLIENT, SERVER, 443, ACK), Reason.LIST_BLOCKED);
    }
    try (PacketTrial trial =
        new PacketTrial(limits(new Rate(0.001, 1), Rate.UNLIMITED), AddressLists.EMPTY)) {
      trial.judge(tcp(CLIENT, SERVER, 443, SYN));
      measure("syn", trial, tcp(CLIENT, SERVER, 443, SYN), Reason.SYN_SOURCE_RATE);
    }
    try (PacketTrial trial =
        new PacketTrial(
            limits(Rate.perSecond(100), Rate.perSecond(100_000_000)), AddressLists.EMPTY)) {
      trial.scatterSources();
      measure("spoofed", trial, tcp(CLIENT, SERVER, 443, SYN), Reason.PASS);
    }
    AddressLists everyday =
        new AddressLists(
            List.of(IpPrefix.parse("198.18.7.0/24")),
            bogons(),
            List.of(IpPrefix.parse("198.18.8.0/24")),
            List.of(),
            blocked.blocked());
    try (PacketTrial trial = new PacketTrial(PacketPolicy.DEFAULT, everyday)) {
      measure("pass4", trial, tcp(IpAddress.parse("9.9.9.9"), SERVER, 443, ACK), Reason.PASS);
      measure("pass6", trial, tcp(IpAddress.parse("2620:fe::9"), SERVER6, 443, ACK), Reason.PASS);
    }
    cookie();
    forward();
    List<IpPrefix> many =
        IntStream.range(0, addresses)
            .mapToObj(i -> new IpPrefix(IpAddress.ofIpv4(i * 0x9e3779b1), 32))
            .toList();
    try (PacketTrial trial = new PacketTrial(quiet, AddressLists.EMPTY.withBlocked(many))) {
      trial.scatterSources();
      measure("million", trial, tcp(CLIENT, SERVER, 443, ACK), null);
    }
    apply(quiet);
    results.forEach((name, nanoseconds) ->
        System.out.printf("%-8s %5d ns above the empty program%n", name, nanoseconds));
    System.out.printf(
        "ns drop=%d syn=%d spoofed=%d pass=%d forward=%d%n",
        result("block"), result("syn"), result("spoofed"), result("pass4"), result("forward"));
  }

  /** How long it takes until a million new entries are in force, after two rounds to warm up. */
  private void apply(PacketPolicy policy) {
    if (!isWanted("apply")) {
      return;
    }
    try (PacketTrial trial = new PacketTrial(policy, AddressLists.EMPTY)) {
      int[] took =
          IntStream.range(0, 7)
              .map(round -> {
                AddressLists lists = AddressLists.EMPTY.withBlocked(aMillion(round));
                long begin = System.nanoTime();
                trial.replace(lists);
                return (int) ((System.nanoTime() - begin) / 1_000_000);
              })
              .toArray();
      System.out.printf(
          "a million entries (600,000 IPv4 and 300,000 IPv6 addresses, 100,000 networks) in force after %d ms"
              + " (median of %s, the first one %d ms)%n",
          IntStream.of(took).skip(2).sorted().toArray()[2], Arrays.toString(took), took[0]);
    }
  }

  private static List<IpPrefix> aMillion(int round) {
    return IntStream.range(0, 1_000_000)
        .mapToObj(i -> {
          int bits = (i + round) * 0x9e3779b1;
          IpAddress ipv6 = IpAddress.ofIpv6(0x2a00_0000_0000_0000L | (long) bits << 20 >>> 8, i);
          return switch (i % 20) {
            case 0 -> new IpPrefix(IpAddress.ofIpv4(bits & ~0xff), 24);
            case 1 -> new IpPrefix(ipv6.prefix(64), 64);
            case 2, 3, 4, 5, 6, 7 -> new IpPrefix(ipv6, 128);
            default -> new IpPrefix(IpAddress.ofIpv4(bits), 32);
          };
        })
        .toList();
  }

  private int result(String name) {
    return results.getOrDefault(name, -1);
  }

  private static List<IpPrefix> bogons() {
    return AddressLists.BOGONS.stream()
        .filter(prefix -> !prefix.contains(CLIENT) && !prefix.contains(CLIENT6))
        .toList();
  }

  /** To who may have a connection, for whom the socket is asked; then to a stranger. */
  private void cookie() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getByName(SERVER.toString()));
        PacketTrial trial =
            new PacketTrial(limits(Rate.UNLIMITED, new Rate(0.001, 1)), AddressLists.EMPTY)) {
      byte[] syn = tcp(CLIENT, SERVER, server.getLocalPort(), SYN);
      trial.judge(syn);
      trial.judge(syn);
      measureOneByOne("socket", trial, syn, Reason.SYN_COOKIE_SENT);
      trial.learnClients();
      measureOneByOne("cookie", trial, syn, Reason.SYN_COOKIE_SENT);
    }
  }

  private void forward() {
    VirtualService.Backend backend =
        VirtualService.Backend.of(IpAddress.parse("10.1.0.2"), VirtualService.Method.IP_IN_IP);
    VirtualService service =
        new VirtualService(VIP, 443, VirtualService.Protocol.TCP, false, List.of(backend));
    try (PacketTrial trial =
        new PacketTrial(limits(Rate.perSecond(100), Rate.UNLIMITED), AddressLists.EMPTY)) {
      trial.balance(new Balancing(List.of(service), SERVER, SERVER6));
      measureOneByOne("forward", trial, tcp(CLIENT, VIP, 443, ACK), Reason.FORWARD_SENT);
    }
  }

  private void measure(
      String name,
      PacketTrial trial,
      byte[] frame,
      @org.jspecify.annotations.Nullable Reason expected) {
    if (!isWanted(name)) {
      return;
    }
    Reason reason = trial.judge(frame);
    if (expected != null && reason != expected) {
      throw new IllegalStateException(name + ": " + reason + " (expected: " + expected + ")");
    }
    results.put(
        name,
        median(
            () -> trial.nanoseconds(frame, repeat) - trial.nanosecondsOfNothing(frame, repeat),
            rounds));
  }

  /**
   * For a packet that the program rewrites: the test run does not restore it, so each is a run of
   * its own.
   */
  private void measureOneByOne(String name, PacketTrial trial, byte[] frame, Reason expected) {
    if (!isWanted(name)) {
      return;
    }
    if (trial.judge(frame) != expected) {
      throw new IllegalStateException(
          name + ": " + trial.judge(frame) + " (expected: " + expected + ")");
    }
    int each = repeat / 10;
    int busy = median(() -> trial.nanoseconds(frame, 1), each);
    int idle = median(() -> trial.nanosecondsOfNothing(frame, 1), Math.min(each, 2000));
    results.put(name, busy - idle);
  }

  private static int median(IntSupplier measurement, int times) {
    int[] measured = IntStream.range(0, times).map(_ -> measurement.getAsInt()).sorted().toArray();
    return measured[measured.length / 2];
  }

  private static byte[] tcp(IpAddress source, IpAddress destination, int port, int flags) {
    int header = source.isIpv4() ? 20 : 40;
    ByteBuffer frame = ByteBuffer.allocate(14 + header + 40);
    frame.putLong(0x0200_0000_0001_0200L).putInt(0x0000_0002);
    if (source.isIpv4()) {
      frame
          .putShort((short) 0x0800)
          .putShort((short) 0x4500)
          .putShort((short) 60)
          .putInt(0x1234_4000)
          .putShort((short) 0x4006);
      frame.putShort((short) 0).put(source.toBytes()).put(destination.toBytes());
      frame.putShort(24, (short) checksum(frame));
    } else {
      frame
          .putShort((short) 0x86dd)
          .putInt(0x6000_0000)
          .putShort((short) 40)
          .putShort((short) 0x0640);
      frame.put(source.toBytes()).put(destination.toBytes());
    }
    frame
        .putShort((short) 40000)
        .putShort((short) port)
        .putInt(1)
        .putInt(2)
        .putShort((short) (0xa000 | flags))
        .putShort((short) 0xffff);
    frame
        .putInt(0)
        .putLong(0x0204_05b4_0402_080aL)
        .putLong(0x1122_3344_0000_0000L)
        .putInt(0x0103_0307);
    return Arrays.copyOf(frame.array(), frame.capacity());
  }

  private static int checksum(ByteBuffer frame) {
    int sum = 0;
    for (int at = 14; at < 34; at += 2) {
      sum += Short.toUnsignedInt(frame.getShort(at));
    }
    return ~((sum & 0xffff) + (sum >>> 16)) & 0xffff;
  }
}
