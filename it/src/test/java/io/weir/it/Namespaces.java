package io.weir.it;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Machines as far as the kernel's network namespaces go: a gateway, and others that a cable of
 * their own connects to it. Needs root; without it the test that asks for them is skipped.
 */
final class Namespaces implements AutoCloseable {
  private static final AtomicInteger COUNT = new AtomicInteger();

  private final String suffix =
      Long.toString(ProcessHandle.current().pid() % 100_000) + "x" + COUNT.incrementAndGet();
  private final List<String> made = new ArrayList<>();

  /** The gateway alone. */
  Namespaces() {
    assumeThat(Tools.run("id", "-u").ok().strip())
        .as("network namespaces need root")
        .isEqualTo("0");
    add("gw");
  }

  private void add(String machine) {
    ip("netns add " + name(machine));
    made.add(name(machine));
    ip("-n " + name(machine) + " link set lo up");
  }

  private String name(String machine) {
    return "weir-" + machine + suffix;
  }

  /**
   * Adds a machine on a cable of its own to the gateway.
   *
   * @param network the first three octets of its IPv4 network, and the first three groups of its
   *     IPv6 network; the gateway is number 1 in both
   * @param hosts its numbers there, decimal for IPv4 and the same digits for IPv6
   */
  void connect(String machine, String network, String network6, int... hosts) {
    add(machine);
    String near = "w" + machine + suffix;
    String far = "g" + machine + suffix;
    ip(
        "link add %s netns %s type veth peer name %s netns %s"
            .formatted(near, name(machine), far, name("gw")));
    address("gw", far, network + ".1/24", network6 + "::1/64");
    for (int host : hosts) {
      address(machine, near, network + "." + host + "/24", network6 + "::" + host + "/64");
    }
    ip("-n " + name("gw") + " link set " + far + " up");
    ip("-n " + name(machine) + " link set " + near + " up");
    in(machine, "-4 route add default via " + network + ".1");
    in(machine, "-6 route add default via " + network6 + "::1");
  }

  private void address(String machine, String link, String v4, String v6) {
    in(machine, "addr add " + v4 + " dev " + link);
    in(machine, "addr add " + v6 + " dev " + link + " nodad");
  }

  /** The gateway's end of a machine's cable. */
  String gatewayLink(String machine) {
    return "g" + machine + suffix;
  }

  /** A machine's own end of its cable. */
  String link(String machine) {
    return "w" + machine + suffix;
  }

  /** Configures a machine: the words of an {@code ip} command. */
  void in(String machine, String words) {
    ip("-n " + name(machine) + " " + words);
  }

  private static void ip(String words) {
    Tools.run("ip", words.split(" ")).ok();
  }

  /** The words that make a command run on a machine. */
  List<String> exec(String machine) {
    return List.of(Tools.find("ip"), "netns", "exec", name(machine));
  }

  /** A class of this module, as a program on a machine. */
  List<String> java(String machine, Class<?> main, String... arguments) {
    List<String> command = new ArrayList<>(exec(machine));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx128m", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.add(main.getName());
    command.addAll(List.of(arguments));
    return command;
  }

  @Override
  public void close() {
    made.reversed().forEach(name -> Tools.run("ip", "netns", "delete", name));
  }
}
