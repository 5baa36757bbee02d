/**
 * HTTP/1.0 and HTTP/1.1 (RFC 9112): one strict grammar for heads ({@link
 * io.weir.proxy.http1.HeadParser}) and chunked content ({@link io.weir.proxy.http1.ChunkedReader}),
 * the connection from a client ({@code Http1ClientSide}) and the connection to a backend ({@code
 * Http1UpstreamSide}).
 */
@NullMarked
package io.weir.proxy.http1;

import org.jspecify.annotations.NullMarked;
