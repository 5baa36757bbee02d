package io.weir.proxy.route;

import java.util.Locale;

/**
 * Host patterns in their compiled form: an exact host in lower case ("example.com"), a suffix with
 * its dot for a wildcard (".example.com", all names below at any depth), or "" for any host.
 */
final class HostPattern {
  static final String ANY = "";

  // Labels may hold an underscore: it is no host name then, but it is asked for in practice.
  private static final java.util.regex.Pattern NAME =
      java.util.regex.Pattern.compile("[a-z0-9_-]{1,63}(\\.[a-z0-9_-]{1,63})*");
  private static final java.util.regex.Pattern IPV6 =
      java.util.regex.Pattern.compile("[0-9a-f:.]*:[0-9a-f:.]*");

  private HostPattern() {}

  /**
   * Compiles "example.com", "*.example.com", "*", "192.0.2.1", "2001:db8::1" or "[2001:db8::1]".
   *
   * @throws IllegalArgumentException if the text is none of these
   */
  static String compile(String key, String pattern) {
    String lower = pattern.toLowerCase(Locale.ROOT);
    if (lower.equals("*")) {
      return ANY;
    }
    String name = lower.startsWith("*.") ? lower.substring(2) : lower;
    if (name.endsWith(".")) {
      name = name.substring(0, name.length() - 1);
    }
    if (name.length() <= 253 && NAME.matcher(name).matches()) {
      return lower.startsWith("*.") ? "." + name : name;
    }
    String address = lower.startsWith("[") && lower.endsWith("]") ? inner(lower) : lower;
    if (IPV6.matcher(address).matches() && io.weir.net.IpAddress.parseOrNull(address) != null) {
      return "[" + address + "]";
    }
    throw new IllegalArgumentException(
        key
            + ": "
            + pattern
            + " (expected: a host without port such as example.com, *.example.com or *;"
            + " international names in their xn-- form)");
  }

  private static String inner(String bracketed) {
    return bracketed.substring(1, bracketed.length() - 1);
  }

  static boolean isWildcard(String compiled) {
    return compiled.startsWith(".");
  }

  /** Whether the compiled pattern stands for this host, or for all that another pattern does. */
  static boolean covers(String compiled, String host) {
    return compiled.equals(ANY)
        || (isWildcard(compiled)
            ? host.length() > compiled.length() && host.endsWith(compiled)
            : host.equals(compiled));
  }

  /** The pattern as the operator writes it. */
  static String text(String compiled) {
    return compiled.equals(ANY) ? "*" : isWildcard(compiled) ? "*" + compiled : compiled;
  }
}
