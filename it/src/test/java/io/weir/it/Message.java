package io.weir.it;

import java.util.List;
import java.util.Locale;

/**
 * A request or response as it stood on the wire.
 *
 * @param head start line and fields with their line ends, without the empty line
 * @param text the content without its framing, each octet a character
 * @param whole whether the content ended where its framing says
 */
record Message(String head, String text, boolean whole) {
  String startLine() {
    return head.lines().findFirst().orElse("");
  }

  int status() {
    return Integer.parseInt(startLine().split(" ", 3)[1]);
  }

  /** The values of all fields of this name, in their order. */
  List<String> fields(String name) {
    String start = name.toLowerCase(Locale.ROOT) + ":";
    return head.lines()
        .skip(1)
        .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(start))
        .map(line -> line.substring(start.length()).strip())
        .toList();
  }

  /** The value of the only field of this name; empty if there is none. */
  String field(String name) {
    List<String> values = fields(name);
    if (values.size() > 1) {
      throw new AssertionError(name + " more than once: " + head);
    }
    return values.isEmpty() ? "" : values.getFirst();
  }
}
