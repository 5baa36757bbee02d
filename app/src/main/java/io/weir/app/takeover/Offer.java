package io.weir.app.takeover;

import io.weir.net.HostPort;
import io.weir.net.IpAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * The list with which the running process begins.
 *
 * @param sockets in the order in which their descriptors follow
 */
record Offer(List<Sockets> sockets) {
  static final String FIRST_LINE = "weir-takeover 1";

  /** More than any configuration has: what is longer is not an offer. */
  static final int MAX_CHARS = 1024 * 1024;

  private static final int MAX_SOCKETS = 1024;

  /**
   * Sockets that listen on one address.
   *
   * @param count 1 to 1024
   */
  record Sockets(InetSocketAddress address, int count) {
    @Override
    public String toString() {
      String ip = IpAddress.of(address.getAddress()).toString();
      return new HostPort(ip, address.getPort()) + " " + count;
    }
  }

  /** How many descriptors follow. */
  int descriptors() {
    return sockets.stream().mapToInt(Sockets::count).sum();
  }

  String text() {
    StringBuilder text = new StringBuilder(FIRST_LINE).append('\n');
    sockets.forEach(each -> text.append(each).append('\n'));
    return text.append('\n').toString();
  }

  /**
   * Reads what {@link #text} wrote.
   *
   * @throws IllegalArgumentException if it is anything else
   */
  static Offer parse(String text) {
    List<String> lines = text.lines().toList();
    require(text.endsWith("\n\n") && lines.getFirst().equals(FIRST_LINE), text);
    List<Sockets> sockets = new ArrayList<>();
    for (String line : lines.subList(1, lines.size() - 1)) {
      int space = line.indexOf(' ');
      require(space > 0 && line.substring(space + 1).matches("[0-9]{1,4}"), line);
      int count = Integer.parseInt(line.substring(space + 1));
      require(count >= 1 && count <= MAX_SOCKETS, line);
      sockets.add(new Sockets(address(line.substring(0, space)), count));
    }
    return new Offer(sockets);
  }

  private static InetSocketAddress address(String text) {
    HostPort parsed = HostPort.parse(text);
    IpAddress ip = parsed.address();
    if (ip == null) {
      throw refused(text);
    }
    return new InetSocketAddress(ip.toInetAddress(), parsed.port());
  }

  private static void require(boolean good, String text) {
    if (!good) {
      throw refused(text);
    }
  }

  private static IllegalArgumentException refused(String text) {
    String start = text.substring(0, Math.min(80, text.length()));
    return new IllegalArgumentException("takeover: " + start + " (expected: an offer)");
  }

  Offer {
    sockets = List.copyOf(sockets);
  }
}
