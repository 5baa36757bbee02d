package io.weir.packet;

import io.weir.net.IpPrefix;
import io.weir.packet.Attachment.Mode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * The policy as nftables rules, through the {@code nft} program. Each change is one transaction of
 * the kernel. What is banned is kept in a set of its own, which a change of policy carries over.
 */
final class NftEngine implements Engine {

  private static final Pattern COUNTER =
      Pattern.compile("counter \"?([a-z0-9_.]+)\"? \\{\\s*packets (\\d+) bytes (\\d+)");

  private final String command;
  private final List<String> interfaces;
  private final String why;
  private final Set<IpPrefix> banned = new LinkedHashSet<>();
  private PacketPolicy policy;
  private AddressLists lists;

  /**
   * Puts the rules in force.
   *
   * @param command the program, {@code nft}
   * @param why why it is not XDP
   * @param before what comes before this one; its rules' counters go on
   * @throws IllegalStateException if there is no such program or it refuses; the message holds its
   *     own
   */
  NftEngine(
      String command,
      List<String> interfaces,
      PacketPolicy policy,
      AddressLists lists,
      String why,
      Handover before) {
    this.command = command;
    this.interfaces = interfaces;
    this.policy = policy;
    this.lists = lists;
    this.why = why;
    publish(before.all(Handover.NFTABLES).isEmpty() ? Counters.none() : counters());
  }

  private void publish(Counters before) {
    run(NftRules.of(interfaces, policy, lists, before) + addition(banned), "-f", "-");
  }

  /** Removes the rules that a plane before has left. */
  static void removeRules(String command) {
    try {
      runNft(command, "", "delete", "table", "inet", NftRules.TABLE);
    } catch (IllegalStateException gone) {
      // Then there is nothing to remove.
    }
  }

  /** Whether there are rules that a plane before has left. */
  static boolean hasRules(String command) {
    try {
      runNft(command, "", "list", "table", "inet", NftRules.TABLE);
      return true;
    } catch (IllegalStateException gone) {
      return false;
    }
  }

  private String run(String input, String... arguments) {
    return runNft(command, input, arguments);
  }

  private static String runNft(String command, String input, String... arguments) {
    List<String> line = new ArrayList<>(List.of(command));
    line.addAll(List.of(arguments));
    try {
      Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
      process.getOutputStream().write(input.getBytes(StandardCharsets.US_ASCII));
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IllegalStateException("nft: " + output.strip());
      }
      return output;
    } catch (IOException e) {
      throw new IllegalStateException("nft: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UncheckedIOException(new IOException("interrupted", e));
    }
  }

  @Override
  public List<Attachment> attachments() {
    return interfaces.stream().map(name -> new Attachment(name, Mode.NFTABLES, why)).toList();
  }

  @Override
  public void replace(PacketPolicy next) {
    policy = next;
    publish(counters());
  }

  @Override
  public void replace(AddressLists next) {
    lists = next;
    publish(counters());
  }

  @Override
  public void ban(Collection<IpPrefix> prefixes) {
    run(addition(prefixes), "-f", "-");
    banned.addAll(prefixes);
  }

  /**
   * Neighbours and what lies inside another are one range in the kernel's set, out of which
   * nftables takes none: so the set is filled anew.
   */
  @Override
  public void unban(Collection<IpPrefix> prefixes) {
    Set<IpPrefix> rest = new LinkedHashSet<>(banned);
    if (!rest.removeAll(Set.copyOf(prefixes))) {
      return;
    }
    String empty =
        "flush set inet %1$s banned4\nflush set inet %1$s banned6\n".formatted(NftRules.TABLE);
    run(empty + addition(rest), "-f", "-");
    banned.retainAll(rest);
  }

  private static String addition(Collection<IpPrefix> addresses) {
    StringBuilder text = new StringBuilder();
    for (boolean ipv4 : new boolean[] {true, false}) {
      List<IpPrefix> some =
          addresses.stream().filter(address -> address.address().isIpv4() == ipv4).toList();
      if (!some.isEmpty()) {
        text.append(
            "add element inet %s banned%s { %s }\n"
                .formatted(NftRules.TABLE, ipv4 ? "4" : "6", NftRules.elements(some)));
      }
    }
    return text.toString();
  }

  /**
   * By reason only: nftables does not tell protocols apart here, so all are counted as {@link
   * Counters.Protocol#OTHER}.
   */
  @Override
  public Counters counters() {
    long[] packets = new long[Reason.values().length * Counters.CELLS];
    long[] octets = new long[packets.length];
    List<MatchResult> found =
        COUNTER
            .matcher(run("", "list", "counters", "table", "inet", NftRules.TABLE))
            .results()
            .toList();
    for (MatchResult counter : found) {
      for (Reason reason : Reason.values()) {
        if (reason.dotted().equals(counter.group(1))) {
          int cell = reason.ordinal() * Counters.CELLS + Counters.Protocol.OTHER.ordinal() * 2;
          packets[cell] = Long.parseLong(counter.group(2));
          octets[cell] = Long.parseLong(counter.group(3));
        }
      }
    }
    return new Counters(packets, octets);
  }

  @Override
  public int drainSamples(Consumer<Sample> taker) {
    return 0;
  }

  @Override
  public List<Handover.Part> handover() {
    return List.of(new Handover.Part(Handover.NFTABLES, -1));
  }

  @Override
  public void release() {}

  @Override
  public void close() {
    run("", "delete", "table", "inet", NftRules.TABLE);
  }
}
