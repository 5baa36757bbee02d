package io.weir.net;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A host and a port, as in {@code 192.0.2.1:80}, {@code [2001:db8::1]:443} or {@code
 * app.example.com:8080}.
 *
 * @param host an address in canonical text without brackets, or a host name in lower case
 * @param port 0 to 65535; what 0 means is the caller's to say
 */
public record HostPort(String host, int port) {

  /** RFC 1123 section 2.1, and the underscore that container networks use. */
  private static final Pattern NAME =
      Pattern.compile(
          "(?i)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*");

  /** A name whose last label is a number would be an address to some readers (WHATWG URL). */
  private static final Pattern ENDS_IN_NUMBER = Pattern.compile("(?i)(.*\\.)?(0x[0-9a-f]*|[0-9]+)");

  private static final int MAX_NAME_LENGTH = 253;

  /**
   * @throws IllegalArgumentException if {@code host} is neither an address nor a host name, or
   *     {@code port} is out of range
   */
  public HostPort {
    host = canonicalHost(host);
    if (port < 0 || port > 0xffff) {
      throw new IllegalArgumentException("port: " + port + " (expected: 0 to 65535)");
    }
  }

  /**
   * Reads a host with its port.
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  public static HostPort parse(String text) {
    return parse(text, -1);
  }

  /**
   * Reads a host with its port, or a host alone, which then has {@code defaultPort}. An IPv6
   * address is in brackets, with and without a port.
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  public static HostPort parse(String text, int defaultPort) {
    boolean bracketed = text.startsWith("[");
    int hostEnd = bracketed ? text.indexOf(']') : text.indexOf(':');
    boolean portless = bracketed ? hostEnd == text.length() - 1 : hostEnd < 0;
    if ((bracketed && hostEnd < 0) || (portless && defaultPort < 0)) {
      throw malformed(text);
    }
    String host =
        bracketed ? text.substring(1, hostEnd) : portless ? text : text.substring(0, hostEnd);
    int colon = bracketed ? hostEnd + 1 : hostEnd;
    int port = portless ? defaultPort : parsePort(text, colon);
    if (port < 0 || bracketed != host.contains(":")) {
      throw malformed(text);
    }
    return new HostPort(host, port);
  }

  private static int parsePort(String text, int colon) {
    byte[] digits = text.substring(colon + 1).getBytes(StandardCharsets.US_ASCII);
    return text.charAt(colon) == ':' ? IpText.parsePort(digits, 0, digits.length) : -1;
  }

  private static IllegalArgumentException malformed(String text) {
    return new IllegalArgumentException(
        text + " (expected: host:port, such as 192.0.2.1:80, [2001:db8::1]:443 or example.com:80)");
  }

  private static String canonicalHost(String host) {
    IpAddress address = IpAddress.parseOrNull(host);
    if (address != null) {
      return address.toString();
    }
    if (host.length() > MAX_NAME_LENGTH
        || !NAME.matcher(host).matches()
        || ENDS_IN_NUMBER.matcher(host).matches()) {
      throw new IllegalArgumentException("host: " + host + " (expected: an address or host name)");
    }
    return host.toLowerCase(Locale.ROOT);
  }

  /** The host as an address, or null if it is a name. */
  public @Nullable IpAddress address() {
    return IpAddress.parseOrNull(host);
  }

  /** The text that {@link #parse(String)} reads back. */
  @Override
  public String toString() {
    return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
  }
}
