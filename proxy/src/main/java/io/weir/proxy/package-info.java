/**
 * The data plane. {@link io.weir.proxy.Proxy} owns event loops and listeners and takes snapshots;
 * {@link io.weir.proxy.Exchange} is one request and its response between a {@link
 * io.weir.proxy.ClientSide} and an {@link io.weir.proxy.UpstreamSide}; the stages it runs through
 * are in {@code stage}.
 *
 * <p>Everything of a connection happens on one event loop ({@link io.weir.proxy.Loop}), so nothing
 * here locks; what several loops share says so.
 */
@NullMarked
package io.weir.proxy;

import org.jspecify.annotations.NullMarked;
