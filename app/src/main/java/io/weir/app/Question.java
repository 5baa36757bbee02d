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
 * The request that {@code weir explain} or {@code weir waf replay} is asked about.
 *
 * @param secure whether it comes over TLS
 * @param authority host, and port if the URL names one
 * @param target path and query as the operator wrote them: whether they are acceptable is part of
 *     the answer
 * @param head what the client sends over HTTP/1.1, up to and with the empty line
 * @param content what follows the head; may be empty
 * @param from the other end of the connection
 * @param listener the listener asked for
 */
@SuppressWarnings("ArrayRecordComponent") // Octets for the parser; questions are not compared.
record Question(
    String method,
    boolean secure,
    String authority,
    String target,
    byte[] head,
    byte[] content,
    IpAddress from,
    Optional<String> listener) {

  private static final Pattern URL =
      Pattern.compile("(?i)(https?)://([^/?#\\s]+)([^#\\s]*)(#\\S*)?");

  /**
   * The request that a client would send for this.
   *
   * @param data content; a form where no header says otherwise; may be empty
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
    String target = rest.startsWith("/") ? rest : "/" + rest;
    byte[] content = data.getBytes(StandardCharsets.UTF_8);
    return new Question(
        method,
        parts.group(1).equalsIgnoreCase("https"),
        parts.group(2),
        target,
        head(method + ' ' + target + " HTTP/1.1", parts.group(2), headers, content.length),
        content,
        from,
        listener);
  }

  private static byte[] head(String line, String authority, List<String> headers, int length) {
    StringBuilder text = new StringBuilder(line).append("\r\n");
    text.append("Host: ").append(authority).append("\r\n");
    headers.forEach(header -> text.append(header).append("\r\n"));
    if (length > 0) {
      if (headers.stream().noneMatch(header -> header.matches("(?i)content-type:.*"))) {
        text.append("Content-Type: application/x-www-form-urlencoded\r\n");
      }
      text.append("Content-Length: ").append(length).append("\r\n");
    }
    return text.append("\r\n").toString().getBytes(StandardCharsets.UTF_8);
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
