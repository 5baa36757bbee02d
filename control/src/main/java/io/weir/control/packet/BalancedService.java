package io.weir.control.packet;

import io.weir.net.IpAddress;
import io.weir.packet.VirtualService;
import io.weir.packet.VirtualService.State;
import io.weir.proxy.upstream.BackendState;
import io.weir.proxy.upstream.Pool;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A virtual service and the pool that knows how its backends are.
 *
 * @param virtual its backends as the configuration wants them, as if all were well
 */
public record BalancedService(String name, VirtualService virtual, Pool pool) {

  /** With the backends as they are now: none is sent to one that its health check found unwell. */
  VirtualService now() {
    Set<IpAddress> unwell =
        pool.backends().stream()
            .filter(backend -> backend.state() == BackendState.UNHEALTHY)
            .map(backend -> IpAddress.of(backend.address().getAddress()))
            .collect(Collectors.toSet());
    return virtual.with(
        virtual.backends().stream()
            .map(backend -> unwell.contains(backend.address()) ? backend.in(State.DOWN) : backend)
            .toList());
  }
}
