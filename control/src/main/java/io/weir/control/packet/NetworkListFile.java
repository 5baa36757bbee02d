package io.weir.control.packet;

import io.weir.net.IpPrefix;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A file of networks and addresses, one a line. What follows {@code #} or {@code ;} is a comment,
 * as published lists have it.
 */
public final class NetworkListFile {

  /** The largest file that is read, in octets: some four million addresses. */
  public static final long MAX_BYTES = 64L << 20;

  private static final int LONGEST_SHOWN = 60;

  private NetworkListFile() {}

  /**
   * Reads the content of a file.
   *
   * @throws IllegalArgumentException if a line is no network; the message has its number
   */
  public static List<IpPrefix> parse(byte[] content) {
    String text = new String(content, StandardCharsets.ISO_8859_1);
    List<IpPrefix> networks = new ArrayList<>();
    int number = 0;
    for (String line : (Iterable<String>) text.lines()::iterator) {
      number++;
      String word = withoutComment(line);
      if (!word.isEmpty()) {
        networks.add(network(word, number));
      }
    }
    return List.copyOf(networks);
  }

  private static String withoutComment(String line) {
    int end = 0;
    while (end < line.length() && line.charAt(end) != '#' && line.charAt(end) != ';') {
      end++;
    }
    return line.substring(0, end).strip();
  }

  private static IpPrefix network(String word, int number) {
    try {
      return IpPrefix.parse(word);
    } catch (IllegalArgumentException wrong) {
      throw new IllegalArgumentException(
          "line "
              + number
              + ": "
              + shown(word)
              + " (expected: a network such as 192.0.2.0/24, or an address)",
          wrong);
    }
  }

  private static String shown(String word) {
    String start = word.substring(0, Math.min(word.length(), LONGEST_SHOWN));
    return start.replaceAll("[^ -~]", "?") + (word.length() > LONGEST_SHOWN ? "…" : "");
  }
}
