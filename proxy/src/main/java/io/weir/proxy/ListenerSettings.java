package io.weir.proxy;

import io.weir.net.IpAddress;
import io.weir.net.IpPrefix;
import io.weir.net.IpPrefixSet;
import io.weir.policy.ClientTable;
import io.weir.policy.RateLimit;
import io.weir.proxy.http.FieldName;
import io.weir.proxy.http.HeadLimits;
import io.weir.proxy.http.PathNormaliser;
import io.weir.proxy.http.Tolerances;
import io.weir.proxy.identity.Trust;
import io.weir.proxy.route.RouteTable;
import io.weir.proxy.tls.TlsServer;
import java.net.InetSocketAddress;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Everything one listener needs, compiled.
 *
 * @param name stable across generations
 * @param addresses where it listens
 * @param tls how TLS is terminated, or null for plain TCP
 * @param http2 whether HTTP/2 is spoken: by ALPN on TLS, by prior knowledge on plain TCP
 * @param routes first to match decides
 * @param tolerances which deviations from the strict grammar are let pass
 * @param limits sizes of request heads
 * @param trust whose word about clients is believed
 * @param forwardedTrusted what to do with forwarded fields of trusted proxies
 * @param forwardedOthers what to do with forwarded fields of everyone else
 * @param forwardedFields which fields tell backends about the client
 * @param timeouts slowness that ends a connection
 * @param connections how many connections a client may have
 * @param clients request budget by client address, or null for none
 * @param responseFields security fields for every answer, HSTS among them on TLS
 */
public record ListenerSettings(
    String name,
    List<InetSocketAddress> addresses,
    @Nullable TlsServer tls,
    boolean http2,
    RouteTable routes,
    Tolerances tolerances,
    HeadLimits limits,
    Trust trust,
    ForwardedMode forwardedTrusted,
    ForwardedMode forwardedOthers,
    Set<FieldName> forwardedFields,
    ClientTimeouts timeouts,
    ConnectionLimits connections,
    @Nullable ClientLimit clients,
    SecurityFields responseFields) {

  /** The collections are copied. */
  public ListenerSettings {
    addresses = List.copyOf(addresses);
    Set<FieldName> told = EnumSet.noneOf(FieldName.class);
    told.addAll(forwardedFields);
    forwardedFields = told;
  }

  /** How paths are brought to their one meaning. */
  public PathNormaliser paths() {
    return tolerances.paths();
  }

  /**
   * Slowness that ends a client's connection, in nanoseconds (SLOW-1).
   *
   * @param header from the first octet of a head to its last
   * @param body the interval in which content must move at the minimum rate, both ways
   * @param idle between requests
   * @param tunnel a connection that is passed through without any octet; a route says it of its own
   * @param minRate octets per second that count as progress; 0 for any octet
   */
  public record ClientTimeouts(long header, long body, long idle, long tunnel, int minRate) {
    /**
     * Whether so many octets in one {@link #body} interval are too few: the one measure of
     * slowness, for content both ways and for every version of HTTP.
     */
    public boolean isTooSlow(long octets) {
      return octets < least(body);
    }

    /** The fewest octets that count as progress in a time of so many nanoseconds. */
    public long least(long nanos) {
      return Math.max(1, nanos / 1_000_000L * minRate / 1_000);
    }
  }

  /**
   * Request budget of each client address (RATE-1, tier 2).
   *
   * @param table who has had how much; shared by generations, so that a reload forgives no debt
   * @param limit rate and burst
   */
  public record ClientLimit(ClientTable table, RateLimit limit) {}

  /**
   * How many connections one client address may have (SLOW-2).
   *
   * @param most at once; 0 for any number
   * @param newPerSecond opened a second; 0 for any number
   * @param ipv6Prefix leading bits that make an IPv6 client, 1 to 128
   * @param mostPoints points for signs of slowness beyond which a client is blocked; 0 for never
   * @param block for how long it is blocked, in nanoseconds
   * @param exempt networks that none of this concerns
   */
  public record ConnectionLimits(
      int most, int newPerSecond, int ipv6Prefix, int mostPoints, long block, IpPrefixSet exempt) {
    /** No limits. */
    public static final ConnectionLimits NONE =
        new ConnectionLimits(0, 0, 64, 0, 0, IpPrefixSet.EMPTY);

    /** The client that an address counts for: itself or its network; null where it is exempt. */
    @Nullable IpAddress client(IpAddress address) {
      boolean limited = most > 0 || newPerSecond > 0 || mostPoints > 0;
      if (!limited || exempt.contains(address)) {
        return null;
      }
      return address.isIpv4() ? address : address.prefix(ipv6Prefix);
    }

    /** All addresses of such a client; it may have been counted by settings before these. */
    IpPrefix network(IpAddress client) {
      int bits = client.isIpv4() ? client.width() : ipv6Prefix;
      return new IpPrefix(client.prefix(bits), bits);
    }
  }
}
