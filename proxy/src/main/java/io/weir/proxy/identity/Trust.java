package io.weir.proxy.identity;

import io.weir.net.ClientIdentity;
import io.weir.net.IpAddress;
import io.weir.net.IpPrefixSet;
import io.weir.net.Provenance;
import java.util.List;

/**
 * What a listener believes about who its clients are.
 *
 * @param proxies whose forwarded fields are believed
 * @param fields which of these fields those proxies write
 * @param proxyProtocol who announces clients by a PROXY header; the first rule that names a source
 *     decides. Empty: no connection is looked at for one
 * @param transparent whether the listener takes connections meant for other addresses, so that its
 *     local address is the one that the client wanted (IP_TRANSPARENT)
 */
public record Trust(
    IpPrefixSet proxies,
    ForwardedTrust fields,
    List<ProxyProtocolRule> proxyProtocol,
    boolean transparent) {

  /** Believes nobody: the client is the other end of the socket. */
  public static final Trust NOBODY =
      new Trust(IpPrefixSet.EMPTY, ForwardedTrust.BOTH, List.of(), false);

  /** The rules are copied. */
  public Trust {
    proxyProtocol = List.copyOf(proxyProtocol);
  }

  /** Which of the two fields are read. What is not read is never believed. */
  public enum ForwardedTrust {
    /** Both; where both are there they have to agree, hop by hop. */
    BOTH,
    /** X-Forwarded-For alone. */
    X_FORWARDED_FOR,
    /** Forwarded alone. */
    FORWARDED
  }

  /** Whether a source begins with a PROXY header. */
  public enum ProxyProtocolMode {
    /** A connection without one is refused. */
    REQUIRED,
    /** It may or may not: whoever is there may choose to be anybody. */
    OPTIONAL,
    /** A connection with one is refused. */
    REFUSED
  }

  /**
   * What networks may do.
   *
   * @param networks of the sources, as the socket sees them
   */
  public record ProxyProtocolRule(IpPrefixSet networks, ProxyProtocolMode mode) {}

  /** The other end of a socket, before anything is read from it. */
  public ClientIdentity peer(IpAddress address, int port) {
    return new ClientIdentity(
        address, port, transparent ? Provenance.TRANSPARENT : Provenance.SOCKET);
  }

  /** What a source may do; REFUSED where no rule names it. */
  public ProxyProtocolMode proxyProtocol(IpAddress source) {
    for (ProxyProtocolRule rule : proxyProtocol) {
      if (rule.networks().contains(source)) {
        return rule.mode();
      }
    }
    return ProxyProtocolMode.REFUSED;
  }
}
