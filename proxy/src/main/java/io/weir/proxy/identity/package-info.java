/**
 * Whose address it is: what is believed about clients, and how backends are told (IP-1 to IP-6).
 *
 * <p>{@link io.weir.proxy.identity.Trust} is what a listener believes. {@link
 * io.weir.proxy.identity.ProxyHeaderHandler} reads the PROXY protocol before anything else on a
 * connection; the stage IDENTIFY then reads the fields of a request. {@link
 * io.weir.proxy.identity.Disclosure} is what a pool's backends are told outside of the fields: a
 * PROXY header, the client's address as the source of the packets, or a field that {@link
 * io.weir.proxy.identity.IdentitySigner} signs.
 */
@NullMarked
package io.weir.proxy.identity;

import org.jspecify.annotations.NullMarked;
