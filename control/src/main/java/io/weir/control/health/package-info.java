/**
 * Active health checks: asking each backend, again and again, whether it is well.
 *
 * <p>Start at {@link io.weir.control.health.HealthMonitor}. Each backend has a {@code Watch}, one
 * virtual thread that asks one question at a time over a {@code CheckConnection}; what is asked,
 * and what a good answer is, are the {@code Probe}s'. What comes of it drives {@link
 * io.weir.proxy.upstream.Backend#setHealthy}.
 */
@NullMarked
package io.weir.control.health;

import org.jspecify.annotations.NullMarked;
