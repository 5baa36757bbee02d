package io.weir.app.takeover;

import io.weir.net.HostPort;
import io.weir.net.IpAddress;
import io.weir.packet.Handover;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * The list with which the running process begins.
 *
 * @param sockets in the order in which their descriptors follow
 * @param plane what is given of the packet plane; its descriptors follow then, in that order
 */
record Offer(List<Sockets> sockets, List<Part> plane) {
  static final String FIRST_LINE = "weir-takeover 1";

  /** More than any configuration has: what is longer is not an offer. */
  static final int MAX_CHARS = 1024 * 1024;

  private static final String PLANE = "packet-plane ";
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

  /** A part of the packet plane, with or without a descriptor. */
  record Part(String words, boolean hasDescriptor) {
    static List<Part> of(Handover plane) {
      return plane.parts().stream()
          .map(part -> new Part(part.words(), part.descriptor() >= 0))
          .toList();
    }

    @Override
    public String toString() {
      return PLANE + (hasDescriptor ? "1 " : "0 ") + words;
    }
  }

  /** How many descriptors follow. */
  int descriptors() {
    return sockets.stream().mapToInt(Sockets::count).sum()
        + (int) plane.stream().filter(Part::hasDescriptor).count();
  }

  String text() {
    StringBuilder text = new StringBuilder(FIRST_LINE).append('\n');
    sockets.forEach(each -> text.append(each).append('\n'));
    plane.forEach(each -> text.append(each).append('\n'));
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
    List<Part> plane = new ArrayList<>();
    for (String line : lines.subList(1, lines.size() - 1)) {
      if (line.matches(PLANE + "[01] [!-~][ -~]{0,255}")) {
        String flag = line.substring(PLANE.length());
        plane.add(new Part(flag.substring(2), flag.startsWith("1")));
        continue;
      }
      int space = line.indexOf(' ');
      require(space > 0 && line.substring(space + 1).matches("[0-9]{1,4}"), line);
      int count = Integer.parseInt(line.substring(space + 1));
      require(count >= 1 && count <= MAX_SOCKETS, line);
      sockets.add(new Sockets(address(line.substring(0, space)), count));
    }
    return new Offer(sockets, plane);
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
    plane = List.copyOf(plane);
  }
}
