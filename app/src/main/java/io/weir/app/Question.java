package io.weir.app;

import io.weir.net.IpAddress;
import io.weir.proxy.ListenerSettings;
import io.weir.proxy.ProxySnapshot;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The request that {@code weir explain} is asked about.
 *
 * @param secure whether it comes over TLS
 * @param authority host, and port if the URL names one
 * @param target path and query as the operator wrote them: whether they are acceptable is part of
 *     the answer
 * @param data content of the request; a form where no header says otherwise; may be empty
 * @param from the other end of the connection
 * @param listener the listener asked for
 */
record Question(
    String method,
    boolean secure,
    String authority,
    String target,
    String data,
    IpAddress from,
    List<String> headers,
    Optional<String> listener) {

  private static final Pattern URL =
      Pattern.compile("(?i)(https?)://([^/?#\\s]+)([^#\\s]*)(#\\S*)?");

  /**
   * @throws IllegalArgumentException if the URL is none, or a header has no colon
   */
  static Question of(
      String method,
      String url,
      String data,
      IpAddress from,
      List<String> headers,
      Optional<String> listener) {
    Matcher parts = URL.matcher(url);
    if (!parts.matches()) {
      throw new IllegalArgumentException("--url: " + url + " (expected: http://… or https://…)");
    }
    for (String header : headers) {
      if (header.indexOf(':') < 1) {
        throw new IllegalArgumentException("--header: " + header + " (expected: NAME: VALUE)");
      }
    }
    String rest = parts.group(3);
    return new Question(
        method,
        parts.group(1).equalsIgnoreCase("https"),
        parts.group(2),
        rest.startsWith("/") ? rest : "/" + rest,
        data,
        from,
        headers,
        listener);
  }

  /** What the client would send over HTTP/1.1. */
  byte[] head() {
    StringBuilder text = new StringBuilder();
    text.append(method).append(' ').append(target).append(" HTTP/1.1\r\n");
    text.append("Host: ").append(authority).append("\r\n");
    headers.forEach(header -> text.append(header).append("\r\n"));
    if (!data.isEmpty()) {
      if (headers.stream().noneMatch(header -> header.matches("(?i)content-type:.*"))) {
        text.append("Content-Type: application/x-www-form-urlencoded\r\n");
      }
      text.append("Content-Length: ").append(content().length).append("\r\n");
    }
    return text.append("\r\n").toString().getBytes(StandardCharsets.UTF_8);
  }

  /** What follows the head. */
  byte[] content() {
    return data.getBytes(StandardCharsets.UTF_8);
  }

  /** The host in lower case without its port, as a client would ask for it in TLS. */
  String host() {
    return authority.replaceFirst(":[0-9]*$", "").toLowerCase(Locale.ROOT);
  }

  private int port() {
    Matcher port = Pattern.compile(":([0-9]{1,5})$").matcher(authority);
    return port.find() ? Integer.parseInt(port.group(1)) : secure ? 443 : 80;
  }

  /**
   * The listener that the request comes to.
   *
   * @throws IllegalArgumentException if there is none for it
   */
  ListenerSettings listener(ProxySnapshot snapshot) {
    return listener.isPresent() ? named(snapshot, listener.get()) : fitting(snapshot);
  }

  private static ListenerSettings named(ProxySnapshot snapshot, String name) {
    ListenerSettings found = snapshot.listener(name);
    if (found == null) {
      throw new IllegalArgumentException(
          "--listener: " + name + " (expected: one of " + snapshot.listeners().keySet() + ")");
    }
    return found;
  }

  private ListenerSettings fitting(ProxySnapshot snapshot) {
    return snapshot.listeners().values().stream()
        .filter(each -> (each.tls() != null) == secure)
        .min(
            Comparator.comparing((ListenerSettings each) -> !hasPort(each))
                .thenComparing(ListenerSettings::name))
        .orElseThrow(() ->
            new IllegalArgumentException(
                "--url: no listener speaks " + (secure ? "https" : "http") + " (see --listener)"));
  }

  private boolean hasPort(ListenerSettings settings) {
    return settings.addresses().stream()
        .mapToInt(InetSocketAddress::getPort)
        .anyMatch(port -> port == port());
  }
}
