package io.weir.control.packet;

import io.weir.config.PacketPlaneSection;
import io.weir.net.IpPrefix;
import io.weir.packet.Balancing;
import io.weir.packet.PlaneSettings;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a configuration wants of the packet plane.
 *
 * @param settings without what is balanced, which depends on the backends' health
 * @param section what the operator wrote; a change of it may have to be confirmed
 * @param confirmWithin time to confirm in; empty if changes hold at once
 * @param tunnels the sources of tunnels, and no services
 * @param bans whether clients that the proxy blocks are banned
 * @param neverBanned networks of which none is banned even so
 */
public record PacketSnapshot(
    PlaneSettings settings,
    Optional<PacketPlaneSection> section,
    Optional<Duration> confirmWithin,
    List<BalancedService> services,
    Balancing tunnels,
    boolean bans,
    List<IpPrefix> neverBanned) {

  /** What is balanced as the backends are now. */
  Balancing balancing() {
    return new Balancing(
        services.stream().map(BalancedService::now).toList(),
        tunnels.tunnelIpv4(),
        tunnels.tunnelIpv6());
  }

  /** The settings with what is balanced now. */
  public PlaneSettings settingsNow() {
    return settings.with(balancing());
  }
}
