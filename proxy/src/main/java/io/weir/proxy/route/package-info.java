/**
 * Which route answers a request, and how: {@link io.weir.proxy.route.RouteTable} finds the {@link
 * io.weir.proxy.route.Route}, its {@link io.weir.proxy.route.RouteAction} says what happens.
 *
 * <p>Everything here is compiled once from the configuration and never changes; a request reads it
 * without locks and, regular expressions aside, without allocation. Complaints about values that
 * cannot be right are {@link IllegalArgumentException}s that read {@code name: value (expected:
 * range)}.
 */
@NullMarked
package io.weir.proxy.route;

import org.jspecify.annotations.NullMarked;
