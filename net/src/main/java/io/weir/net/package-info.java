/**
 * Who is on the other side of a connection: addresses, networks, and the one value that later code
 * may call "the client". Pure values: nothing here reads a socket, a clock or a name server.
 *
 * <p>Start with {@link io.weir.net.IpAddress}, the one type for IPv4 and IPv6. {@link
 * io.weir.net.IpPrefix} is a network, {@link io.weir.net.IpPrefixSet} answers "is this address in
 * any of these networks?". {@link io.weir.net.ClientIdentity} says who asks and how that was
 * established; {@link io.weir.net.ForwardedChain} establishes it from what trusted proxies say in
 * fields, {@link io.weir.net.ProxyHeader} from what they say before the first octet of the client
 * (the PROXY protocol, which {@link io.weir.net.ProxyHeaderWriter} writes).
 */
package io.weir.net;
