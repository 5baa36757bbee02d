package io.weir.config;

import io.weir.net.HostPort;
import io.weir.net.IpAddress;
import java.util.Locale;

/** Host names and their wildcards, as routes, server names and certificates use them. */
final class Hosts {
  private Hosts() {}

  /** Whether the text is a host name or an address (IPv6 without brackets). */
  static boolean isHost(String text) {
    if (IpAddress.parseOrNull(text) != null) {
      return true;
    }
    try {
      return new HostPort(text, 0).port() == 0;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Whether the text is a host, or a host name as wildcard after "*.". */
  static boolean isPattern(String text) {
    return isWildcard(text)
        ? isHost(text.substring(2)) && IpAddress.parseOrNull(text.substring(2)) == null
        : isHost(text);
  }

  static boolean isWildcard(String pattern) {
    return pattern.startsWith("*.");
  }

  /** Whether every host that {@code narrow} stands for is one that {@code wide} stands for. */
  static boolean covers(String wide, String narrow) {
    String lower = narrow.toLowerCase(Locale.ROOT);
    String pattern = wide.toLowerCase(Locale.ROOT);
    int dot = lower.indexOf('.');
    return pattern.equals(lower)
        || (isWildcard(pattern) && dot > 0 && lower.substring(dot).equals(pattern.substring(1)));
  }
}
