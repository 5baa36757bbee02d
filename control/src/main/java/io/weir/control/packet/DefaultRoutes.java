package io.weir.control.packet;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Which interfaces lead to the Internet, as far as the default routes of both families tell. */
public final class DefaultRoutes {
  private static final int REJECT = 0x200;

  private DefaultRoutes() {}

  /** Their names in order; empty if there is no default route. */
  public static List<String> interfaces() {
    return interfaces(read("/proc/net/route"), read("/proc/net/ipv6_route"));
  }

  private static String read(String file) {
    try {
      return Files.readString(Path.of(file));
    } catch (IOException without) {
      return ""; // a kernel without that family
    }
  }

  /** The same from the text of those files. */
  static List<String> interfaces(String ipv4, String ipv6) {
    TreeSet<String> names = new TreeSet<>();
    rows(ipv4)
        .filter(row -> row.length >= 8 && row[1].equals("00000000") && row[7].equals("00000000"))
        .filter(row -> (Integer.parseUnsignedInt(row[3], 16) & REJECT) == 0)
        .forEach(row -> names.add(row[0]));
    rows(ipv6)
        .filter(row -> row.length >= 10 && row[0].matches("0{32}") && row[1].equals("00"))
        .filter(row -> (Integer.parseUnsignedInt(row[8], 16) & REJECT) == 0)
        .filter(row -> !row[9].equals("lo"))
        .forEach(row -> names.add(row[9]));
    return List.copyOf(names);
  }

  private static Stream<String[]> rows(String table) {
    return table.lines().map(line -> line.strip().split("\\s+"));
  }
}
