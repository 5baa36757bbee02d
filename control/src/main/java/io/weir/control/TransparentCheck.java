package io.weir.control;

import io.weir.config.Config;
import io.weir.control.Live.LivePool;
import io.weir.proxy.Transport;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Whether this machine can be transparent where the configuration asks for it (IP-5). Without the
 * privilege nothing connects; without the routes every connection runs into its timeout, since the
 * answers go to the client itself, or nowhere. Both look like a dead backend, so they are looked
 * for before.
 *
 * <p>The routes are asked of {@code ip} (iproute2): a local route in a table of its own, for the
 * addresses of clients, and a rule that looks that table up.
 */
final class TransparentCheck {
  private static final int CAP_NET_ADMIN = 12;
  private static final Pattern EFFECTIVE = Pattern.compile("(?m)^CapEff:\\s*([0-9a-f]+)$");
  private static final Pattern LOCAL_TABLE = Pattern.compile("(?m)^local .* table (\\S+)");
  private static final Pattern LOOKED_UP = Pattern.compile("(?m) lookup (\\S+)");

  private final Complaints complaints;

  private TransparentCheck(Complaints complaints) {
    this.complaints = complaints;
  }

  /** Complains of each pool and listener that asks for what this machine cannot do. */
  static void check(Config config, Map<String, LivePool> pools, Complaints complaints) {
    TransparentCheck check = new TransparentCheck(complaints);
    for (int i = 0; i < config.pools().size(); i++) {
      LivePool pool = pools.get(config.pools().get(i).name());
      if (config.pools().get(i).transparent() && pool != null) {
        check.check(
            "pools[" + i + "].transparent",
            pool.backends().stream().map(backend -> backend.address().getAddress()),
            "the answers of these backends",
            "ip -%1$d rule add iif INTERFACE ipproto tcp sport BACKEND_PORT lookup 100");
      }
    }
    for (int i = 0; i < config.listeners().size(); i++) {
      if (config.listeners().get(i).transparent()) {
        check.check(
            "listeners[" + i + "].transparent",
            config.listeners().get(i).addresses().stream()
                .map(address -> address.address().toInetAddress()),
            "connections meant for other addresses",
            "ip -%1$d rule add iif INTERFACE ipproto tcp dport PORT lookup 100");
      }
    }
  }

  private void check(String path, Stream<InetAddress> addresses, String what, String rule) {
    Set<Integer> families =
        addresses
            .map(address -> address instanceof Inet4Address ? 4 : 6)
            .collect(Collectors.toCollection(TreeSet::new));
    if (Transport.best() != Transport.EPOLL) {
      complaints.add(path, "true, but there is no epoll here (expected: Linux on x86-64)");
    } else if (!isPrivileged()) {
      complaints.add(
          path,
          "true, but this process may not use other addresses (expected: CAP_NET_ADMIN)",
          "AmbientCapabilities=CAP_NET_ADMIN in the unit, or run weir check as that service does");
    } else {
      families.forEach(family -> checkRoutes(path, family, what, rule));
    }
  }

  private static boolean isPrivileged() {
    try {
      Matcher effective = EFFECTIVE.matcher(Files.readString(Path.of("/proc/self/status")));
      return effective.find()
          && (Long.parseUnsignedLong(effective.group(1), 16) >>> CAP_NET_ADMIN & 1) == 1;
    } catch (IOException unreadable) {
      return false;
    }
  }

  private void checkRoutes(String path, int family, String what, String rule) {
    try {
      Set<String> local = find(LOCAL_TABLE, ip(family, "route show table all type local"));
      local.remove("local"); // the machine's own addresses
      local.retainAll(find(LOOKED_UP, ip(family, "rule show")));
      if (local.isEmpty()) {
        complaints.add(
            path,
            "true, but no IPv%d route hands %s to this machine (expected: a local route in a table that a rule looks up)"
                .formatted(family, what),
            ("ip -%1$d route add local default dev lo table 100; " + rule).formatted(family));
      }
    } catch (IOException failed) {
      complaints.add(path, "true, but the routes cannot be looked at: " + failed.getMessage());
    }
  }

  private static Set<String> find(Pattern pattern, String text) {
    return pattern
        .matcher(text)
        .results()
        .map(found -> found.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /**
   * What the command prints. To it an empty table is an error, to us it is a text without routes.
   */
  private static String ip(int family, String words) throws IOException {
    List<String> command = new ArrayList<>(List.of("ip", "-" + family));
    command.addAll(List.of(words.split(" ")));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    try {
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor(5, TimeUnit.SECONDS);
      return text;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", interrupted);
    } finally {
      process.destroyForcibly();
    }
  }
}
